// The audit of disk labels (checkers.md, rules of judging). Labels are claims: what they say is durable is
// tested by booting a second Process, the twin, on the image of the disk that the worst power loss would
// leave, and showing what it recovers as one `audit` event. A judge compares that with what the labels said.
//
// The twin has a disk of its own on which everything is done at once; its messages, replies and notes go
// nowhere. It draws nothing from the node's streams, and the node never learns of it: without audits a run
// has the same events but for these.
#pragma once

#include <cstdint>

#include "history/event.hpp"
#include "seam/message_view.hpp"
#include "seam/system.hpp"
#include "sim/committed_chain.hpp"
#include "sim/decisions.hpp"
#include "sim/disk.hpp"
#include "sim/shadow_log.hpp"

namespace raftsim::sim {

/// Whether a message promises something that a power loss must not undo: a vote, a candidacy, an
/// acknowledgement of entries or of a snapshot, a leader's term.
bool promises(const MessageView& message);

/// One promise in a thousand at most, drawn: of each thousand in a row, one. Recovery costs what the disk
/// holds, so a draw counts only where the promises since the last audit have paid for it: the cost of a
/// promise is bounded whatever the length of the log.
class AuditDraw {
 public:
  AuditDraw() = default;
  explicit AuditDraw(Stream choices) : choices_(choices) {}

  /// Another promise leaves: is it audited?
  bool next(const NodeDisk& disk);

 private:
  static constexpr std::uint64_t promises_per_draw = 1'000;
  static constexpr std::uint64_t bytes_per_promise = 16;
  static constexpr std::uint64_t growth = 4;

  Stream choices_;
  std::uint64_t seen_ = 0;     ///< of the present thousand
  std::uint64_t chosen_ = 0;   ///< of the present thousand
  std::uint64_t unspent_ = 0;  ///< promises since the last audit
  std::uint64_t audited_bytes_ = 0;
};

/// Who the twin is.
struct TwinIdentity {
  NodeId self;
  const System& system;
  const Options& options;
  const Configuration& members;
  Boot empty_boot = Boot::fresh;  ///< how it boots while its disk is empty
};

/// What the twin's inputs carry besides what happens to it.
struct TwinClocks {
  Instant now;
  Instant wall;
  std::uint64_t entropy = 0;
};

struct Recovered {
  history::AuditPart part;
  std::optional<SnapshotLabel> snapshot;
};

/// Boots the twin on `files` and lets it recover: until it says so, or has nothing more to ask of its disk.
/// `live`: the node's own log; `committed`: what any node showed as committed, for what precedes a log that
/// starts behind a snapshot. Fills all but AuditPart::of.
Recovered recover_twin(const TwinIdentity& identity, Files files, const TwinClocks& clocks,
                       const ShadowLog& live, const CommittedChain& committed);

}  // namespace raftsim::sim
