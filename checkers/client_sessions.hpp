// Y4 session_guarantees of a history of clients alone: what one client sees never goes back behind what it
// knows. Four promises (Terry et al.), told apart by what it knows and by what it does then:
//
//                       having read              having written
//   it reads            monotonic reads          read your writes
//   it writes           writes follow reads      monotonic writes
//
// Nobody tells positions here, but where a value was written only once, a read says which write it saw. Which
// of two writes is the older one:
//
//   registers, stores   the one that was answered before the other was called. Taken as given, as any system
//                       with one log does: without it, two copies that take writes in different orders would
//                       break no guarantee to anybody. Of writes only a cas that swapped tells what it saw.
//   lists               the element that stands before the other in a read.
//
// An operation of unknown outcome accuses nobody by itself: it is known of once it was read. A client is one
// session, in its own order, which is certain even where its clock shows an answer and the next call at one
// moment; what it gave up, it does not know. Each key is judged by itself. A history that is linearizable
// breaks none of these.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "checkers/linearizable.hpp"
#include "history/client_history.hpp"
#include "history/verdict.hpp"

namespace raftsim::checkers {

enum class Guarantee : std::uint8_t {
  monotonic_reads,
  read_your_writes,
  writes_follow_reads,
  monotonic_writes,
};
inline constexpr std::size_t guarantees = 4;
std::string_view guarantee_name(Guarantee guarantee);

/// `c2 was answered WHAT at AT, after an answer of its own at FLOOR (read your writes).`
struct BrokenGuarantee {
  std::string client;
  std::string what;
  std::string at, floor;
  Guarantee guarantee{};
};
[[gnu::cold]] std::string sentence_of(const BrokenGuarantee& broken);

Guarantee guarantee_of(bool reads, bool after_read);

struct SessionJudgement {
  history::PropertyVerdict verdict;
  /// Of each guarantee that was broken the first time, in order of lines.
  std::vector<history::Violation> violations;
};

/// The numbers of the operations on a key, in the order of the history.
using OperationsOfKey = std::function<std::span<const std::uint32_t>(std::uint32_t key)>;
SessionJudgement judge_sessions(const history::ClientHistory& history, const OperationsOfKey& of_key,
                                const Wording& wording);

}  // namespace raftsim::checkers
