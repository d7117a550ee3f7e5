// What clients asked and were told, and what the committed log makes of it: the reference model of the
// key-value store, fed by the canonical sequence. An entry is recognised by its content hash (event.hpp,
// OperationPart::content_hash); one that is not, although it changed the state, ends the model's knowledge.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "checkers/cluster_shadow.hpp"
#include "checkers/linearizability.hpp"
#include "history/event.hpp"
#include "seam/operation.hpp"

namespace raftsim::checkers {

using history::OperationId;

/// From 64-bit hashes to numbers that are not 0, by linear probing; only looked up, never walked.
class HashIndex {
 public:
  std::optional<std::uint64_t> find(std::uint64_t key) const;
  void set(std::uint64_t key, std::uint64_t value);
  /// If `key` has this value.
  void erase(std::uint64_t key, std::uint64_t value);
  std::size_t size() const { return used_; }

 private:
  struct Slot {
    std::uint64_t key = 0;
    std::uint64_t value = 0;  ///< 0: free
  };
  static std::size_t home(std::uint64_t key, std::size_t mask);
  void grow();

  std::vector<Slot> slots_;
  std::size_t used_ = 0;
};

struct OperationRecord {
  OperationId id;
  std::uint64_t content_hash = 0;
  Operation operation;
  std::uint32_t client = 0;
  EventId invoked;
  Instant invoked_at;
  /// The highest position of any operation that was answered before this one began, and that answer.
  Index floor;
  EventId floor_by;
  /// The same of the operations of its own client.
  Index own_floor;
  bool own_floor_read = false;  ///< that one was a read
  /// Where it first took effect in the canonical sequence, and what cas made of it there.
  Index effective_at;
  bool effective_applied = true;
  /// Not answered, or with an unknown outcome: it may still be applied at any time.
  bool open = true;
  /// The client learned that it can never take effect; 0: it did not.
  EventId failed;
};

/// The last `value` of a key by position.
struct Version {
  Index index;
  ValueHash value;
  std::string text;  ///< for sentences: shortened
};

class ClientShadow final : public history::Observer {
 public:
  explicit ClientShadow(const ClusterShadow& cluster) : cluster_(cluster) {}

  EventKinds kinds() const override {
    return {EventKind::invoke, EventKind::ok, EventKind::fail, EventKind::apply};
  }
  void on_event(const Event& event, const Details& details) override;

  /// Null: never invoked, or answered so long ago that it is forgotten.
  const OperationRecord* find(OperationId id) const { return find_in(*this, id); }
  OperationId last_invoked() const { return last_invoked_; }
  /// Whether committed entries were ever recognised by their content.
  bool recognises() const { return recognised_ != 0; }

  /// What applying the present event's entry amounted to, for an `apply` that was the entry's first.
  struct Application {
    bool fresh = false;
    /// An entry with the same content took effect at this earlier position; 0: none did.
    Index duplicate_of;
    const OperationRecord* operation = nullptr;
    bool state_changed = false;
  };
  const Application& application() const { return application_; }

  /// The model's value of a key right after position `at`; null: not known.
  const Version* value_at(std::string_view key, Index at) const;
  /// Position up to which the model followed the log.
  Index modelled() const { return modelled_; }
  /// Empty while the model knows the state.
  const std::string& blind() const { return blind_; }

 private:
  struct Versions {
    std::vector<Version> list;  ///< in order of position
    Index known_from;
  };

  void on_invoke(const Event& event, const Details& details);
  /// For a const and for a mutable shadow alike.
  template <class Shadow>
  static auto find_in(Shadow& shadow, OperationId id) -> decltype(shadow.ring_.data()) {
    if (shadow.ring_.empty()) return nullptr;
    auto& record = shadow.ring_[id.value & (shadow.ring_.size() - 1)];
    if (record.id == id) return &record;
    if (shadow.outstanding_.empty()) return nullptr;
    const auto found = shadow.outstanding_.find(id);
    return found != shadow.outstanding_.end() ? &found->second : nullptr;
  }
  void on_answer(const Event& event);
  void make_room(OperationRecord& slot);
  void on_apply(const Event& event);
  void take_effect(OperationRecord& record, Index index);
  Versions& versions_of(const std::string& key);

  /// Operations that are remembered: of answered ones the last so many, of open ones so many more.
  static constexpr std::uint64_t kept = 1u << 12;
  static constexpr std::size_t open_kept = 1u << 13;

  const ClusterShadow& cluster_;
  std::vector<OperationRecord> ring_;  ///< by id
  /// Open operations that had to leave the ring.
  std::map<OperationId, OperationRecord> outstanding_;
  HashIndex by_content_;
  OperationId last_invoked_;
  Index answered_;
  EventId answered_by_;
  /// By client.
  struct Position {
    Index index;
    bool read = false;
  };
  std::vector<Position> answered_to_;

  std::unordered_map<std::string, Versions> keys_;  // looked up only, never walked
  Index modelled_;
  std::uint64_t state_hash_ = 0;
  bool state_known_ = false;
  std::uint64_t recognised_ = 0;
  std::string blind_;
  Application application_;
};

/// At most 24 characters of a value, for sentences; `(absent)` for none.
std::string shortened(const std::optional<std::string>& value);

}  // namespace raftsim::checkers
