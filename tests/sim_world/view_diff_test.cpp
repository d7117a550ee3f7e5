// What inspect() shows becomes events: every change, nothing twice, with its causes.
#include <boost/test/unit_test.hpp>

#include "../print.hpp"
#include "sim/disk_op_window.hpp"
#include "sim/stage.hpp"
#include "sim/view_diff.hpp"
#include "toy.hpp"

using namespace raftsim;
using namespace raftsim::toy;
using history::EventKind;

namespace {

/// A diff of one node's process, without a world.
struct Bench {
  ToySystem system{idle};
  ToyProcess process{system};
  history::Journal journal;
  Witness seen;
  sim::Chronicle chronicle{journal, nullptr};
  sim::ViewDiff diff{NodeId{1}, 5};

  Bench() { journal.subscribe(seen); }
  void compare() {
    chronicle.begin_step();
    diff.compare(process, {}, chronicle, MessageType::unknown);
  }
  void push(std::uint64_t term, std::uint64_t hash) {
    process.log.push_back({Term{term}, EntryKind::command, hash});
  }
  std::vector<EventKind> kinds_of_last_step() const {
    std::vector<EventKind> kinds;
    for (const Kept& k : seen.all)
      if (k.event.step == seen.all.back().event.step) kinds.push_back(k.event.kind);
    return kinds;
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(nothing_is_told_while_nothing_changes) {
  Bench b;
  b.compare();
  b.compare();
  BOOST_TEST(b.seen.all.empty());
}

BOOST_AUTO_TEST_CASE(changes_of_one_step_come_in_their_order) {
  Bench b;
  b.push(1, 10);
  b.push(1, 11);
  b.compare();
  b.process.role = Role::candidate;
  b.process.term = Term{2};
  b.process.vote = NodeId{1};
  b.process.log.pop_back();
  b.push(2, 12);
  b.process.commit = Index{1};
  b.compare();
  const std::vector<EventKind> expected{EventKind::role,     EventKind::term,   EventKind::vote,
                                        EventKind::truncate, EventKind::append, EventKind::commit};
  BOOST_TEST((b.kinds_of_last_step() == expected));
}

BOOST_AUTO_TEST_CASE(the_chain_of_appended_entries_tells_logs_apart) {
  Bench b;
  for (std::uint64_t i = 1; i <= 100; ++i) b.push(1, i);
  b.compare();
  std::uint64_t chain = chain_start;
  std::uint64_t index = 0;
  for (const Kept& k : b.seen.of(EventKind::append)) {
    chain = chain_next(chain, Term{1}, ++index);
    BOOST_TEST(k.event.append.index == Index{index});
    BOOST_TEST(k.event.append.chain == chain);
  }
  BOOST_TEST(index == 100u);
}

BOOST_AUTO_TEST_CASE(a_rewritten_tail_is_truncated_from_its_first_difference) {
  Bench b;
  for (std::uint64_t i = 1; i <= 10; ++i) b.push(1, i);
  b.compare();
  b.process.log.resize(6);
  for (std::uint64_t i = 0; i < 6; ++i) b.push(2, 100 + i);
  b.compare();
  const auto truncated = b.seen.of(EventKind::truncate);
  BOOST_REQUIRE(truncated.size() == 1u);
  BOOST_TEST(truncated[0].event.truncate.from == Index{7});
  BOOST_TEST(truncated[0].event.truncate.last == Index{10});
  BOOST_TEST(b.seen.count(EventKind::append) == 16u);
  BOOST_TEST(b.diff.log().last() == Index{12});
}

BOOST_AUTO_TEST_CASE(an_entry_that_changed_behind_the_tail_is_found_by_the_audit) {
  Bench b;
  for (std::uint64_t i = 1; i <= 40; ++i) b.push(1, i);
  b.compare();
  b.process.log[20].hash = 999;
  std::size_t steps = 0;
  while (b.seen.count(EventKind::truncate) == 0 && steps < 1'000) {
    b.compare();
    ++steps;
  }
  // Each audit costs the log's length, and so many steps pass between two.
  BOOST_TEST(steps >= 40u);
  BOOST_TEST(steps < 100u);
  const auto truncated = b.seen.of(EventKind::truncate);
  BOOST_TEST(truncated.at(0).event.truncate.from == Index{21});
  BOOST_TEST(b.seen.of(EventKind::append).back().event.append.index == Index{40});
  BOOST_TEST(b.diff.log().at(Index{21}).hash == 999u);
}

BOOST_AUTO_TEST_CASE(an_incarnation_starts_with_nothing_and_shows_what_it_recovers) {
  Bench b;
  b.process.term = Term{4};
  for (std::uint64_t i = 1; i <= 3; ++i) b.push(4, i);
  b.compare();
  b.diff.boot();
  b.process.log.pop_back();
  b.compare();
  const std::vector<EventKind> expected{EventKind::term, EventKind::append, EventKind::append};
  BOOST_TEST((b.kinds_of_last_step() == expected));
  BOOST_TEST(b.seen.all.back().event.append.index == Index{2});
}

BOOST_AUTO_TEST_CASE(a_won_election_names_the_grants_of_its_term_and_no_others) {
  Bench b;
  const auto heard = [&](MessageType type, std::uint64_t term, std::uint64_t from, bool granted,
                         std::uint64_t match = 0) {
    MessageView view;
    view.type = type;
    view.term = Term{term};
    view.granted = granted;
    view.match = Index{match};
    history::Event e = b.chronicle.make(EventKind::recv, history::Endpoint::node(NodeId{1}));
    const history::EventId id = b.chronicle.emit(e);
    b.diff.note_response(view, NodeId{from}, id);
    return id;
  };
  b.process.role = Role::candidate;
  b.process.term = Term{3};
  b.compare();
  heard(MessageType::request_vote_resp, 2, 2, true);
  const auto first = heard(MessageType::request_vote_resp, 3, 2, true);
  heard(MessageType::request_vote_resp, 3, 2, true);
  heard(MessageType::request_vote_resp, 3, 3, false);
  const auto second = heard(MessageType::request_vote_resp, 3, 4, true);
  b.process.role = Role::leader;
  b.compare();
  const auto won = b.seen.of(EventKind::role).back();
  BOOST_TEST(won.causes == (std::vector<history::EventId>{first, second}), boost::test_tools::per_element());

  for (std::uint64_t i = 1; i <= 5; ++i) b.push(3, i);
  b.compare();
  heard(MessageType::append_entries_resp, 3, 2, true, 3);
  const auto reached = heard(MessageType::append_entries_resp, 3, 3, true, 5);
  heard(MessageType::append_entries_resp, 3, 3, true, 4);
  const auto also = heard(MessageType::append_entries_resp, 3, 5, true, 4);
  heard(MessageType::append_entries_resp, 2, 4, true, 5);
  b.process.commit = Index{4};
  b.compare();
  const auto commit = b.seen.of(EventKind::commit).back();
  BOOST_TEST(commit.causes == (std::vector<history::EventId>{reached, also}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_shadow_log_behaves_like_a_vector) {
  sim::ShadowLog log;
  std::vector<std::uint64_t> model;  // hash of entry first + i
  std::uint64_t first = 1;
  std::uint64_t x = 1;
  for (int round = 0; round < 20'000; ++round) {
    x = x * 6364136223846793005ULL + 1442695040888963407ULL;
    const std::uint64_t draw = x >> 33;
    if (draw % 10 < 7) {
      log.append({Term{1}, EntryKind::command, draw});
      model.push_back(draw);
    } else if (draw % 10 < 9) {
      const std::uint64_t keep = model.empty() ? 0 : draw / 10 % (model.size() + 1);
      log.truncate_after(Index{first + keep - 1});
      model.resize(keep);
    } else {
      const std::uint64_t drop = draw / 10 % (model.size() + 1);
      log.compact(Index{first + drop});
      model.erase(model.begin(), model.begin() + static_cast<std::ptrdiff_t>(drop));
      first += drop;
    }
    BOOST_REQUIRE(log.first() == Index{first});
    BOOST_REQUIRE(log.last() == Index{first + model.size() - 1});
    if (model.empty()) continue;
    const std::uint64_t i = draw / 100 % model.size();
    BOOST_REQUIRE(log.at(Index{first + i}).hash == model[i]);
  }
}

BOOST_AUTO_TEST_CASE(the_frontier_of_disk_operations_is_their_succeeded_prefix) {
  sim::DiskOpWindow window;
  window.clear();
  for (std::uint64_t i = 1; i <= 40; ++i) window.issue(DiskAction::write, history::EventId{100 + i});
  using Answer = sim::DiskOpWindow::Answer;
  BOOST_TEST(!window.answer(DiskOp{2}, Answer::succeeded));
  BOOST_TEST(window.frontier() == DiskOp{0});
  BOOST_TEST(window.answer(DiskOp{1}, Answer::succeeded));
  BOOST_TEST(window.frontier() == DiskOp{2});
  BOOST_TEST(window.record(DiskOp{40}).issued == history::EventId{140});
  // After a failure it stays where it is, whatever else succeeds.
  BOOST_TEST(!window.answer(DiskOp{3}, Answer::failed));
  BOOST_TEST(!window.answer(DiskOp{4}, Answer::succeeded));
  BOOST_TEST(window.frontier() == DiskOp{2});
}

BOOST_AUTO_TEST_CASE(a_lazy_timer_leaves_one_live_item_in_the_queue) {
  sim::LazyTimer timer;
  using Taken = sim::LazyTimer::Taken;
  BOOST_TEST(timer.set(ms(10)));
  BOOST_TEST(!timer.set(ms(20)));
  BOOST_TEST((timer.take(ms(10)) == Taken::rearm));
  BOOST_TEST(timer.set(ms(15)));
  BOOST_TEST((timer.take(ms(15)) == Taken::due));
  BOOST_TEST((timer.take(ms(20)) == Taken::stale));
  timer.clear();
  BOOST_TEST((timer.take(ms(30)) == Taken::stale));
}
