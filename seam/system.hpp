// A system under test: makes Processes and explains their bytes (DESIGN, seam 2). All functions are pure and
// total: any bytes may come, none may crash.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "seam/message_view.hpp"
#include "seam/operation.hpp"
#include "seam/process.hpp"

namespace raftsim {

/// Where a node stands when the scenario begins (paper, figures 7 and 8): the terms of entries 1, 2, ...
struct InitialState {
  Term term;
  std::optional<NodeId> vote;
  std::vector<Term> log;
  Index commit;
  Configuration members;
};

/// A disk: names and contents.
using Files = std::map<std::string, std::vector<std::byte>>;

/// Raised with every change of what seam/ declares (a test sees to it): a module that was built against
/// another revision would read other fields than are meant.
inline constexpr std::uint32_t seam_revision = 2;

class System {
 public:
  /// What the system was built against. The first of all virtual functions, so that it is found whatever else
  /// has changed; not to be overridden.
  virtual std::uint32_t built_against() const { return seam_revision; }

  System() = default;
  System(const System&) = delete;
  System& operator=(const System&) = delete;
  virtual ~System() = default;

  virtual std::string_view name() const = 0;
  virtual std::unique_ptr<Process> make_process() const = 0;

  /// Whether describe() knows this system's messages. Without it, filters by message type are an error at
  /// load and audits of the wire say `skipped`.
  virtual bool describes_messages() const { return false; }
  /// Fills `out` completely, or returns false for bytes that are no message of this system.
  virtual bool describe(ByteSpan, MessageView&) const { return false; }

  /// Appends the request's bytes to `out`.
  virtual void encode(const Operation& operation, std::vector<std::byte>& out) const = 0;
  /// What a reply means to the client that asked for `operation`. Bytes that are no reply: kind failed is
  /// never invented; nothing comes back.
  virtual std::optional<OperationResult> decode_reply(const Operation& operation, ReplyKind kind,
                                                      Index position, ByteSpan bytes) const = 0;

  /// A disk on which a node finds this state when it starts; nothing where the system cannot be started so.
  /// Entries given by their term alone are equal on all nodes that hold the same term at the same index.
  virtual std::optional<Files> format_disk(NodeId, const InitialState&) const { return std::nullopt; }
};

/// The one symbol that a module exports. The caller owns the System and destroys it before unloading the
/// module.
inline constexpr const char* system_entry_point = "raftsim_system_v2";

}  // namespace raftsim
