#include "tests/core_raft/transcript.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "tests/core_raft/message_text.hpp"

namespace raftsim::core::test {

namespace {

/// More than any story needs; a loop of messages that feed on each other ends here.
constexpr int settle_deliveries_max = 2'000;

std::vector<std::uint64_t> numbers(const std::string& list) {
  std::vector<std::uint64_t> result;
  std::stringstream stream(list);
  for (std::string item; std::getline(stream, item, ',');) result.push_back(number(item));
  return result;
}

NodeSet nodes_in(const std::string& list) {
  NodeSet set;
  for (std::uint64_t n : numbers(list)) set.push_back(NodeId{n});
  return set;
}

class Player {
 public:
  void input(const std::string& line);
  std::string output() { return std::exchange(output_, {}); }

 private:
  void make_cluster(const std::vector<std::string>& line);
  void format_disk(const std::vector<std::string>& line);
  void damage(const std::vector<std::string>& line);
  void forget(const std::vector<std::string>& line);
  void set_entropy(const std::vector<std::string>& line);
  void set_clock(const std::vector<std::string>& line);
  void start(const std::vector<std::string>& line);
  void wake(const std::vector<std::string>& line);
  void persisted(const std::vector<std::string>& line);
  void move_messages(const std::vector<std::string>& line);
  void settle(const std::vector<std::string>& line);
  void show(const std::vector<std::string>& line);
  void join(const std::vector<std::string>& line);
  void change(const std::vector<std::string>& line);
  void tell_change(NodeId node, const ChangeOutcome& outcome, const char* done);
  void show_members(const std::vector<std::string>& line);
  void node_input(const std::vector<std::string>& line);
  void snapshot(const std::vector<std::string>& line);

  void tell(const std::string& line) {
    if (!quiet_) output_ += "  " + line + "\n";
  }
  void tell(NodeId node, const Output& out);
  void tell_answers(NodeId node, const Output& out);
  void receive(const Letter& letter);
  bool flush(NodeId id);

  std::optional<Cluster> cluster_;
  bool instant_disk_ = false;
  bool quiet_ = false;
  std::string output_;
};

void Player::make_cluster(const std::vector<std::string>& line) {
  Configuration configuration;
  if (const auto list = value_of(line, "voters")) configuration.voters = nodes_in(*list);
  if (const auto list = value_of(line, "outgoing")) configuration.voters_outgoing = nodes_in(*list);
  if (const auto list = value_of(line, "learners")) configuration.learners = nodes_in(*list);
  Config config;
  config.pre_vote = value_of(line, "pre_vote") != "off";
  config.check_quorum = value_of(line, "check_quorum") != "off";
  config.no_op = value_of(line, "no_op") != "off";
  if (value_of(line, "membership") == "fixed") config.membership = MembershipForm::fixed;
  if (value_of(line, "membership") == "single_server") config.membership = MembershipForm::single_server;
  if (const auto value = value_of(line, "T")) config.election_timeout = duration(*value);
  if (const auto value = value_of(line, "drift")) {
    config.clock_drift_bound_ppm = static_cast<std::uint32_t>(number(*value));
  }
  if (const auto value = value_of(line, "heartbeat")) config.heartbeat_interval = duration(*value);
  if (const auto value = value_of(line, "window")) {
    config.max_inflight_appends = static_cast<std::uint32_t>(number(*value));
  }
  if (const auto value = value_of(line, "entries")) {
    config.max_entries_per_append = static_cast<std::uint32_t>(number(*value));
  }
  if (const auto value = value_of(line, "bytes")) {
    config.max_bytes_per_append = static_cast<std::uint32_t>(number(*value));
  }
  if (const auto value = value_of(line, "uncommitted")) config.max_uncommitted_bytes = number(*value);
  if (const auto value = value_of(line, "trailing")) config.trailing_entries = number(*value);
  if (const auto value = value_of(line, "chunk")) {
    config.snapshot_chunk_bytes = static_cast<std::uint32_t>(number(*value));
  }
  instant_disk_ = value_of(line, "disk") == "instant";
  cluster_.emplace(configuration, config);
  const std::uint64_t count = cluster_->nodes().size();
  std::uint64_t k = 0;
  for (auto& [id, node] : cluster_->nodes()) {
    // ceil(2^64 k / n), see election_wait().
    __extension__ using Wide = unsigned __int128;
    node.entropy = static_cast<std::uint64_t>(((Wide{k} << 64) + count - 1) / count);
    ++k;
  }
}

/// What recovery finds of a disk that lost synced entries, or its hard state. The latter is not told by the
/// one it finds; with `from`, entries too are gone.
void Player::damage(const std::vector<std::string>& line) {
  Disk& disk = cluster_->node(node_id(line.at(1))).disk;
  if (const auto value = value_of(line, "from")) {
    const Index from{number(*value)};
    if (from <= disk.log.last()) disk.log.truncate(from);
    disk.hard_state.doubt = Doubt::log;
  }
  if (const auto value = value_of(line, "term")) {
    disk.hard_state = HardState{Term{number(*value)}, std::nullopt, Doubt::hard_state};
  }
}

void Player::forget(const std::vector<std::string>& line) {
  Log& log = cluster_->node(node_id(line.at(1))).disk.log;
  const Index from{number(value_of(line, "from").value_or("1"))};
  if (from <= log.last()) log.truncate(from);
}

void Player::format_disk(const std::vector<std::string>& line) {
  Node& node = cluster_->node(node_id(line.at(1)));
  if (const auto value = value_of(line, "term")) node.disk.hard_state.term = Term{number(*value)};
  if (const auto value = value_of(line, "vote")) node.disk.hard_state.vote = node_id(*value);
  if (const auto value = value_of(line, "log")) {
    std::uint64_t at = 0;
    std::stringstream entries(*value);
    for (std::string entry; std::getline(entries, entry, ',');) {
      const std::size_t colon = entry.find(':');
      const Term term{number(entry.substr(0, colon))};
      ++at;
      const StoredEntry found = colon == std::string::npos
                                    ? StoredEntry{term, EntryKind::command, fmt::format("e{}", at)}
                                    : configuration_entry(term, parse_configuration(entry.substr(colon + 1)));
      node.disk.log.append(found.ref());
    }
  }
}

void Player::set_entropy(const std::vector<std::string>& line) {
  const std::string& ratio = line.at(2);
  const std::size_t slash = ratio.find('/');
  const std::uint64_t part = number(ratio.substr(0, slash));
  const std::uint64_t whole = number(ratio.substr(slash + 1));
  __extension__ using Wide = unsigned __int128;
  cluster_->node(node_id(line.at(1))).entropy =
      static_cast<std::uint64_t>(((Wide{part} << 64) + whole - 1) / whole);
}

void Player::set_clock(const std::vector<std::string>& line) {
  const std::string& ppm = line.at(2);
  const bool slow = ppm.starts_with('-');
  const auto rate = static_cast<std::int64_t>(number(slow ? std::string_view(ppm).substr(1) : ppm));
  cluster_->set_clock(cluster_->node(node_id(line.at(1))), slow ? -rate : rate);
}

void Player::start(const std::vector<std::string>& line) {
  Index commit;
  if (const auto value = value_of(line, "commit")) commit = Index{number(*value)};
  for (auto& [id, node] : cluster_->nodes()) {
    if (node.raft || (line.size() > 1 && node_id(line[1]) != id)) continue;
    tell(id, cluster_->start(id, commit));
  }
}

void Player::wake(const std::vector<std::string>& line) {
  const NodeId id = node_id(line.at(1));
  if (line.size() < 3) {
    if (!cluster_->node(id).wake_at) throw std::runtime_error("it wants no wake-up");
    cluster_->now = std::max(cluster_->now, *cluster_->node(id).wake_at);
    tell("it is " + text(cluster_->now));
  }
  tell(id, cluster_->step(id, WakeUp{}));
}

void Player::persisted(const std::vector<std::string>& line) {
  Node& node = cluster_->node(node_id(line.at(1)));
  WriteId id = node.raft->durability().last_issued();
  if (line.size() > 2) id = WriteId{number(line[2])};
  if (line[0] == "durable") {
    cluster_->make_durable(node, id);
  } else {
    tell(node.id, cluster_->persisted(node.id, id));
  }
}

void Player::receive(const Letter& letter) {
  if (!cluster_->node(letter.to).raft) {
    tell("(" + text(letter.to) + " is down)");
    return;
  }
  tell(letter.to, cluster_->receive(letter));
}

void Player::move_messages(const std::vector<std::string>& line) {
  if (line.size() == 2 && line[1] == "all") {
    cluster_->in_flight.clear();
    return;
  }
  const NodeId from = node_id(line.at(1));
  const NodeId to = node_id(line.at(3));
  const bool all = line.size() > 4 && line[4] == "all";
  const auto between = [&](const Letter& letter) { return letter.from == from && letter.to == to; };
  bool any = false;
  std::size_t left = static_cast<std::size_t>(
      std::count_if(cluster_->in_flight.begin(), cluster_->in_flight.end(), between));
  for (; left > 0; --left) {
    auto& network = cluster_->in_flight;
    auto at = std::find_if(network.begin(), network.end(), between);
    if (line[0] == "newest") at = std::find_if(network.rbegin(), network.rend(), between).base() - 1;
    const Letter letter = *at;
    if (line[0] != "duplicate") network.erase(at);
    tell(line[0] + ": " + text(letter));
    if (line[0] != "drop") receive(letter);
    any = true;
    if (!all) break;
  }
  if (!any) throw std::runtime_error("nothing is on its way there");
}

/// Makes everything durable that is not. Returns whether there was anything.
bool Player::flush(NodeId id) {
  bool any = false;
  while (cluster_->node(id).raft && !cluster_->node(id).writes.empty()) {
    any = true;
    tell(id, cluster_->persisted(id, cluster_->node(id).writes.back().id));
  }
  return any;
}

void Player::settle(const std::vector<std::string>& line) {
  NodeSet cut;
  for (std::size_t i = 1; i < line.size(); ++i) cut.push_back(node_id(line[i]));
  for (int moved = 0;; ++moved) {
    if (moved > settle_deliveries_max) throw std::runtime_error("the messages never end");
    bool flushed = false;
    for (auto& [id, node] : cluster_->nodes()) {
      flushed |= flush(id);
      if (node.arrived == nullptr) continue;
      flushed = true;
      tell(id, cluster_->store_snapshot(id));
    }
    if (cluster_->in_flight.empty()) {
      if (!flushed) return;
      continue;
    }
    const Letter letter = cluster_->in_flight.front();
    cluster_->in_flight.pop_front();
    if (contains(cut, letter.from) || contains(cut, letter.to)) continue;
    tell("deliver: " + text(letter));
    receive(letter);
  }
}

void Player::show(const std::vector<std::string>& line) {
  const bool with_wake = line.back() == "wake";
  const bool one = line.size() > 1 && line[1] != "wake";
  for (auto& [id, node] : cluster_->nodes()) {
    if (one && node_id(line[1]) != id) continue;
    std::string state = state_text(node);
    if (with_wake) state += node.wake_at ? " wake=" + text(*node.wake_at) : " wake=never";
    tell(state);
  }
}

void Player::snapshot(const std::vector<std::string>& line) {
  const NodeId id = node_id(line.at(1));
  Node& node = cluster_->node(id);
  if (line[0] == "snapshot") {
    const bool named = line.size() > 2 && line[2].find('=') == std::string::npos;
    const Index index = named ? Index{number(line[2])} : node.raft->commit();
    const std::size_t size = number(value_of(line, "bytes").value_or("40"));
    return tell(id, cluster_->take_snapshot(id, index, size));
  }
  if (node.arrived == nullptr) throw std::runtime_error("none has come completely");
  if (line[0] == "stored") return tell(id, cluster_->store_snapshot(id));
  node.arrived.reset();
  tell(id, cluster_->step(id, SnapshotUnusable{}));
}

void Player::join(const std::vector<std::string>& line) {
  const NodeId id = node_id(line.at(1));
  const Config config = cluster_->nodes().begin()->second.config;
  tell(id, cluster_->join(id, config));
}

std::optional<ChangeKind> change_of(const std::string& verb) {
  if (verb == "add_voter") return ChangeKind::add_voter;
  if (verb == "add_learner") return ChangeKind::add_learner;
  if (verb == "promote") return ChangeKind::promote;
  if (verb == "remove") return ChangeKind::remove;
  if (verb == "replace") return ChangeKind::replace;
  return std::nullopt;
}

void Player::change(const std::vector<std::string>& line) {
  NodeSet nodes;
  for (std::size_t i = 2; i < line.size(); ++i) nodes.push_back(node_id(line[i]));
  const NodeId id = node_id(line.at(1));
  tell(id, cluster_->step(id, ChangeRequest{*change_of(line[0]), nodes}));
}

void Player::tell_change(NodeId node, const ChangeOutcome& outcome, const char* done) {
  const std::string who = text(node) + " ";
  switch (outcome.result) {
    case ChangeResult::started:
      return tell(who + "begins the change");
    case ChangeResult::done:
      return tell(who + fmt::format("{}, at {}", done, outcome.index.value));
    case ChangeResult::not_leader:
      return tell(who + "is not leader, ask " + text(outcome.leader.value_or(NodeId{})));
    case ChangeResult::busy:
      return tell(who + "is busy: " + reason(outcome.why));
    case ChangeResult::refused:
      return tell(who + "refuses the change: " + reason(outcome.why));
  }
}

/// The configuration in force on each node.
void Player::show_members(const std::vector<std::string>& line) {
  for (auto& [id, node] : cluster_->nodes()) {
    if (!node.raft || (line.size() > 1 && node_id(line[1]) != id)) continue;
    const Configurations& held = node.raft->configurations();
    tell(fmt::format("{} {} at {}{}", text(id), text(held.latest()), held.latest_index().value,
                     held.latest_index() <= node.raft->commit() ? "" : ", not known to be committed"));
  }
}

void Player::node_input(const std::vector<std::string>& line) {
  const NodeId id = node_id(line.at(1));
  if (line[0] == "campaign") return tell(id, cluster_->step(id, CampaignNow{}));
  if (line[0] == "transfer") {
    return tell(id, cluster_->step(id, TransferLeadership{node_id(line.at(2))}));
  }
  if (line[0] == "read") {
    const std::string mode = line.size() > 3 ? line[3] : "";
    const ReadMode as = mode == "lease"      ? ReadMode::lease
                        : mode == "follower" ? ReadMode::follower
                                             : ReadMode::read_index;
    return tell(id, cluster_->step(id, ReadRequest{ReadId{number(line.at(2))}, as}));
  }
  for (std::size_t i = 2; i < line.size(); ++i) {
    const std::string& payload = line[i];
    tell(id, cluster_->step(id, Propose{std::as_bytes(std::span(payload.data(), payload.size()))}));
  }
}

void Player::tell_answers(NodeId node, const Output& out) {
  const std::string who = text(node) + " ";
  if (out.proposal) {
    const ProposalOutcome& outcome = *out.proposal;
    if (outcome.result == ProposalResult::accepted) {
      tell(who + fmt::format("accepts at {}@{}", outcome.index.value, outcome.term.value));
    } else if (outcome.result == ProposalResult::busy) {
      tell(who + "is busy");
    } else {
      tell(who + "is not leader, ask " + text(outcome.leader.value_or(NodeId{})));
    }
  }
  if (out.campaign == CampaignOutcome::started) tell(who + "campaigns");
  if (out.campaign == CampaignOutcome::refused_leads_already) tell(who + "leads already");
  if (out.campaign == CampaignOutcome::refused_promised) tell(who + "has promised not to");
  if (out.campaign == CampaignOutcome::refused_doubt_for_good) tell(who + "may have lost its vote");
  if (out.campaign == CampaignOutcome::refused_in_doubt) tell(who + "does not trust its disk yet");
  if (out.campaign == CampaignOutcome::refused_no_space) tell(who + "has no space on its disk");
  if (out.campaign == CampaignOutcome::refused_not_voter) tell(who + "does not vote");
  if (out.transfer) tell(who + "transfer: " + text(*out.transfer));
  if (out.transfer_ended) tell(who + "transfer ended: " + text(*out.transfer_ended));
  if (out.change) tell_change(node, *out.change, "has it so already");
  if (out.change_ended) tell_change(node, *out.change_ended, "has done the change");
  for (const ReadReady& read : out.reads_ready) {
    tell(who + fmt::format("serves read {} at {}", read.id.value, read.index.value));
  }
  for (const ReadFailed& read : out.reads_failed) {
    tell(who + fmt::format("fails read {}: {}", read.id.value, text(read.reason)));
  }
}

void Player::tell(NodeId id, const Output& out) {
  const std::string who = text(id) + " ";
  for (const Note& note : out.notes) tell(who + text(note));
  if (out.persist) {
    const Persist& persist = *out.persist;
    std::string line = fmt::format("write {}:", persist.id.value);
    if (persist.hard_state) {
      line += fmt::format(" {}term={} vote={}", persist.hard_state->doubt == Doubt::none ? "" : "in_doubt ",
                          persist.hard_state->term.value, text(persist.hard_state->vote.value_or(NodeId{})));
    }
    if (persist.has_entries())
      line += fmt::format(" entries {}..{}", persist.first.value, persist.last.value);
    tell(who + line + (persist.truncates ? " truncates" : ""));
  }
  tell_answers(id, out);
  if (out.log_discarded) tell(who + "discards its log");
  if (out.snapshot_received) {
    tell(who + fmt::format("has received the snapshot {}@{}", out.snapshot_received->index.value,
                           out.snapshot_received->term.value));
  }
  if (out.committed) tell(who + fmt::format("commits up to {}", out.committed->value));
  for (const Send& send : out.sends) {
    Letter letter{id, send.to, send.message, {}, std::string(send.message.chunk.data.size(), '.')};
    for (const EntryRef& entry : send.message.entries) letter.entries.push_back(stored(entry));
    tell(text(letter) +
         (send.after && !instant_disk_ ? fmt::format(" after write {}", send.after->value) : ""));
  }
  if (instant_disk_) flush(id);
}

void Player::input(const std::string& text_line) {
  std::vector<std::string> line = words(text_line);
  if (line[0] == "cluster") return make_cluster(line);
  if (!cluster_) throw std::runtime_error("the first line names the cluster");
  quiet_ = line[0] == "quiet";
  if (quiet_) line.erase(line.begin());
  const std::string& verb = line.at(0);
  if (verb == "disk") return format_disk(line);
  if (verb == "start") return start(line);
  if (verb == "damage") return damage(line);
  if (verb == "forget") return forget(line);
  if (verb == "crash") return cluster_->crash(node_id(line.at(1)));
  if (verb == "at") {
    cluster_->now = Instant{} + duration(line.at(1));
    return;
  }
  if (verb == "clock") return set_clock(line);
  if (verb == "entropy") return set_entropy(line);
  if (verb == "wake") return wake(line);
  if (verb == "persisted" || verb == "durable") return persisted(line);
  if (verb == "deliver" || verb == "newest" || verb == "duplicate" || verb == "drop") {
    return move_messages(line);
  }
  if (verb == "settle") return settle(line);
  if (verb == "join") return join(line);
  if (verb == "members") return show_members(line);
  if (change_of(verb)) return change(line);
  if (verb == "show") return show(line);
  if (verb == "network") {
    for (const Letter& letter : cluster_->in_flight) tell(text(letter));
    return;
  }
  if (verb == "snapshot" || verb == "stored" || verb == "unusable") return snapshot(line);
  if (verb == "propose" || verb == "read" || verb == "campaign" || verb == "transfer") {
    return node_input(line);
  }
  if (line.size() > 1 && line[1] == "->") return receive(parse_letter(line));
  throw std::runtime_error("unknown command");
}

}  // namespace

std::string play(const std::string& story) {
  Player player;
  std::string result;
  std::stringstream lines(story);
  int line_number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++line_number;
    if (line.starts_with("  ")) continue;
    result += line + "\n";
    if (words(line).empty() || line.starts_with('#')) continue;
    try {
      player.input(line);
    } catch (const std::exception& error) {
      throw std::runtime_error(fmt::format("line {}: {}: {}", line_number, line, error.what()));
    }
    result += player.output();
  }
  return result;
}

}  // namespace raftsim::core::test
