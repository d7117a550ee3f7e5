// RapidCheck: each part of the core against a second implementation that is too simple to be wrong.
#include <rapidcheck.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "core/log.hpp"
#include "core/persistence.hpp"
#include "core/progress.hpp"
#include "core/quorum.hpp"

namespace raftsim::core {
namespace {

struct ModelEntry {
  Term term;
  std::string payload;
};
using ModelLog = std::vector<ModelEntry>;

ByteSpan bytes_of(const std::string& text) { return std::as_bytes(std::span(text.data(), text.size())); }

EntryRef ref(const ModelEntry& entry) {
  return {entry.term, entry_hash(EntryKind::command, bytes_of(entry.payload)), bytes_of(entry.payload),
          EntryKind::command};
}

std::string payload_of(const EntryRef& entry) {
  return {reinterpret_cast<const char*>(entry.payload.data()), entry.payload.size()};
}

/// `base`: so many entries were compacted away. The model forgets nothing.
void compare(const Log& log, const ModelLog& model, std::size_t base) {
  RC_ASSERT(log.first() == Index{base + 1});
  RC_ASSERT(log.last() == Index{model.size()});
  RC_ASSERT(log.last_term() == (model.empty() ? Term{} : model.back().term));
  std::uint64_t chain = chain_start;
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < model.size(); ++i) {
    const Index at{i + 1};
    if (at < log.first()) {
      chain = chain_next(chain, model[i].term, ref(model[i]).hash);
      if (at + 1 < log.first()) {
        RC_ASSERT(!log.term_at(at).has_value());
        RC_ASSERT(!log.holds(at, model[i].term));
        continue;
      }
      RC_ASSERT(log.term_at(at) == model[i].term);
      RC_ASSERT(log.holds(at, model[i].term));
      RC_ASSERT(log.chain_at(at) == chain);
      continue;
    }
    RC_ASSERT(log.at(at).term == model[i].term);
    RC_ASSERT(log.term_at(at) == model[i].term);
    RC_ASSERT(payload_of(log.at(at)) == model[i].payload);
    chain = chain_next(chain, model[i].term, ref(model[i]).hash);
    RC_ASSERT(log.chain_at(at) == chain);
    bytes += model[i].payload.size();
    std::size_t first = i;
    while (first > base && model[first - 1].term == model[i].term) --first;
    RC_ASSERT(log.first_of_same_term(at) == Index{first + 1});
  }
  RC_ASSERT(log.bytes_after(log.first() - 1) == bytes);
  RC_ASSERT(!log.term_at(log.last() + 1).has_value());
}

void compare_slices(const Log& log, const ModelLog& model, std::size_t base) {
  const std::size_t from = *rc::gen::inRange<std::size_t>(base + 1, model.size() + 2);
  const std::size_t entries_max = *rc::gen::inRange<std::size_t>(1, 8);
  const std::uint64_t bytes_max = *rc::gen::inRange<std::uint64_t>(1, 40);
  std::size_t count = 0;
  std::uint64_t bytes = 0;
  while (from - 1 + count < model.size() && count < entries_max) {
    bytes += model[from - 1 + count].payload.size();
    if (count > 0 && bytes > bytes_max) break;
    ++count;
  }
  const auto slice = log.slice(Index{from}, entries_max, bytes_max);
  RC_ASSERT(slice.size() == count);
  for (std::size_t i = 0; i < count; ++i) RC_ASSERT(payload_of(slice[i]) == model[from - 1 + i].payload);

  const Term term{*rc::gen::inRange<std::uint64_t>(0, 30)};
  std::size_t last = base;
  while (last < model.size() && model[last].term <= term) ++last;
  RC_ASSERT(log.last_up_to(term) == Index{last});
}

void log_is_a_vector() {
  Log log;
  ModelLog model;
  std::size_t base = 0;
  const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 12));
  for (const int step : steps) {
    if (step < 7) {
      const std::uint64_t newer = *rc::gen::weightedElement<std::uint64_t>({{5, 0}, {1, 1}, {1, 3}});
      // Some payloads are longer than a chunk of the store.
      const std::size_t length = *rc::gen::weightedOneOf<std::size_t>(
          {{30, rc::gen::inRange<std::size_t>(0, 12)}, {1, rc::gen::inRange<std::size_t>(3'000, 9'000)}});
      const char letter = static_cast<char>('a' + model.size() % 26);
      model.push_back({log.last_term() + newer, std::string(length, letter)});
      log.append(ref(model.back()));
    } else if (step < 9 && !log.empty()) {
      const std::size_t kept = *rc::gen::inRange<std::size_t>(base, model.size());
      model.resize(kept);
      log.truncate(Index{kept + 1});
    } else if (step < 11) {
      base = *rc::gen::inRange<std::size_t>(base, model.size() + 1);
      log.compact(Index{base});
    } else {
      Log copy = log;
      log = std::move(copy);
    }
    compare_slices(log, model, base);
  }
  compare(log, model, base);
}

NodeSet draw_nodes(std::uint64_t least) {
  NodeSet set;
  for (std::uint64_t n = 1; n <= 7; ++n) {
    if (*rc::gen::inRange(0, 2) == 1 || set.size() + (7 - n) < least) set.push_back(NodeId{n});
  }
  return set;
}

/// More than half, by the definition.
bool majority_by_count(const NodeSet& members, const NodeSet& nodes) {
  std::size_t present = 0;
  for (const NodeId node : members) present += contains(nodes, node) ? 1U : 0U;
  return 2 * present > members.size();
}

bool quorum_by_count(const Configuration& configuration, const NodeSet& nodes) {
  return majority_by_count(configuration.voters, nodes) &&
         (!configuration.joint() || majority_by_count(configuration.voters_outgoing, nodes));
}

Configuration draw_configuration() {
  return Configuration{
      draw_nodes(0), *rc::gen::inRange(0, 2) == 0 ? NodeSet{} : draw_nodes(1), {NodeId{8}, NodeId{9}}};
}

void quorum_is_more_than_half() {
  const Configuration configuration = draw_configuration();
  NodeSet nodes = draw_nodes(0);
  nodes.push_back(NodeId{8});
  RC_ASSERT(is_quorum(configuration, nodes) == quorum_by_count(configuration, nodes));
}

/// Any two quorums share a voter (paper 5.2): enumerated over all pairs of subsets of five nodes.
void quorums_intersect() {
  Configuration configuration{{NodeId{1}, NodeId{2}, NodeId{3}}, {}, {}};
  configuration.voters_outgoing = {NodeId{3}, NodeId{4}, NodeId{5}};
  const auto subset = [](unsigned bits) {
    NodeSet set;
    for (unsigned n = 0; n < 5; ++n) {
      if ((bits >> n & 1U) != 0) set.push_back(NodeId{n + 1});
    }
    return set;
  };
  for (unsigned a = 0; a < 32; ++a) {
    for (unsigned b = 0; b < 32; ++b) {
      if ((a & b) == 0) {
        BOOST_TEST(!(is_quorum(configuration, subset(a)) && is_quorum(configuration, subset(b))));
      }
    }
  }
}

void agreement_is_the_highest_value_of_a_quorum() {
  const Configuration configuration = draw_configuration();
  std::vector<Reached<Index>> reached;
  for (std::uint64_t n = 1; n <= 9; ++n) {
    if (*rc::gen::inRange(0, 8) != 0) {
      reached.push_back({NodeId{n}, Index{*rc::gen::inRange<std::uint64_t>(0, 12)}});
    }
  }
  Index expected{};
  for (std::uint64_t value = 0; value <= 12; ++value) {
    NodeSet holders;
    for (const auto& one : reached) {
      if (one.value >= Index{value}) holders.push_back(one.node);
    }
    if (quorum_by_count(configuration, holders)) expected = Index{value};
  }
  RC_ASSERT(agreed<Index>(configuration, {reached.data(), reached.size()}, Index{}) == expected);
}

/// A disk that keeps for each position which entry it holds, by a serial number, and a log of serial numbers.
/// Durable is the longest prefix that both share, as far as completed writes were told.
void durability_is_what_the_disk_shares_with_the_log() {
  Durability durability;
  std::vector<int> log;
  int serial = 0;
  std::vector<std::vector<int>> written;  // the log as each write leaves the disk
  std::size_t completed = 0;
  const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 6));
  for (const int step : steps) {
    if (step < 4) {
      const std::size_t cut = step == 0 ? *rc::gen::inRange<std::size_t>(0, 4) : 0;
      const std::size_t kept = log.size() - std::min(cut, log.size());
      durability.issue();
      if (kept < log.size()) durability.truncate(Index{kept + 1});
      log.resize(kept);
      for (int added = *rc::gen::inRange(0, 3); added > 0; --added) log.push_back(++serial);
      durability.cover(Index{log.size()});
      written.push_back(log);
    } else if (!written.empty()) {
      const std::size_t id = *rc::gen::inRange<std::size_t>(1, written.size() + 1);
      const Durability::Completed result = durability.complete(WriteId{id});
      RC_ASSERT(result.fresh == (id > completed));
      completed = std::max(completed, id);
    }
    const std::vector<int> disk = completed == 0 ? std::vector<int>{} : written[completed - 1];
    const auto differ = std::mismatch(disk.begin(), disk.end(), log.begin(), log.end());
    RC_ASSERT(durability.durable() == Index{static_cast<std::uint64_t>(differ.first - disk.begin())});
    RC_ASSERT(durability.last_completed() == WriteId{completed});
    RC_ASSERT(durability.last_issued() == WriteId{written.size()});
  }
}

/// Whatever a follower answers, in whatever order, match never decreases and stays below next.
void progress_keeps_its_invariants() {
  Progress follower;
  follower.next = Index{*rc::gen::inRange<std::uint64_t>(1, 20)};
  Index last = follower.next + 5;
  for (const int step : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 7))) {
    Index before = follower.match;
    if (step < 2) {
      const Index proved{*rc::gen::inRange<std::uint64_t>(0, last.value + 1)};
      const Index durable{*rc::gen::inRange<std::uint64_t>(0, proved.value + 1)};
      const bool grew = follower.acknowledged(proved, durable);
      RC_ASSERT(grew == (follower.match > before));
      RC_ASSERT(follower.next > proved || follower.state == PeerState::probe);
    } else if (step < 4) {
      const Index refused{*rc::gen::inRange<std::uint64_t>(0, last.value + 2)};
      const Index next_before = follower.next;
      if (follower.rewound(refused, Index{*rc::gen::inRange<std::uint64_t>(0, 40)})) {
        RC_ASSERT(follower.next < next_before);
        RC_ASSERT(follower.state == PeerState::probe);
        RC_ASSERT(follower.inflight.size() == 0U);
      } else {
        RC_ASSERT(follower.next == next_before);
      }
    } else if (step == 4 && follower.match > Index{}) {
      follower.forgot(Index{*rc::gen::inRange<std::uint64_t>(0, 40)});
      RC_ASSERT(follower.next <= before);
      RC_ASSERT(follower.state == PeerState::probe);
      before = Index{};
    } else if (follower.next <= last) {
      follower.sent(follower.next);
    } else {
      last = last + 3;
    }
    RC_ASSERT(follower.match >= before);
    RC_ASSERT(follower.match < follower.next);
    RC_ASSERT(follower.next <= last + 1);
  }
}

void inflight_is_a_queue() {
  Inflight inflight;
  std::vector<std::uint64_t> model;
  std::uint64_t last = 0;
  for (const int step : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 20))) {
    if (step < 14) {
      last += static_cast<std::uint64_t>(step) % 3 + 1;
      model.push_back(last);
      inflight.push(Index{last});
    } else if (step < 19) {
      const std::uint64_t proved = *rc::gen::inRange<std::uint64_t>(0, last + 2);
      std::erase_if(model, [proved](std::uint64_t at) { return at <= proved; });
      inflight.arrived(Index{proved});
    } else {
      model.clear();
      inflight.clear();
    }
    RC_ASSERT(inflight.size() == model.size());
  }
}

BOOST_AUTO_TEST_CASE(a_log_behaves_like_a_vector_of_entries) {
  BOOST_TEST(rc::check("log", log_is_a_vector));
}

BOOST_AUTO_TEST_CASE(a_quorum_is_more_than_half_of_each_set_of_voters) {
  BOOST_TEST(rc::check("quorum", quorum_is_more_than_half));
}

BOOST_AUTO_TEST_CASE(two_quorums_always_share_a_voter) { quorums_intersect(); }

BOOST_AUTO_TEST_CASE(agreement_is_what_counting_holders_finds) {
  BOOST_TEST(rc::check("agreed", agreement_is_the_highest_value_of_a_quorum));
}

BOOST_AUTO_TEST_CASE(the_durable_prefix_is_what_disk_and_log_share) {
  BOOST_TEST(rc::check("durability", durability_is_what_the_disk_shares_with_the_log));
}

BOOST_AUTO_TEST_CASE(progress_survives_any_order_of_answers) {
  BOOST_TEST(rc::check("progress", progress_keeps_its_invariants));
}

BOOST_AUTO_TEST_CASE(a_late_refusal_does_not_lead_a_probe_back) {
  Progress follower;
  follower.next = Index{10};
  follower.sent(Index{12});
  BOOST_TEST(!follower.rewound(Index{5}, Index{3}));
  BOOST_TEST((follower.next == Index{10}));
  BOOST_TEST(follower.probe_sent);
  BOOST_TEST(follower.rewound(Index{9}, Index{3}));
  BOOST_TEST((follower.next == Index{3}));
  BOOST_TEST(!follower.probe_sent);
}

BOOST_AUTO_TEST_CASE(the_window_behaves_like_a_queue) {
  BOOST_TEST(rc::check("inflight", inflight_is_a_queue));
}

}  // namespace
}  // namespace raftsim::core
