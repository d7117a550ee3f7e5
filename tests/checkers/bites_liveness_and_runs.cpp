// What must happen once faults end, and what concerns a run as a whole.
#include "bites.hpp"
#include "quiet_cluster.hpp"

namespace raftsim::checkers {

namespace {

using history::Verdict;

Verdict agrees(bool all) {
  QuietCluster q;
  q.s.at(20'100);
  if (all) q.follow();
  if (!all) q.s.commit(2, 1), q.s.apply(2, 1, 1);
  return q.s.finish();
}
Verdict leads_again(bool somebody) {
  QuietCluster q;
  q.follow();
  q.s.at(9'000).crash(1);
  if (somebody) {
    q.s.at(11'000).elect(2, 2, {3});
    q.s.propose(2);
    q.s.replicate(2, 3, 2);
    for (const int n : {2, 3}) q.s.commit(n, 2), q.s.apply(n, 2, 2);
  } else {
    q.s.at(14'000).campaign(2, 2);
  }
  return q.s.finish();
}
Verdict asks(bool answered) {
  QuietCluster q;
  q.follow();
  const auto id = q.s.at(12'000).invoke(1, Story::get("k"));
  if (answered) q.s.at(12'500).ok(id, 1);
  return q.s.finish();
}
Verdict hands_over(bool gives_up) {
  Story s(3);
  s.boot_all();
  s.elect(1, 1, {2});
  s.at(100);
  s.note(1, NoteKind::transfer_started, 2, 1);
  if (gives_up) s.at(200).note(1, NoteKind::transfer_aborted, 2, 0);
  s.at(500);
  s.note(1, NoteKind::proposal_refused_transfer, 2);
  return s.finish();
}
/// Adds n4, which never comes up.
Verdict changes(bool ends) {
  QuietCluster q;
  const Configuration four = voters({1, 2, 3, 4});
  q.s.at(10'500);
  q.write();
  q.follow();
  q.s.at(11'000);
  q.s.propose(1);
  q.s.config(1, 3, four);
  for (const int n : {2, 3}) q.s.replicate(1, n, 3), q.s.config(n, 3, four);
  if (ends)
    for (const int n : {1, 2, 3}) q.s.commit(n, 3), q.s.apply(n, 3, 3);
  return q.s.finish(30'000);
}
Verdict nobody_leads(history::Expectation::Kind kind) {
  Story s(3);
  history::Expectation e;
  e.kind = kind;
  e.name = "one leader";
  e.that.leader = history::LeaderCount::one;
  s.info.expectations.push_back(e);
  s.boot_all();
  s.elect(1, 1, {2});
  return s.finish();
}
Verdict world_says(PropertyId id, const char* what) {
  Story s(3);
  s.boot_all();
  if (what != nullptr) s.world_violation(id, what);
  return s.finish();
}

}  // namespace

std::vector<Bite> bites_of_liveness_and_runs() {
  using enum PropertyId;
  using Kind = history::Expectation::Kind;
  return {
      {convergence, "a server stays behind at the end", [] { return agrees(false); },
       "all have committed and applied the same", [] { return agrees(true); }},
      {leader_within, "nobody leads within the bound", [] { return leads_again(false); },
       "a leader commits within it", [] { return leads_again(true); }},
      {client_progress, "an operation of the quiet phase is never answered", [] { return asks(false); },
       "it is answered in time", [] { return asks(true); }},
      {transfer_terminates, "a transfer neither succeeds nor is given up", [] { return hands_over(false); },
       "it is given up in time", [] { return hands_over(true); }},
      {reconfig_terminates, "a change of the configuration is never committed", [] { return changes(false); },
       "it is committed", [] { return changes(true); }},
      {expectation, "what the scenario says must never hold does", [] { return nobody_leads(Kind::never); },
       "what it says must once hold does", [] { return nobody_leads(Kind::eventually); }},
      {scenario_check, "a check of the scenario does not hold",
       [] { return world_says(scenario_check, "check \"x\" does not hold."); }, "none was made",
       [] { return world_says(scenario_check, nullptr); }},
      {scenario_stuck, "a step of the scenario never fires",
       [] { return world_says(scenario_stuck, "step \"x\" never fired."); }, "all fired",
       [] { return world_says(scenario_stuck, nullptr); }},
      {event_storm, "the limit of events is reached before that of time",
       [] { return world_says(event_storm, "2000 events before 30s."); }, "it is not",
       [] { return world_says(event_storm, nullptr); }},
      {no_crash, "the system under test crashes",
       [] { return world_says(no_crash, "n2 failed CHECK(x) at log.cpp:12."); }, "it does not",
       [] { return world_says(no_crash, nullptr); }},
  };
}

}  // namespace raftsim::checkers
