// Membership, snapshots, leases, load.
#include "bites.hpp"

namespace raftsim::checkers {

namespace {

using history::SnapshotAction;
using history::Verdict;

/// n1 leads term 1 of {n1 n2 n3} + {n4}, entry 1 is committed.
struct Members {
  Members() {
    s.info.nodes[3].learner = true;
    s.boot_all();
    for (int n = 1; n <= 4; ++n) s.config(n, 0, first);
    s.elect(1, 1, {2});
    s.propose(1);
    s.replicate(1, 2, 1);
    s.commit(1, 1);
    s.step();
  }
  EventId change(const Configuration& to, std::uint64_t previous = 0) {
    s.propose(1, 77 + s.log_length(1));
    return s.config(1, s.log_length(1), to, previous);
  }
  const Configuration first = voters({1, 2, 3}, {}, {4});
  const Configuration four = voters({1, 2, 3, 4});
  Story s{4};
};

Verdict rolled_back(bool acts_by_it) {
  Members m;
  m.change(m.four);
  m.s.elect(2, 2, {3});
  m.s.propose(2, 5);
  m.s.replicate(2, 1, 2);
  m.s.config(1, 0, acts_by_it ? m.first : m.four);
  return m.s.finish();
}
Verdict changed_to(const Configuration& to) {
  Members m;
  m.change(to);
  return m.s.finish();
}
Verdict changed_again(bool committed) {
  Members m;
  m.change(m.four);
  for (int n : {2, 3}) m.s.replicate(1, n, 2);
  if (committed) m.s.commit(1, 2);
  m.s.step();
  m.change(m.first, 2);
  return m.s.finish();
}
Verdict campaigns(int n) {
  Members m;
  m.s.campaign(n, 2);
  return m.s.finish();
}
Verdict removed_leader(bool goes) {
  Members m;
  m.change(voters({2, 3}));
  m.s.replicate(1, 2, 2);
  m.s.replicate(1, 3, 2);
  m.s.commit(1, 2);
  m.s.step();
  if (goes) m.s.role(1, Role::follower);
  m.s.at(400);
  m.s.crash(4);
  m.s.commit_untold(1, 2);
  return m.s.finish();
}
Verdict comes_back(bool wiped) {
  Story s(3);
  s.boot_all();
  s.elect(1, 1, {2});
  const int n = wiped ? 2 : 3;
  s.crash(n);
  s.wipe(n);
  s.restart(n);
  return s.finish();
}

Verdict takes(std::uint64_t index, std::uint64_t state) {
  CommittedEntries<4> c;
  c.s.snapshot(1, index, state);
  return c.s.finish();
}
Verdict compacts(bool synced) {
  CommittedEntries<4> c;
  const auto op = c.s.write(1, SnapshotLabel{Index{3}, Term{1}, 103, {}});
  if (synced) c.s.durable(1, op);
  c.s.snapshot(1, 3, 103);
  c.s.step();
  c.s.compact(1, 4);
  return c.s.finish();
}
/// A restart of n1 finds a log that starts at 4.
Verdict recovers_from(std::uint64_t snapshot) {
  CommittedEntries<4> c;
  c.s.crash(2);
  c.s.notes = false;
  c.s.restart(2);
  c.s.snapshot(2, snapshot, 100 + snapshot, SnapshotAction::recovered);
  c.s.compact(2, 4);
  c.s.note(2, NoteKind::recovered, 4, 1);
  return c.s.finish();
}
Verdict installs(std::uint64_t first, std::uint64_t then) {
  CommittedEntries<4> c;
  c.s.snapshot(1, first, 100 + first);
  c.s.step();
  c.s.snapshot(1, then, 100 + then);
  return c.s.finish();
}

Verdict elected_at(std::int64_t ms) {
  Story s(3);
  s.boot_all();
  s.elect(1, 1, {2});
  s.lease(1, 500);
  s.at(ms);
  s.elect(3, 2, {2});
  return s.finish();
}
Verdict committed_entries(std::uint64_t beyond) {
  Story s(1);
  s.info.nodes[0].options.snapshot_every = 1;
  s.info.nodes[0].options.trailing_entries = 0;
  s.boot_all();
  s.elect(1, 1, {});
  const std::uint64_t bound = 8 + (1u << 14);
  for (std::uint64_t i = 1; i <= bound + 2; ++i) s.append(1, 1, i);
  s.save_log(1, 1);
  s.commit(1, 1);
  s.apply(1, 1, 101);
  s.snapshot(1, 1, 101);
  s.step();
  s.commit(1, bound + beyond);
  return s.finish();
}
Verdict uncommitted(std::uint64_t bytes) {
  Story s(3);
  s.info.nodes[0].options.max_uncommitted_bytes = 100'000;
  s.boot_all();
  s.elect(1, 1, {2});
  s.propose(1);
  s.propose(1);
  s.load(1, bytes);
  return s.finish();
}

}  // namespace

std::vector<Bite> bites_of_members_and_snapshots() {
  using enum PropertyId;
  return {
      {config_matches_log, "a server keeps a configuration whose entry it removed",
       [] { return rolled_back(false); }, "it goes back to the one before", [] { return rolled_back(true); }},
      {legal_config_step, "two voters change at once",
       [] {
         return changed_to(voters({1, 4}));
       },
       "they change through a joint configuration",
       [] {
         return changed_to(voters({1, 4}, {1, 2, 3}));
       }},
      {config_change_precondition, "a configuration is appended before the last one is committed",
       [] { return changed_again(false); }, "it is appended afterwards", [] { return changed_again(true); }},
      {only_voters_decide, "a learner campaigns", [] { return campaigns(4); }, "a voter campaigns",
       [] { return campaigns(3); }},
      {removed_steps_down, "a leader leads on although its removal is committed",
       [] { return removed_leader(false); }, "it steps down", [] { return removed_leader(true); }},
      {no_amnesia, "a server that voted comes back with an empty disk under its id",
       [] { return comes_back(true); }, "one that promised nothing does", [] { return comes_back(false); }},
      {snapshot_equals_prefix, "a snapshot holds another state than its entries give",
       [] { return takes(3, 999); }, "it holds that state", [] { return takes(3, 103); }},
      {compaction_bound, "a log is compacted before its snapshot is synced", [] { return compacts(false); },
       "it is compacted afterwards", [] { return compacts(true); }},
      {no_log_gap, "a restart finds a log that starts two entries behind its snapshot",
       [] { return recovers_from(2); }, "it starts right behind it", [] { return recovers_from(3); }},
      {install_monotonic, "a snapshot is older than the one before", [] { return installs(3, 2); },
       "it is newer", [] { return installs(2, 3); }},
      {lease_exclusion, "a server is elected while another would serve reads from its lease",
       [] { return elected_at(400); }, "it is elected once the lease is over",
       [] { return elected_at(600); }},
      {log_bound, "a log holds one committed entry too many", [] { return committed_entries(2); },
       "it holds as many as it may", [] { return committed_entries(1); }},
      {uncommitted_bound, "a leader takes on more bytes than it may", [] { return uncommitted(120'000); },
       "it takes on as many as it may", [] { return uncommitted(100'000); }},
  };
}

}  // namespace raftsim::checkers
