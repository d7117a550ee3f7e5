#include "story.hpp"

#include <algorithm>

#include "seam/input.hpp"

namespace raftsim::checkers {

using history::Details;
using history::Endpoint;

Story::Story(std::uint64_t nodes) : nodes_(nodes) {
  for (std::uint64_t k = 1; k <= nodes; ++k) {
    history::NodeInfo n;
    n.id = NodeId{k};
    n.system = "raft";
    info.nodes.push_back(n);
  }
  info.model = history::Model::kv;
  info.end = Instant{60'000'000'000};
}

Story::~Story() = default;

void Story::begin() {
  if (checkers_) return;
  checkers_ = std::make_unique<Checkers>(info, refinement);
  checkers_->subscribe(journal_);
}

Story& Story::at(std::int64_t ms) {
  now_ms_ = ms;
  step();
  return *this;
}

Event Story::make(EventKind kind, Endpoint where) const {
  Event e;
  e.kind = kind;
  e.node = where;
  e.time = Instant{now_ms_ * 1'000'000};
  e.step = step_;
  return e;
}

namespace {

/// As the world fills MessagePart::match.
std::uint64_t match_of(const MessageView& view) {
  const bool matches = view.type == MessageType::append_entries_resp ||
                       (view.type == MessageType::install_snapshot_resp && view.granted);
  return matches ? view.match.value : view.previous_index.value;
}

Endpoint on(int n) { return Endpoint::node(NodeId{static_cast<std::uint64_t>(n)}); }
}  // namespace

void Story::begin_boot(int n) {
  begin();
  step();
  Node& node = this->node(n);
  Event e = make(EventKind::boot, on(n));
  e.boot.incarnation = ++node.incarnation;
  e.boot.boot = static_cast<std::uint64_t>(node.incarnation == 1 ? Boot::fresh : Boot::existing);
  e.boot.drift_ppm = node.drift_ppm;
  emit(e);
  node.role = Role::follower;
  node.term = 0;
  node.vote = 0;
  node.log.clear();
  node.commit = 0;
  node.told = 0;
  node.next_op = 1;
  node.pending.clear();
}

void Story::boot(int n) {
  begin_boot(n);
  end_boot(n);
}

void Story::end_boot(int n) {
  step();
  Node& node = this->node(n);
  if (node.durable_term != 0) term(n, node.durable_term);
  if (node.durable_vote != 0) vote(n, node.durable_vote);
  for (const Entry& entry : std::vector<Entry>(node.durable_log)) {
    node.log.push_back(entry);
    show_entry(n, entry, node.log.size());
  }
  if (!notes) return;
  Event noted = make(EventKind::note, on(n));
  noted.note.note = static_cast<std::uint64_t>(NoteKind::recovered);
  noted.note.a = node.log.size();
  noted.note.b = node.term;
  emit(noted);
}

void Story::on_disk(int n, std::uint64_t term, const std::vector<std::uint64_t>& log) {
  Node& node = this->node(n);
  node.durable_term = term;
  std::uint64_t chain = chain_start;
  for (const std::uint64_t t : log) {
    chain = chain_next(chain, Term{t}, 0);
    node.durable_log.push_back({t, 0, chain});
  }
}

void Story::boot_all() {
  for (std::size_t n = 1; n <= nodes_.size(); ++n) boot(static_cast<int>(n));
}

void Story::crash(int n, std::uint64_t unsent) {
  step();
  crash_amid(n, unsent);
}

void Story::crash_amid(int n, std::uint64_t unsent) {
  Event e = make(EventKind::crash, on(n));
  e.process.lost_messages = unsent;
  emit(e);
  Node& node = this->node(n);
  while (!node.pending.empty()) lost(n, node.pending.front().op);
}

void Story::crash_on_disk(int n, std::uint64_t op) {
  step();
  emit(make(EventKind::crash, on(n)));
  durable(n, op);
  Node& node = this->node(n);
  while (!node.pending.empty()) lost(n, node.pending.front().op);
}

void Story::crash_keeping(int n, std::uint64_t op) {
  const std::vector<Entry> log = node(n).durable_log;
  crash_on_disk(n, op);
  node(n).durable_log = log;
}

void Story::restart(int n) {
  step();
  emit(make(EventKind::restart, on(n)));
  boot(n);
}

void Story::pause(int n) { emit(make(EventKind::pause, on(n))); }
void Story::resume(int n) { emit(make(EventKind::resume, on(n))); }

void Story::role(int n, Role role, std::uint64_t term) {
  Node& node = this->node(n);
  Event e = make(EventKind::role, on(n));
  e.role.term = Term{term == 0 ? node.term : term};
  e.role.role = static_cast<std::uint8_t>(role);
  e.role.previous = static_cast<std::uint8_t>(node.role);
  e.role.last_index = Index{node.log.size()};
  node.role = role;
  emit(e);
}

void Story::term(int n, std::uint64_t term) {
  Node& node = this->node(n);
  Event e = make(EventKind::term, on(n));
  e.change = {term, node.term, Term{term}, 0};
  node.term = term;
  emit(e);
}

void Story::vote(int n, int candidate) {
  Node& node = this->node(n);
  Event e = make(EventKind::vote, on(n));
  e.change = {static_cast<std::uint64_t>(candidate), static_cast<std::uint64_t>(node.vote), Term{node.term},
              0};
  node.vote = candidate;
  emit(e);
}

void Story::show_entry(int n, const Entry& entry, std::size_t index) {
  Event e = make(EventKind::append, on(n));
  e.append = {Index{index}, Term{entry.term}, entry.hash, entry.chain};
  emit(e);
}

EventId Story::append(int n, std::uint64_t term, std::uint64_t content) {
  Node& node = this->node(n);
  const std::uint64_t before = node.log.empty() ? chain_start : node.log.back().chain;
  node.log.push_back({term, content, chain_next(before, Term{term}, content)});
  show_entry(n, node.log.back(), node.log.size());
  return last();
}

void Story::truncate(int n, std::uint64_t from) {
  Node& node = this->node(n);
  Event e = make(EventKind::truncate, on(n));
  e.truncate = {Index{from}, Index{node.log.size()}, 0, 0};
  node.log.resize(from - 1);
  emit(e);
}

/// A follower commits what its leader told it: where that is true and was not told yet, it is told first.
void Story::tell_commit(int n, std::uint64_t index) {
  const Node& follower = node(n);
  if (follower.role == Role::leader || follower.told >= index || index > follower.log.size()) return;
  for (std::size_t k = 0; k < nodes_.size(); ++k) {
    const Node& l = nodes_[k];
    const bool leads = l.role == Role::leader && l.term == follower.term && l.commit >= index;
    if (!leads || l.log[index - 1].chain != follower.log[index - 1].chain) continue;
    step();
    recv(append_entries(static_cast<int>(k + 1), n, index));
    return;
  }
}

EventId Story::commit(int n, std::uint64_t index) {
  tell_commit(n, index);
  return commit_untold(n, index);
}

EventId Story::commit_untold(int n, std::uint64_t index) {
  Node& node = this->node(n);
  Event e = make(EventKind::commit, on(n));
  e.commit = {Index{index}, Index{node.commit}, Term{node.term}, static_cast<std::uint64_t>(node.role)};
  node.commit = index;
  return emit(e);
}

EventId Story::apply(int n, std::uint64_t index, std::uint64_t state, std::uint64_t result) {
  Event e = make(EventKind::apply, on(n));
  e.apply = {Index{index}, node(n).log[index - 1].hash, result, state};
  return emit(e);
}

history::AuditPart Story::twin(int n) const {
  const Node& node = nodes_[static_cast<std::size_t>(n - 1)];
  history::AuditPart twin;
  twin.shows = history::audit_term | history::audit_vote | history::audit_log;
  twin.term = Term{node.durable_term};
  twin.vote = static_cast<std::uint16_t>(node.durable_vote);
  twin.last = Index{node.durable_log.size()};
  twin.chain = node.durable_log.empty() ? chain_start : node.durable_log.back().chain;
  return twin;
}

void Story::audit(int n, const history::AuditPart& twin, const SnapshotLabel* snapshot) {
  Event e = make(EventKind::audit, on(n));
  e.audit = twin;
  Details d;
  Label found;
  if (snapshot != nullptr) {
    found = *snapshot;
    d.labels = {&found, 1};
    e.audit.shows |= history::audit_snapshot;
  }
  emit(e, d);
}

std::uint64_t Story::write(int n, const Label& label) {
  Node& node = this->node(n);
  Event e = make(EventKind::write, on(n));
  e.disk.op = DiskOp{node.next_op};
  e.disk.incarnation = node.incarnation;
  Details d;
  d.labels = {&label, 1};
  Node::Pending pending{node.next_op, label, {}};
  if (const auto* entries = std::get_if<EntriesLabel>(&label))
    for (std::uint64_t i = entries->first.value; i <= entries->last.value && i <= node.log.size(); ++i)
      pending.entries.push_back(node.log[i - 1]);
  node.pending.push_back(pending);
  emit(e, d);
  return node.next_op++;
}

std::uint64_t Story::write_state(int n) {
  const Node& node = this->node(n);
  HardStateLabel label{Term{node.term}, std::nullopt};
  if (node.vote != 0) label.vote = NodeId{static_cast<std::uint64_t>(node.vote)};
  return write(n, label);
}

std::uint64_t Story::write_entries(int n, std::uint64_t first, std::uint64_t last) {
  const Entry& entry = node(n).log[last - 1];
  return write(n, EntriesLabel{Index{first}, Index{last}, Term{entry.term}, entry.chain});
}

void Story::durable(int n, std::uint64_t op) {
  Node& node = this->node(n);
  const auto found = std::find_if(node.pending.begin(), node.pending.end(),
                                  [op](const Node::Pending& p) { return p.op == op; });
  if (found == node.pending.end()) return;
  const Node::Pending p = *found;
  node.pending.erase(found);
  if (const auto* h = std::get_if<HardStateLabel>(&p.label)) {
    node.durable_term = h->term.value;
    node.durable_vote = h->vote ? static_cast<int>(h->vote->value) : 0;
  } else if (const auto* e = std::get_if<EntriesLabel>(&p.label)) {
    if (e->first.value - 1 < node.durable_log.size()) node.durable_log.resize(e->first.value - 1);
    node.durable_log.insert(node.durable_log.end(), p.entries.begin(), p.entries.end());
  }
  Event e = make(EventKind::durable, on(n));
  e.disk.op = DiskOp{op};
  e.disk.incarnation = node.incarnation;
  Details d;
  d.labels = {&p.label, 1};
  emit(e, d);
}

void Story::lost(int n, std::uint64_t op) {
  Node& node = this->node(n);
  const auto found = std::find_if(node.pending.begin(), node.pending.end(),
                                  [op](const Node::Pending& p) { return p.op == op; });
  if (found == node.pending.end()) return;
  const Node::Pending p = *found;
  node.pending.erase(found);
  Event e = make(EventKind::lost, on(n));
  e.disk.op = DiskOp{op};
  Details d;
  d.labels = {&p.label, 1};
  emit(e, d);
}

void Story::decay(int n, std::uint64_t index) {
  Node& node = this->node(n);
  const Label label = EntriesLabel{Index{index}, Index{node.durable_log.size()},
                                   Term{node.durable_log.back().term}, node.durable_log.back().chain};
  node.durable_log.resize(index - 1);
  Event e = make(EventKind::lost, on(n));
  e.disk.status = static_cast<std::uint8_t>(DiskStatus::io_error);
  Details d;
  d.labels = {&label, 1};
  emit(e, d);
}

void Story::save_log(int n, std::uint64_t first) {
  const std::uint64_t length = node(n).log.size();
  if (first <= length) durable(n, write_entries(n, first, length));
}

Story::Sent Story::send(int from, int to, const MessageView& view, Gate gate) {
  Sent sent{{}, history::MessageId{++messages_}, view, from, to};
  Event e = make(EventKind::send, on(from));
  e.message.message = sent.id;
  e.message.term = view.term;
  e.message.match = match_of(view);
  e.message.peer = on(to);
  e.message.type = view.type;
  e.message.gated = gate == Gate::waits ? 1 : 0;
  e.message.granted = view.granted ? 1 : 0;
  Details d;
  d.message = &view;
  sent.event = emit(e, d);
  return sent;
}

EventId Story::depart(const Sent& sent) {
  Event e = make(EventKind::depart, on(sent.from));
  e.message.message = sent.id;
  e.message.term = sent.view.term;
  e.message.match = match_of(sent.view);
  e.message.peer = on(sent.to);
  e.message.type = sent.view.type;
  e.message.granted = sent.view.granted ? 1 : 0;
  return emit(e);
}

void Story::recv(const Sent& sent, Timer timer) {
  step();
  if (sent.view.type == MessageType::append_entries) {
    const Index last = sent.view.previous_index + sent.view.entries.size();
    std::uint64_t& told = node(sent.to).told;
    told = std::max(told, std::min(last, sent.view.commit).value);
  }
  Event e = make(EventKind::recv, on(sent.to));
  e.cause = sent.event;
  e.message.message = sent.id;
  e.message.term = sent.view.term;
  e.message.match = match_of(sent.view);
  e.message.peer = on(sent.from);
  e.message.type = sent.view.type;
  e.message.granted = sent.view.granted ? 1 : 0;
  e.message.gated = timer == Timer::due ? 1 : 0;
  emit(e);
}

Story::Sent Story::ask_vote(int candidate, int voter, Gate gate) {
  const Node& c = node(candidate);
  MessageView v;
  v.type = MessageType::request_vote;
  v.term = Term{c.term};
  v.previous_index = Index{c.log.size()};
  v.previous_term = Term{c.log.empty() ? 0 : c.log.back().term};
  return send(candidate, voter, v, gate);
}

Story::Sent Story::grant(int voter, int candidate, std::uint64_t term, Gate gate) {
  MessageView v;
  v.type = MessageType::request_vote_resp;
  v.term = Term{term};
  v.granted = true;
  return send(voter, candidate, v, gate);
}

Story::Sent Story::append_entries(int leader, int follower, std::uint64_t previous, Gate gate) {
  const Node& l = node(leader);
  MessageView v;
  v.type = MessageType::append_entries;
  v.term = Term{l.term};
  v.previous_index = Index{previous};
  v.previous_term = Term{previous == 0 ? 0 : l.log[previous - 1].term};
  v.commit = Index{l.commit};
  for (std::uint64_t i = previous + 1; i <= l.log.size(); ++i)
    v.entries.push_back({Index{i}, Term{l.log[i - 1].term}, l.log[i - 1].hash});
  return send(leader, follower, v, gate);
}

Story::Sent Story::acknowledge(int follower, int leader, std::uint64_t term, std::uint64_t match, Gate gate) {
  MessageView v;
  v.type = MessageType::append_entries_resp;
  v.term = Term{term};
  v.granted = true;
  v.match = Index{match};
  return send(follower, leader, v, gate);
}

void Story::learn_term(int n, std::uint64_t to) {
  step();
  if (node(n).role != Role::follower) role(n, Role::follower, to);
  term(n, to);
  if (node(n).vote != 0) vote(n, 0);
  save_state(n);
}

std::vector<Story::Sent> Story::campaign(int candidate, std::uint64_t to) {
  step();
  if (node(candidate).role == Role::leader) {
    role(candidate, Role::follower);
    step();
  }
  role(candidate, Role::candidate, to);
  term(candidate, to);
  vote(candidate, candidate);
  const std::uint64_t op = write_state(candidate);
  step();
  durable(candidate, op);
  std::vector<Sent> requests;
  for (std::size_t n = 1; n <= nodes_.size(); ++n)
    if (static_cast<int>(n) != candidate) requests.push_back(ask_vote(candidate, static_cast<int>(n)));
  return requests;
}

EventId Story::elect(int leader, std::uint64_t to, const std::vector<int>& voters) {
  const std::vector<Sent> requests = campaign(leader, to);
  for (const int voter : voters) {
    for (const Sent& request : requests)
      if (request.to == voter) recv(request);
    if (node(voter).role != Role::follower) role(voter, Role::follower, to);
    if (node(voter).term != to) term(voter, to);
    vote(voter, leader);
    const std::uint64_t op = write_state(voter);
    const Sent granted = grant(voter, leader, to, Gate::waits);
    step();
    durable(voter, op);
    depart(granted);
    recv(granted);
  }
  role(leader, Role::leader);
  return last();
}

void Story::propose(int leader, std::uint64_t content) {
  step();
  append(leader, node(leader).term, content);
  const std::uint64_t op = write_entries(leader, log_length(leader), log_length(leader));
  step();
  durable(leader, op);
}

void Story::replicate(int leader, int follower, std::uint64_t up_to) {
  const Node& l = node(leader);
  Node& f = node(follower);
  std::uint64_t equal = 0;
  while (equal < f.log.size() && equal < up_to && f.log[equal].chain == l.log[equal].chain) ++equal;
  step();
  const Sent request = append_entries(leader, follower, equal);
  recv(request);
  if (f.term < l.term) {
    if (f.role != Role::follower) role(follower, Role::follower, l.term);
    term(follower, l.term);
    if (f.vote != 0) vote(follower, 0);
    write_state(follower);
  }
  if (equal < f.log.size() && equal < up_to) truncate(follower, equal + 1);
  for (std::uint64_t i = equal + 1; i <= up_to; ++i) append(follower, l.log[i - 1].term, l.log[i - 1].hash);
  if (equal < up_to) write_entries(follower, equal + 1, up_to);
  const Sent ack = acknowledge(follower, leader, l.term, up_to, Gate::waits);
  step();
  while (!f.pending.empty()) durable(follower, f.pending.front().op);
  depart(ack);
  recv(ack);
}

}  // namespace raftsim::checkers
