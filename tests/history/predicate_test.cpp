#include <rapidcheck.h>
#include <boost/test/unit_test.hpp>

#include "history/names.hpp"
#include "history/predicate_eval.hpp"
#include "history/run_info_json.hpp"
#include "tests/history/arbitrary.hpp"
#include "tests/history/story.hpp"
#include "tests/print.hpp"

namespace raftsim::history {
namespace {

bool now(const Story& s, const Predicate& p) {
  StateResolver resolver;
  return holds(p, s.cluster, &s.last, resolver);
}

Predicate leader_is(LeaderCount count) {
  Predicate p;
  p.leader = count;
  return p;
}
Predicate role_of(const std::optional<Target>& node, RoleWord role) {
  Predicate p;
  p.node = node;
  p.role = role;
  return p;
}
Predicate commit_of(const std::optional<Target>& node, std::int64_t at_least) {
  Predicate p;
  p.node = node;
  p.commit = Compare{.eq = {}, .ge = at_least, .le = {}, .gt = {}, .lt = {}};
  return p;
}
Predicate happens(EventWord word) {
  Predicate p;
  p.event = word;
  return p;
}
Predicate negation(Predicate of) {
  Predicate p;
  p.negated = std::make_shared<const Predicate>(std::move(of));
  return p;
}
Target nodes(NodeSet set) { return {std::move(set)}; }
Target word(TargetWord w) { return {w}; }
Target other_than(Target t) { return {NotTarget{std::make_shared<const Target>(std::move(t))}}; }

}  // namespace

BOOST_AUTO_TEST_SUITE(predicate)

BOOST_AUTO_TEST_CASE(leaders_are_counted_as_none_one_and_many) {
  Story s(3);
  s.boot_all();
  BOOST_TEST(now(s, leader_is(LeaderCount::none)));
  s.role(1, Role::leader, 1);
  BOOST_TEST(now(s, leader_is(LeaderCount::one)));
  BOOST_TEST(!now(s, leader_is(LeaderCount::none)));
  BOOST_TEST(!now(s, leader_is(LeaderCount::many)));
  s.role(2, Role::leader, 2);
  BOOST_TEST(now(s, leader_is(LeaderCount::many)));
  BOOST_TEST(!now(s, leader_is(LeaderCount::one)));
}

BOOST_AUTO_TEST_CASE(without_a_node_one_node_must_satisfy_everything_at_once) {
  Story s(3);
  s.boot_all().role(1, Role::leader, 1).commit(2, 5);
  Predicate p = commit_of({}, 5);
  BOOST_TEST(now(s, p));
  // n1 leads and n2 has committed 5, but no node does both.
  p.role = RoleWord::leader;
  BOOST_TEST(!now(s, p));
  s.commit(1, 5);
  BOOST_TEST(now(s, p));
}

BOOST_AUTO_TEST_CASE(a_named_node_speaks_for_itself_and_a_list_for_each_of_its_nodes) {
  Story s(3);
  s.boot_all().commit(1, 2).commit(2, 1);
  BOOST_TEST(now(s, commit_of(nodes({NodeId{1}}), 2)));
  BOOST_TEST(!now(s, commit_of(nodes({NodeId{2}}), 2)));
  BOOST_TEST(now(s, commit_of(nodes({NodeId{1}, NodeId{2}}), 1)));
  BOOST_TEST(!now(s, commit_of(nodes({NodeId{1}, NodeId{2}}), 2)));
  BOOST_TEST(!now(s, commit_of(word(TargetWord::all), 1)));
  BOOST_TEST(now(s, commit_of(word(TargetWord::any), 2)));
  BOOST_TEST(!now(s, commit_of(nodes({NodeId{9}}), 0)));
}

BOOST_AUTO_TEST_CASE(a_majority_is_more_than_half_of_the_voters) {
  Story s(5);
  s.boot_all().commit(1, 1).commit(2, 1);
  BOOST_TEST(now(s, commit_of(word(TargetWord::minority), 1)));
  BOOST_TEST(!now(s, commit_of(word(TargetWord::majority), 1)));
  s.commit(3, 1);
  BOOST_TEST(now(s, commit_of(word(TargetWord::majority), 1)));
  // A learner's commit does not count, nor does it make the majority larger.
  s.role(3, Role::learner, 1);
  BOOST_TEST(!now(s, commit_of(word(TargetWord::majority), 1)));
}

BOOST_AUTO_TEST_CASE(role_words_name_those_who_have_the_role) {
  Story s(3);
  s.boot_all().role(2, Role::leader, 1).commit(2, 3);
  BOOST_TEST(now(s, commit_of(word(TargetWord::leader), 3)));
  BOOST_TEST(!now(s, commit_of(word(TargetWord::follower), 1)));
  BOOST_TEST(!now(s, commit_of(word(TargetWord::candidate), 0)));
  BOOST_TEST(!now(s, commit_of(word(TargetWord::stale_leader), 0)));
  s.role(3, Role::leader, 2);
  BOOST_TEST(now(s, commit_of(word(TargetWord::stale_leader), 3)));
  BOOST_TEST(!now(s, commit_of(word(TargetWord::leader), 3)));
  BOOST_TEST(now(s, role_of(other_than(word(TargetWord::leader)), RoleWord::leader)) == false);
  s.happens(EventKind::crash, 1);
  BOOST_TEST(now(s, role_of(word(TargetWord::last_crashed), RoleWord::down)));
  BOOST_TEST(now(s, role_of(nodes({NodeId{1}}), RoleWord::down)));
  BOOST_TEST(!now(s, role_of(nodes({NodeId{1}}), RoleWord::follower)));
  s.happens(EventKind::pause, 3);
  BOOST_TEST(now(s, role_of(nodes({NodeId{3}}), RoleWord::paused)));
  BOOST_TEST(now(s, role_of(nodes({NodeId{3}}), RoleWord::leader)));
}

BOOST_AUTO_TEST_CASE(a_random_target_needs_as_many_as_it_draws) {
  Story s(3);
  s.boot_all().commit(1, 1).commit(2, 1);
  BOOST_TEST(now(s, commit_of(Target{RandomTarget{2, nullptr}}, 1)));
  BOOST_TEST(!now(s, commit_of(Target{RandomTarget{3, nullptr}}, 1)));
  const auto only = std::make_shared<const Target>(nodes({NodeId{3}}));
  BOOST_TEST(!now(s, commit_of(Target{RandomTarget{1, only}}, 1)));
}

BOOST_AUTO_TEST_CASE(all_any_and_not_combine) {
  Story s(2);
  s.boot_all().role(1, Role::leader, 1);
  const Predicate yes = leader_is(LeaderCount::one);
  const Predicate no = leader_is(LeaderCount::none);
  Predicate p;
  BOOST_TEST(now(s, p));
  p.all = {yes, no};
  BOOST_TEST(!now(s, p));
  p.all = {yes, yes};
  BOOST_TEST(now(s, p));
  p.any = {no, no};
  BOOST_TEST(!now(s, p));
  p.any = {no, yes};
  BOOST_TEST(now(s, p));
  BOOST_TEST(now(s, negation(no)));
  BOOST_TEST(!now(s, negation(yes)));
}

BOOST_AUTO_TEST_CASE(counts_are_over_the_whole_run) {
  Story s(2);
  s.boot_all();
  Predicate two;
  two.elections = Compare{.eq = 2, .ge = {}, .le = {}, .gt = {}, .lt = {}};
  two.ops_ok = Compare{.eq = {}, .ge = {}, .le = {}, .gt = 0, .lt = 2};
  s.role(1, Role::leader, 1).role(1, Role::follower, 2).role(2, Role::leader, 2);
  BOOST_TEST(!now(s, two));
  s.operation_ok();
  BOOST_TEST(now(s, two));
  s.operation_ok();
  BOOST_TEST(!now(s, two));
}

BOOST_AUTO_TEST_CASE(an_election_is_won_lost_or_split) {
  Story s(3);
  s.boot_all().step().role(1, Role::candidate, 1).note(1, NoteKind::election_timed_out);
  BOOST_TEST(!now(s, happens(EventWord::vote_split)));
  s.step().change(EventKind::term, 1, 2).note(1, NoteKind::election_timed_out);
  BOOST_TEST(now(s, happens(EventWord::vote_split)));
  // With pre-vote, the candidate asks again first: a split all the same.
  s.step().role(1, Role::pre_candidate, 2).note(1, NoteKind::election_timed_out);
  BOOST_TEST(now(s, happens(EventWord::vote_split)));
  s.step().note(1, NoteKind::election_timed_out);
  BOOST_TEST(!now(s, happens(EventWord::vote_split)));
  s.step().role(1, Role::candidate, 3).role(1, Role::leader, 3);
  BOOST_TEST(now(s, happens(EventWord::election_won)));
  s.step().role(2, Role::candidate, 2).step().role(2, Role::follower, 3);
  BOOST_TEST(now(s, happens(EventWord::election_lost)));
  BOOST_TEST(!now(s, happens(EventWord::leader_stepped_down)));
  s.step().role(1, Role::follower, 4);
  BOOST_TEST(now(s, happens(EventWord::leader_stepped_down)));
  BOOST_TEST(!now(s, happens(EventWord::election_lost)));
}

BOOST_AUTO_TEST_CASE(each_event_word_is_recognised_in_its_event_only) {
  Story s(2);
  s.boot_all();
  const std::vector<std::pair<EventWord, EventKind>> plain{{EventWord::log_truncated, EventKind::truncate},
                                                           {EventWord::message_dropped, EventKind::drop},
                                                           {EventWord::crash, EventKind::crash},
                                                           {EventWord::restart, EventKind::restart},
                                                           {EventWord::write_issued, EventKind::write},
                                                           {EventWord::sync_issued, EventKind::sync},
                                                           {EventWord::sync_done, EventKind::synced},
                                                           {EventWord::log_compacted, EventKind::compact}};
  for (const auto& [event_word, kind] : plain) {
    s.happens(kind, 1);
    for (const auto& other : plain)
      BOOST_TEST(now(s, happens(other.first)) == (other.first == event_word), name(other.first));
  }
  s.snapshot(1, SnapshotAction::sent, 1, 1);
  BOOST_TEST(now(s, happens(EventWord::snapshot_sent)));
  BOOST_TEST(!now(s, happens(EventWord::snapshot_installed)));
  s.snapshot(1, SnapshotAction::installed, 1, 1);
  BOOST_TEST(now(s, happens(EventWord::snapshot_installed)));
  s.sent(1, MessageType::timeout_now);
  BOOST_TEST(now(s, happens(EventWord::transfer_started)));
  s.sent(1, MessageType::append_entries);
  BOOST_TEST(!now(s, happens(EventWord::transfer_started)));
}

BOOST_AUTO_TEST_CASE(a_read_is_served_when_a_get_is_answered_ok) {
  Story s(1);
  s.boot(1).reply(1, OperationKind::get, ReadMode::lease, ReplyKind::ok);
  BOOST_TEST(now(s, happens(EventWord::read_served)));
  BOOST_TEST(now(s, happens(EventWord::read_served_by_lease)));
  s.reply(1, OperationKind::get, ReadMode::read_index, ReplyKind::ok);
  BOOST_TEST(now(s, happens(EventWord::read_served)));
  BOOST_TEST(!now(s, happens(EventWord::read_served_by_lease)));
  s.reply(1, OperationKind::get, ReadMode::lease, ReplyKind::busy);
  BOOST_TEST(!now(s, happens(EventWord::read_served)));
  s.reply(1, OperationKind::put, ReadMode::lease, ReplyKind::ok);
  BOOST_TEST(!now(s, happens(EventWord::read_served)));
}

BOOST_AUTO_TEST_CASE(a_configuration_is_committed_when_the_commit_index_passes_its_entry) {
  Story s(1);
  s.boot(1).config(1, 0);
  BOOST_TEST(!now(s, happens(EventWord::config_appended)));
  s.config(1, 4);
  BOOST_TEST(now(s, happens(EventWord::config_appended)));
  s.commit(1, 3);
  BOOST_TEST(!now(s, happens(EventWord::config_committed)));
  s.commit(1, 5);
  BOOST_TEST(now(s, happens(EventWord::config_committed)));
  s.commit(1, 6);
  BOOST_TEST(!now(s, happens(EventWord::config_committed)));
}

BOOST_AUTO_TEST_CASE(an_event_is_spoken_of_the_node_where_it_happened) {
  Story s(3);
  s.boot_all().role(1, Role::leader, 1).happens(EventKind::write, 2);
  Predicate p = happens(EventWord::write_issued);
  BOOST_TEST(now(s, p));
  p.node = word(TargetWord::leader);
  BOOST_TEST(!now(s, p));
  p.node = word(TargetWord::follower);
  BOOST_TEST(now(s, p));
  p.node = other_than(word(TargetWord::leader));
  BOOST_TEST(now(s, p));
  p.node = {};
  p.role = RoleWord::leader;
  BOOST_TEST(!now(s, p));
  s.happens(EventKind::write, 1);
  BOOST_TEST(now(s, p));
  // A moment without an event has no happenings.
  StateResolver resolver;
  BOOST_TEST(!holds(p, s.cluster, nullptr, resolver));
}

BOOST_AUTO_TEST_CASE(a_node_of_the_world_satisfies_nothing_about_nodes) {
  Story s(1);
  s.boot(1);
  Event e;
  e.kind = EventKind::drop;
  StateResolver resolver;
  Predicate p = happens(EventWord::message_dropped);
  BOOST_TEST(holds(p, s.cluster, &e, resolver));
  p.role = RoleWord::follower;
  BOOST_TEST(!holds(p, s.cluster, &e, resolver));
}

BOOST_AUTO_TEST_CASE(the_resolver_lists_candidates_in_order_of_id) {
  Story s(4);
  s.boot_all().role(3, Role::leader, 2).role(1, Role::leader, 1).role(4, Role::learner, 1);
  StateResolver resolver;
  NodeSet out{NodeId{9}};
  const auto listed = [&](const Target& t) {
    resolver.candidates(t, s.cluster, out);
    return to_json(Target{out});
  };
  BOOST_TEST(listed(word(TargetWord::leader)) == R"("n3")");
  BOOST_TEST(listed(word(TargetWord::stale_leader)) == R"("n1")");
  BOOST_TEST(listed(word(TargetWord::learner)) == R"("n4")");
  BOOST_TEST(listed(word(TargetWord::majority)) == R"(["n1","n2","n3"])");
  BOOST_TEST(listed(word(TargetWord::candidate)) == "[]");
  BOOST_TEST(listed(other_than(word(TargetWord::leader))) == R"(["n1","n2","n4"])");
  BOOST_TEST(listed(Target{RandomTarget{1, nullptr}}) == R"(["n1","n2","n3","n4"])");
}

BOOST_AUTO_TEST_CASE(a_boot_is_relevant_where_it_takes_a_log_away) {
  Predicate p;
  p.node = nodes({NodeId{1}});
  p.log_length = Compare{.eq = 0, .ge = {}, .le = {}, .gt = {}, .lt = {}};
  Story s(1);
  s.boot(1).append(1, 1, 1).happens(EventKind::crash, 1);
  BOOST_TEST(!now(s, p));
  s.boot(1, 2);
  BOOST_TEST(now(s, p));
  BOOST_TEST(relevant_kinds(p).has(EventKind::boot));
  BOOST_TEST(!relevant_kinds(p).has(EventKind::send));
}

BOOST_AUTO_TEST_CASE(a_majority_is_over_the_voters_of_the_latest_committed_configuration) {
  Story s(3);
  const Configuration three{{NodeId{1}, NodeId{2}, NodeId{3}}, {}, {}};
  const Configuration one{{NodeId{4}}, {}, {NodeId{1}}};
  s.boot_all().boot(4).config(1, 0, three).config(1, 1, one).commit(4, 1);
  // Only appended, and n4 does not know of it: the old voters count.
  BOOST_TEST(!now(s, commit_of(word(TargetWord::majority), 1)));
  s.commit(1, 1);
  BOOST_TEST((s.cluster.committed_configuration() == one));
  BOOST_TEST(now(s, commit_of(word(TargetWord::majority), 1)));
  // What a server shows after a restart is older than what was known before.
  s.boot(2, 2).config(2, 0, three);
  BOOST_TEST((s.cluster.committed_configuration() == one));
}

BOOST_AUTO_TEST_CASE(a_server_that_has_not_come_into_being_is_nobody) {
  Story s(2);
  s.boot_all().boot(4);
  Predicate down;
  down.role = RoleWord::down;
  BOOST_TEST(!now(s, down));
  Predicate all_up;
  all_up.node = word(TargetWord::all);
  all_up.role = RoleWord::follower;
  BOOST_TEST(now(s, all_up));
  s.happens(EventKind::crash, 4);
  BOOST_TEST(now(s, down));
  s.boot(3);
  BOOST_TEST(s.cluster.node(NodeId{3}).exists);
}

BOOST_AUTO_TEST_CASE(the_absence_of_a_happening_is_news_at_any_other_event) {
  Predicate nested;
  nested.all = {happens(EventWord::crash)};
  BOOST_TEST(relevant_kinds(nested).bits == EventKinds{EventKind::crash}.bits);
  BOOST_TEST(relevant_kinds(negation(nested)).bits == EventKinds::all().bits);
  BOOST_TEST(relevant_kinds(negation(leader_is(LeaderCount::one))).bits != EventKinds::all().bits);
}

// Triggers subscribe to relevant_kinds() only: if a predicate could come true at any other event, they would
// miss it.
BOOST_AUTO_TEST_CASE(a_predicate_comes_true_only_at_its_relevant_kinds) {
  const bool held = rc::check("relevant kinds", [] {
    const Predicate p = any_predicate(2);
    const EventKinds relevant = relevant_kinds(p);
    ClusterView cluster(4);
    StateResolver resolver;
    Journal journal;
    journal.subscribe(cluster);
    bool before = holds(p, cluster, nullptr, resolver);
    for (const std::uint32_t step : *rc::gen::container<std::vector<std::uint32_t>>(200, rc::gen::just(1u))) {
      Event e = any_cluster_event(cluster);
      e.step += step;
      journal.emit(e);
      const bool after = holds(p, cluster, &e, resolver);
      if (after && !before && !relevant.has(e.kind))
        RC_FAIL(to_json(p) + " came true at " + std::string(name(e.kind)));
      before = after;
    }
  });
  BOOST_TEST(held);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::history
