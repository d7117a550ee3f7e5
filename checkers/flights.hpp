// What AppendEntries, InstallSnapshot and pre-votes that are under way say of a log, so that whoever receives
// one can be held to it: events of arrival carry less than those of departure.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "history/event.hpp"
#include "seam/message_view.hpp"
#include "seam/types.hpp"

namespace raftsim::checkers {

struct Flight {
  history::MessageId message;
  /// The entry that the receiver must hold already; of a snapshot its last one, of a pre-vote its sender's.
  Index previous;
  Term previous_term;
  /// Up to where it speaks of the sender's log.
  Index last;
  /// What the sender knew to be committed of that; of a snapshot, all.
  Index commit;
  std::uint64_t context = 0;
};

/// A ring by message number: of the last two thousand messages of a run, which is a few times as many as are
/// under way at once, and fits a cache. What took longer is not known any more.
class Flights {
 public:
  void sent(history::MessageId id, const MessageView& m) {
    if (ring_.empty()) ring_.resize(kept);
    const bool snapshot = m.type == MessageType::install_snapshot;
    const Index last = snapshot ? m.previous_index : m.previous_index + m.entries.size();
    ring_[id.value % kept] = {id,   m.previous_index,           m.previous_term,
                              last, snapshot ? last : m.commit, m.context};
  }
  void copied(history::MessageId copy, history::MessageId original) {
    if (const Flight* flight = find(original)) {
      Flight other = *flight;
      other.message = copy;
      ring_[copy.value % kept] = other;
    }
  }
  /// Null: no such message, or not known any more.
  const Flight* find(history::MessageId id) const {
    if (ring_.empty()) return nullptr;
    const Flight& flight = ring_[id.value % kept];
    return flight.message == id ? &flight : nullptr;
  }

 private:
  static constexpr std::uint64_t kept = 1u << 11;
  std::vector<Flight> ring_;
};

/// What leaders have told an incarnation of a server of its log.
struct Told {
  struct InTerm {
    Term term;
    /// Up to where its log was proved to equal the leader's.
    Index verified;
  };
  /// The two latest terms, in no order: a server that reads its log back hears nothing of a new leader, and
  /// may then be told by the former one.
  std::array<InTerm, 2> terms;
  /// Up to where entries of its log were told to be committed: true whatever the term.
  Index committed;

  Index verified(Term term) const {
    for (const InTerm& t : terms)
      if (t.term == term) return t.verified;
    return {};
  }
  void verify(Term term, Index upto) {
    if (term < terms[0].term && term < terms[1].term) return;
    const bool first_is_older = terms[0].term < terms[1].term;
    InTerm* in = &terms[first_is_older ? 0 : 1];
    for (InTerm& t : terms)
      if (t.term == term) in = &t;
    *in = {term, in->term == term ? std::max(in->verified, upto) : upto};
  }
};

}  // namespace raftsim::checkers
