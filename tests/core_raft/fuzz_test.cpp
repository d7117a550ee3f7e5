// A small random cluster against the paper's safety properties: messages dropped, duplicated, reordered and
// very late, disks that are slow, crashes that lose what was not durable. Then everything heals, and the
// cluster must agree. It makes the core solid by itself; the simulator does all this far more thoroughly.
#include "tests/core_raft/fuzz_trial.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include "seam/chain.hpp"
#include "tests/core_raft/cluster.hpp"
#include "tests/core_raft/random.hpp"

namespace raftsim::core::test {

Configuration Trial::draw_configuration() {
  Configuration configuration;
  const std::uint64_t voters = 1 + random_.below(5);
  for (std::uint64_t n = 1; n <= voters; ++n) configuration.voters.push_back(NodeId{n});
  if (random_.one_in(4)) configuration.voters_outgoing = {NodeId{1}, NodeId{6}, NodeId{7}};
  if (random_.one_in(3)) configuration.learners = {NodeId{8}};
  return configuration;
}

Config Trial::draw_config() {
  Config config;
  config.pre_vote = !random_.one_in(3);
  config.check_quorum = !random_.one_in(3);
  config.no_op = !random_.one_in(3);
  config.max_entries_per_append = static_cast<std::uint32_t>(1 + random_.below(5));
  config.max_inflight_appends = static_cast<std::uint32_t>(1 + random_.below(4));
  config.trailing_entries = random_.one_in(2) ? 0 : random_.below(5);
  config.snapshot_chunk_bytes = static_cast<std::uint32_t>(1 + random_.below(30));
  config.max_uncommitted_bytes = random_.one_in(3) ? 20 : 1'000'000;
  if (quick_) config.check_quorum = true;
  constexpr std::uint32_t bounds[] = {0, 500, 50'000, 200'000};
  config.clock_drift_bound_ppm = bounds[random_.below(std::size(bounds))];
  return config;
}

/// Each at a rate of its own, as wrong as the bound allows.
void Trial::draw_clocks() {
  for (auto& [id, node] : cluster_.nodes()) {
    const std::uint32_t bound = node.config.clock_drift_bound_ppm;
    const auto rate = static_cast<std::int64_t>(random_.below(3) * bound) - std::int64_t{bound};
    cluster_.set_clock(node, rate);
  }
}

const Output& Trial::boot(NodeId id) {
  cluster_.node(id).entropy = random_.bits();
  return cluster_.start(id);
}

void Trial::act() {
  cluster_.now = cluster_.now + microseconds(static_cast<std::int64_t>(random_.below(pause_us_max_)));
  Node& node = any_node();
  node.entropy = random_.bits();
  const std::uint64_t what = random_.below(100);
  if (random_.one_in(60)) {
    // A new partition, or none.
    cut_.clear();
    for (auto& [id, other] : cluster_.nodes()) {
      if (random_.one_in(3)) cut_.push_back(id);
    }
    if (random_.one_in(3)) cut_.clear();
  }
  if (what < 62) return act_on_network();
  if (!node.raft) {
    if (random_.one_in(4)) after(node.id, boot(node.id));
    return;
  }
  if (what < 74) {
    if (node.wake_at && *node.wake_at <= cluster_.now) after(node.id, cluster_.step(node.id, WakeUp{}));
  } else if (what < 88) {
    if (random_.one_in(3) || node.arrived != nullptr) return act_on_snapshot(node);
    act_on_disk(node);
  } else if (what < 98) {
    ask(node);
  } else if (random_.one_in(4)) {
    cluster_.crash(node.id);
    forget(node.id);
  } else if (random_.one_in(3)) {
    transfer(node);
  } else if (random_.one_in(6)) {
    after(node.id, cluster_.step(node.id, CampaignNow{}));
  }
}

/// A few milliseconds in which nothing stays on its way for long: messages and writes are quick, whoever
/// wants to wake does, waits are as short as they may be, and leaders are asked for lease reads.
void Trial::act_quickly() {
  cluster_.now = cluster_.now + microseconds(static_cast<std::int64_t>(random_.below(8'000)));
  for (auto& [id, node] : cluster_.nodes()) node.entropy = random_.one_in(2) ? 0 : random_.bits();
  for (auto& [id, node] : cluster_.nodes()) {
    if (node.raft && node.wake_at && *node.wake_at <= cluster_.now) {
      after(id, cluster_.step(id, WakeUp{}));
    }
  }
  for (int moved = 0; moved < 40 && !cluster_.in_flight.empty(); ++moved) {
    for (auto& [id, node] : cluster_.nodes()) {
      if (!node.writes.empty()) after(id, cluster_.persisted(id, node.writes.back().id));
    }
    act_on_network();
  }
  for (auto& [id, node] : cluster_.nodes()) {
    if (!node.raft || node.raft->role() != Role::leader) continue;
    read(node, ReadMode::lease);
    if (random_.one_in(3)) propose(node);
  }
  Node& node = any_node();
  if (node.raft && (node.arrived != nullptr || random_.one_in(8))) act_on_snapshot(node);
  disturb(any_node());
}

void Trial::disturb(Node& node) {
  if (!node.raft) {
    after(node.id, boot(node.id));
    return;
  }
  const std::uint64_t what = random_.below(60);
  if (what < 2) {
    cut_.clear();
    if (what == 0) cut_.push_back(node.id);
  } else if (what < 4) {
    cluster_.crash(node.id);
    forget(node.id);
    if (what == 2) after(node.id, boot(node.id));
  } else if (what == 4) {
    transfer(node);
  } else if (what == 5) {
    after(node.id, cluster_.step(node.id, CampaignNow{}));
  }
}

void Trial::act_on_network() {
  auto& network = cluster_.in_flight;
  if (network.empty()) return;
  // Mostly in order; now and then any message overtakes, so that some become very old.
  const std::size_t at = random_.one_in(4) ? random_.below(network.size()) : 0U;
  const Letter letter = network[at];
  const std::uint64_t fate = random_.below(20);
  if (fate != 0) network.erase(network.begin() + static_cast<std::ptrdiff_t>(at));
  if (contains(cut_, letter.from) != contains(cut_, letter.to)) return;
  if (fate == 1 || !cluster_.node(letter.to).raft) return;
  after(letter.to, cluster_.receive(letter));
}

void Trial::act_on_disk(Node& node) {
  if (node.writes.empty() || !random_.one_in(disk_slowness_)) return;
  const WriteId id = node.writes[random_.below(node.writes.size())].id;
  if (random_.one_in(3)) {
    cluster_.make_durable(node, id);  // told later, together with later writes, or never
    return;
  }
  after(node.id, cluster_.persisted(node.id, id));
}

void Trial::act_on_snapshot(Node& node) {
  if (node.arrived != nullptr) {
    if (!random_.one_in(disk_slowness_)) return;
    // Told later, or never.
    if (random_.one_in(3)) return cluster_.make_snapshot_durable(node);
    return after(node.id, cluster_.store_snapshot(node.id));
  }
  const Raft& raft = *node.raft;
  const Index from = std::max(raft.log().first(), raft.snapshot() ? raft.snapshot()->index + 1 : Index{1});
  if (from > raft.commit()) return;
  ++seen_.snapshots;
  const Index upto = from + random_.below(raft.commit() + 1 - from);
  after(node.id, cluster_.take_snapshot(node.id, upto, random_.below(120)));
}

void Trial::ask(Node& node) {
  if (members_change_ && random_.one_in(3)) return change(node);
  if (random_.one_in(3)) {
    constexpr ReadMode modes[] = {ReadMode::read_index, ReadMode::lease, ReadMode::lease, ReadMode::follower};
    const ReadMode mode = modes[random_.below(std::size(modes))];
    return read(node, mode);
  }
  propose(node);
}

void Trial::read(Node& node, ReadMode mode) {
  const ReadId id{++asked_};
  reads_[id] = {node.id, canon_.size()};
  after(node.id, cluster_.step(node.id, ReadRequest{id, mode}));
}

void Trial::propose(Node& node) {
  const std::string payload = fmt::format("c{}", ++asked_);
  after(node.id, cluster_.step(node.id, Propose{std::as_bytes(std::span(payload.data(), payload.size()))}));
}

/// To anybody, also to itself or a learner.
void Trial::transfer(Node& node) {
  const Output& out = cluster_.step(node.id, TransferLeadership{any_node().id});
  require(out.transfer.has_value(), "an operator is answered");
  if (out.transfer == TransferStart::started) {
    require(!transfers_.contains(node.id), "one transfer at a time");
    transfers_.insert(node.id);
    ++seen_.transfers;
  }
  after(node.id, out);
}

/// Whoever has left is turned off: without pre-votes and quorum checks it may disturb for ever, if it never
/// learns of it (4.2.3).
void Trial::only_members_run() {
  for (auto& [id, node] : cluster_.nodes()) {
    const bool member = members_.votes(id) || contains(members_.learners, id);
    if (member && !node.raft) after(id, boot(id));
    if (member || !node.raft) continue;
    cluster_.crash(id);
    forget(id);
  }
}

/// Thirty election timeouts of a perfect world, with a command at a third and at two thirds of it.
void Trial::heal() {
  for (auto& [id, node] : cluster_.nodes()) node.entropy = random_.bits();
  only_members_run();
  // Completions that were held back are told now.
  for (auto& [id, node] : cluster_.nodes()) {
    if (node.raft) after(id, cluster_.persisted(id, node.raft->durability().last_issued()));
  }
  const Instant begin = cluster_.now;
  for (const std::int64_t timeouts : {10, 20, 30}) {
    const Instant end = begin + cluster_.nodes().begin()->second.config.election_timeout * timeouts;
    while (cluster_.now < end) {
      bool busy = false;
      only_members_run();
      for (auto& [id, node] : cluster_.nodes()) {
        node.entropy = random_.bits();
        if (node.arrived != nullptr) after(id, cluster_.store_snapshot(id));
        if (node.writes.empty()) continue;
        busy = true;
        after(id, cluster_.persisted(id, node.writes.back().id));
      }
      if (!cluster_.in_flight.empty()) {
        const Letter letter = cluster_.in_flight.front();
        cluster_.in_flight.pop_front();
        if (cluster_.node(letter.to).raft) after(letter.to, cluster_.receive(letter));
        continue;
      }
      if (busy) continue;
      Node* next = nullptr;
      for (auto& [id, node] : cluster_.nodes()) {
        if (node.wake_at && (next == nullptr || *node.wake_at < *next->wake_at)) next = &node;
      }
      if (next == nullptr) break;
      cluster_.now = std::max(cluster_.now, *next->wake_at);
      after(next->id, cluster_.step(next->id, WakeUp{}));
    }
    for (auto& [id, node] : cluster_.nodes()) {
      if (timeouts < 30 && node.raft && node.raft->role() == Role::leader) propose(node);
    }
    cluster_.now = end;
  }
}

// ---- the properties

void Trial::after(NodeId id, const Output& out) {
  Node& node = cluster_.node(id);
  const Raft& raft = *node.raft;
  Shadow& shadow = shadows_[id];
  for (const Note& note : out.notes) {
    if (note.kind == NoteKind::log_conflict_truncated) ++seen_.truncations;
    if (note.kind == NoteKind::probe_rewound) ++seen_.rewinds;
    if (note.kind == NoteKind::lease_read) ++seen_.lease_reads;
    if (note.kind == NoteKind::vote_refused_promised) ++seen_.promises_kept;
    if (note.kind == NoteKind::stale_completion_ignored) ++seen_.late_completions;
    if (note.kind == NoteKind::snapshot_sent) ++seen_.snapshots_sent;
    if (note.kind == NoteKind::snapshot_installed) ++seen_.installed;
    if (note.kind == NoteKind::snapshot_ignored) ++seen_.ignored;
  }
  require(raft.term() >= shadow.term, "terms never decrease");
  shadow.term = raft.term();
  if (out.log_discarded) ++seen_.discarded;
  check_base(raft, shadow);
  check_log(node, shadow);
  check_commit(raft, shadow);
  if (raft.role() == Role::leader) {
    const auto [at, added] = leader_of_.emplace(raft.term(), id);
    if (added) ++seen_.leaders;
    if (added) check_leases(raft.term());
    require(at->second == id, "election safety: one leader in a term");
    check_matches(raft);
  }
  require(out.wake_at.has_value() || raft.peers().empty(), "a server with followers always wakes");
  check_reads(id, out);
  check_membership(id, out);
  if (out.transfer_ended) {
    require(transfers_.erase(id) == 1, "a transfer ends once");
    if (out.transfer_ended == TransferEnd::done) ++seen_.transfers_done;
  }
  for (const Send& send : out.sends) {
    const bool tells = send.message.type == MessageType::timeout_now;
    if (tells) require(contains(raft.configuration().voters, send.to), "only a voter is told to campaign");
  }
}

/// What a log no longer holds was committed, and is taken as such from here on, whatever stood there before.
void Trial::check_base(const Raft& raft, Shadow& shadow) {
  const Log& log = raft.log();
  const Index base = log.first() - 1;
  require(base >= shadow.base, "what was compacted does not come back");
  require(base <= raft.commit(), "only what is committed is compacted");
  if (base == shadow.base) return;
  require(canon_.size() >= base.value, "a log begins behind what is committed");
  require(canon_[base.value - 1] == std::pair(*log.term_at(base), log.chain_at(base)),
          "a log begins behind what was committed there");
  if (shadow.log.size() < base.value) shadow.log.resize(base.value);
  for (std::size_t i = shadow.base.value; i < base.value; ++i) {
    if (shadow.log[i] == canon_[i]) continue;
    require(Index{i + 1} > shadow.commit, "what is committed is never replaced");
    // What stood behind it is gone with it.
    shadow.log.resize(base.value);
    std::copy(canon_.begin() + static_cast<std::ptrdiff_t>(i),
              canon_.begin() + static_cast<std::ptrdiff_t>(base.value),
              shadow.log.begin() + static_cast<std::ptrdiff_t>(i));
    break;
  }
  shadow.base = base;
}

/// Log matching, against every log that ever was.
void Trial::check_log(const Node& node, Shadow& shadow) {
  const Log& log = node.raft->log();
  std::size_t equal = std::min<std::size_t>(shadow.log.size(), log.last().value);
  while (equal > shadow.base.value && shadow.log[equal - 1].second != log.chain_at(Index{equal})) --equal;
  if (equal < shadow.log.size()) {
    require(Index{equal} >= shadow.commit, "what is committed is never removed");
    require(node.raft->role() != Role::leader, "a leader only appends");
  }
  shadow.log.resize(equal);
  for (Index at{equal + 1}; at <= log.last(); ++at) {
    const Term term = log.at(at).term;
    const auto [known, added] = chain_of_.emplace(std::pair(at, term), log.chain_at(at));
    require(known->second == log.chain_at(at), "log matching");
    if (added) check_new_entry(*node.raft, at);
    shadow.log.emplace_back(term, log.chain_at(at));
  }
}

void Trial::check_commit(const Raft& raft, Shadow& shadow) {
  const Index commit = raft.commit();
  require(commit >= shadow.commit, "the commit index never decreases");
  require(commit <= raft.log().last(), "only what is there can be committed");
  for (Index at = shadow.commit + 1; at <= commit; ++at) {
    if (at.value > canon_.size()) {
      canon_.push_back(shadow.log[at.value - 1]);
      if (at >= raft.log().first()) {
        if (auto configuration = configuration_in(raft.log().at(at))) members_ = *configuration;
      }
      ++seen_.commits;
    }
    require(canon_[at.value - 1] == shadow.log[at.value - 1], "state machine safety");
  }
  shadow.commit = commit;
}

/// What a leader believes of a follower is on that follower's disk, while it is in the same term.
void Trial::check_matches(const Raft& leader) {
  for (const Progress& follower : leader.peers()) {
    require(follower.match < follower.next, "match < next");
    require(follower.next <= leader.log().last() + 1, "nothing is sent that is not there");
    const Disk& disk = cluster_.node(follower.node).disk;
    if (disk.hard_state.term != leader.term() || follower.match == Index{}) continue;
    require(durable_last(disk) >= follower.match, "an acknowledged entry is durable");
    const std::optional<Term> here = leader.log().term_at(follower.match);
    const std::optional<Term> there = disk.log.term_at(follower.match);
    if (!here || !there || covered(disk, follower.match)) continue;
    require(here == there, "an acknowledged entry is the leader's");
  }
}

/// When somebody begins to lead, no leader of an earlier term serves reads from a lease (6.4.1). Its clock
/// may be the slowest, and the voters' the fastest.
void Trial::check_leases(Term elected) {
  for (auto& [id, node] : cluster_.nodes()) {
    if (!node.raft || node.raft->term() >= elected) continue;
    const std::optional<Instant> end = node.raft->lease_end();
    require(!end || *end <= cluster_.local_now(node), "no leader beside a lease");
  }
}

void Trial::check_reads(NodeId id, const Output& out) {
  for (const ReadReady& read : out.reads_ready) {
    const auto at = reads_.find(read.id);
    require(at != reads_.end(), "a read is answered once");
    require(at->second.first == id, "by the one that was asked");
    require(read.index.value >= at->second.second, "a read sees what was committed before it");
    reads_.erase(at);
    ++seen_.reads;
    if (cluster_.node(id).raft->role() != Role::leader) ++seen_.follower_reads;
  }
  for (const ReadFailed& read : out.reads_failed) {
    require(reads_.erase(read.id) == 1, "a read fails once");
  }
}

/// At departure, what a message promises survives an instant loss of power.
void Trial::check_promise(const Letter& letter) {
  const Message& message = letter.message;
  const Disk& disk = cluster_.node(letter.from).disk;
  const HardState& durable = disk.hard_state;
  const MessageType type = message.type;
  if (type == MessageType::request_vote) check_vote(letter.from, message.term, letter.from);
  if (type == MessageType::request_vote_resp && message.granted) {
    check_vote(letter.from, message.term, letter.to);
  }
  if (type == MessageType::append_entries) {
    require(durable.term >= message.term, "a leader's term is durable");
  }
  if ((type == MessageType::append_entries_resp || type == MessageType::install_snapshot_resp) &&
      message.granted) {
    require(durable.term >= message.term, "an acknowledgement's term is durable");
    // Under a newer term, the entries may be gone again by the time an old acknowledgement leaves.
    require(durable_last(disk) >= message.match || durable.term > message.term,
            "an acknowledged entry is durable at departure");
  }
}

void Trial::check_vote(NodeId voter, Term term, NodeId candidate) {
  const HardState& durable = cluster_.node(voter).disk.hard_state;
  require(durable.term > term || (durable.term == term && durable.vote == candidate),
          "a vote is durable before anybody is told");
  require(vote_of_.emplace(std::pair(voter, term), candidate).first->second == candidate,
          "one vote per term");
}

void Trial::check_agreement() {
  const Raft* leader = nullptr;
  for (auto& [id, node] : cluster_.nodes()) {
    if (node.raft && node.raft->role() == Role::leader) leader = &*node.raft;
  }
  require(leader != nullptr, "a healed cluster has a leader");
  require(leader->commit() == leader->log().last(), "everything commits");
  for (auto& [id, node] : cluster_.nodes()) {
    if (!node.raft) continue;  // it has left
    require(node.raft->commit() == leader->commit(), "everybody knows what is committed");
    require(node.raft->log().last() == leader->log().last(), "everybody has it");
  }
  require(reads_.empty(), "no read is left waiting");
  require(transfers_.empty(), "no transfer goes on for ever");
  check_settled(*leader);
}

namespace {

/// RAFTSIM_FUZZ_TRIALS: more of them, by hand.
std::uint64_t trials_wanted() {
  const char* wanted = std::getenv("RAFTSIM_FUZZ_TRIALS");
  return wanted == nullptr ? 500 : std::strtoull(wanted, nullptr, 10);
}

const std::uint64_t trials = trials_wanted();

BOOST_AUTO_TEST_CASE(a_hostile_world_never_breaks_safety_and_a_healed_one_agrees) {
  Seen seen;
  for (std::uint64_t seed = 1; seed <= trials; ++seed) {
    try {
      Trial(seed, seen).run();
    } catch (const std::exception& error) {
      BOOST_ERROR("seed " << seed << ": " << error.what());
    }
  }
  // Floors far below what happens, far above an idle cluster.
  BOOST_TEST(seen.leaders > trials * 2);
  BOOST_TEST(seen.commits > trials * 10);
  BOOST_TEST(seen.truncations > trials / 10);
  BOOST_TEST(seen.reads > trials);
  BOOST_TEST(seen.rewinds > trials);
  BOOST_TEST(seen.late_completions > 0U);
  BOOST_TEST(seen.lease_reads > trials / 10);
  BOOST_TEST(seen.follower_reads > trials / 10);
  BOOST_TEST(seen.promises_kept > trials / 10);
  BOOST_TEST(seen.snapshots > trials * 5);
  BOOST_TEST(seen.snapshots_sent > trials / 2);
  BOOST_TEST(seen.installed > trials / 4);
  BOOST_TEST(seen.discarded > trials / 4);
  BOOST_TEST(seen.ignored > trials / 10);
  BOOST_TEST_MESSAGE(fmt::format("snapshots {} sent {} installed {} (log discarded {}) ignored {}",
                                 seen.snapshots, seen.snapshots_sent, seen.installed, seen.discarded,
                                 seen.ignored));
  check_seen_changes(seen, trials);
  BOOST_TEST(seen.transfers > trials / 10);
  BOOST_TEST(seen.transfers_done > trials / 100);
  BOOST_TEST_MESSAGE(fmt::format(
      "leaders {} commits {} truncations {} reads {} rewinds {} late {} "
      "transfers {} of {} lease reads {} follower reads {} promises {}",
      seen.leaders, seen.commits, seen.truncations, seen.reads, seen.rewinds, seen.late_completions,
      seen.transfers_done, seen.transfers, seen.lease_reads, seen.follower_reads, seen.promises_kept));
}

}  // namespace
}  // namespace raftsim::core::test
