#include "tests/core_server/server_harness.hpp"

#include <algorithm>

#include "core/commands.hpp"
#include "core/snapshot_format.hpp"
#include "core/wire.hpp"
#include "seam/chain.hpp"
#include "seam/check.hpp"

namespace raftsim::core {

OneServer::OneServer(std::uint64_t size, const Files& files, Options given)
    : options(given), system_(make_raft_system()), disk_(files) {
  for (std::uint64_t id = 1; id <= size; ++id) members_.voters.push_back(NodeId{id});
}

void OneServer::start_only(Boot boot, Index commit) {
  process_ = system_->make_process();
  halted = false;
  all_answers.clear();
  all_applied.clear();
  all_notes.clear();
  step(Start{.self = NodeId{1}, .options = &options, .boot = boot, .members = &members_, .commit = commit});
}

void OneServer::start(Boot boot, Index commit) {
  start_only(boot, commit);
  disk_until_idle();
}

void OneServer::crash(const Chooser& choose) { disk_ = CrashDisk(disk_.crash(choose)); }
void OneServer::crash_keeping_all() { disk_ = CrashDisk(disk_.contents()); }

void OneServer::step(decltype(raftsim::Input::what) what) {
  effects.clear();
  sent.clear();
  answers.clear();
  notes.clear();
  applied.clear();
  disk_requests.clear();
  raftsim::Input input;
  input.now = now;
  input.what = what;
  process_->step(input, effects);
  disk_.issue(effects);
  for (const Effect& effect : effects.list) {
    if (const auto* send = std::get_if<raftsim::Send>(&effect)) {
      Sent s{send->to, {}, send->after};
      CHECK(system_->describe(effects.bytes(send->bytes), s.view));
      sent.push_back(s);
      std::vector<EntryRef> entries;
      Message message;
      CHECK(decode_message(effects.bytes(send->bytes), entries, message) == WireFault::none);
      if (message.doubt != 0) last_doubt = message.doubt;
    } else if (const auto* reply = std::get_if<Reply>(&effect)) {
      const ByteSpan bytes = effects.bytes(reply->bytes);
      answers.push_back({reply->id, reply->kind, reply->position, {bytes.begin(), bytes.end()}});
      all_answers.push_back(answers.back());
    } else if (const auto* note = std::get_if<Note>(&effect)) {
      notes.push_back(*note);
      all_notes.push_back(*note);
    } else if (const auto* entry = std::get_if<Applied>(&effect)) {
      applied.push_back(*entry);
      all_applied.push_back(*entry);
    } else if (const auto* request = std::get_if<DiskRequest>(&effect)) {
      disk_requests.push_back(*request);
    } else {
      halted = true;
    }
  }
}

bool OneServer::disk_step(DiskStatus status) {
  if (disk_.idle()) return false;
  told(disk_.complete_first(), status);
  return true;
}

void OneServer::told(const CrashDisk::Done& done, DiskStatus status) {
  const std::vector<std::string_view> names(done.names.begin(), done.names.end());
  const DiskStatus actual = done.status == DiskStatus::ok ? status : done.status;
  step(DiskDone{.op = done.request.op, .status = actual, .bytes = done.bytes, .names = names});
}

bool OneServer::disk_step_on(std::string_view prefix, DiskStatus status) {
  const auto done = disk_.complete_on(prefix);
  if (!done) return false;
  told(*done, status);
  return true;
}

CrashDisk::Done OneServer::disk_step_any(const Chooser& choose) {
  CrashDisk::Done done = disk_.complete(choose);
  told(done, done.status);
  return done;
}

void OneServer::disk_without_space() {
  while (!disk_.idle()) {
    const bool writes = disk_.first_action() == DiskAction::write;
    disk_step(writes ? DiskStatus::full : DiskStatus::ok);
  }
}

void OneServer::disk_until_idle() {
  while (disk_step()) {
  }
}

void OneServer::wake() {
  CHECK(effects.wake_at.has_value());
  now = std::max(now, *effects.wake_at);
  step(Wake{});
}

void OneServer::receive_bytes(NodeId from, ByteSpan bytes) { step(Receive{from, bytes}); }

void OneServer::receive(NodeId from, const Message& message) {
  std::vector<std::byte> bytes;
  encode_message(message, bytes);
  receive_bytes(from, bytes);
}

void OneServer::request(std::uint64_t id, const Operation& asked) {
  std::vector<std::byte> bytes;
  system_->encode(asked, bytes);
  step(Request{ClientId{7}, RequestId{id}, bytes});
}

void OneServer::become_leader_alone() {
  wake();
  disk_until_idle();
  CHECK(view().role == Role::leader);
}

void OneServer::become_leader() {
  options.pre_vote = false;
  wake();
  CHECK(!sent.empty());
  const MessageView asked = sent.front().view;
  disk_until_idle();
  receive(NodeId{2}, vote_granted(asked.term, asked.context));
  CHECK(view().role == Role::leader);
  disk_until_idle();
  receive(NodeId{2}, appended(view().term, view().last, 0));
  CHECK(view().commit == view().last);
}

std::uint64_t OneServer::open_session() {
  Operation open = operation(OperationKind::open_session, "");
  open.sequence = 1'000'000;
  request(1'000'000, open);
  disk_until_idle();
  return result(1'000'000, open).value().session;
}

View OneServer::view() const {
  View view;
  process_->inspect(view);
  return view;
}

bool OneServer::noted(NoteKind kind) const {
  return std::any_of(notes.begin(), notes.end(), [kind](const Note& note) { return note.kind == kind; });
}

bool OneServer::ever_noted(NoteKind kind) const {
  return std::ranges::any_of(all_notes, [kind](const Note& note) { return note.kind == kind; });
}

std::optional<Answered> OneServer::answer(std::uint64_t id) const {
  const auto at = std::find_if(all_answers.begin(), all_answers.end(),
                               [id](const Answered& answered) { return answered.id == RequestId{id}; });
  return at == all_answers.end() ? std::nullopt : std::optional(*at);
}

std::optional<OperationResult> OneServer::result(std::uint64_t id, const Operation& asked) const {
  const std::optional<Answered> found = answer(id);
  if (!found) return std::nullopt;
  return system_->decode_reply(asked, found->kind, found->position, found->bytes);
}

Message vote_request(Term term, Index last, Term last_term) {
  Message message;
  message.type = MessageType::request_vote;
  message.term = term;
  message.index = last;
  message.index_term = last_term;
  return message;
}

Message vote_granted(Term term, std::uint64_t context) {
  Message message;
  message.type = MessageType::request_vote_resp;
  message.granted = true;
  message.term = term;
  message.context = context;
  return message;
}

Message append(Term term, Index previous, Term previous_term, Index commit,
               std::span<const EntryRef> entries) {
  Message message;
  message.type = MessageType::append_entries;
  message.term = term;
  message.index = previous;
  message.index_term = previous_term;
  message.commit = commit;
  message.entries = entries;
  return message;
}

Message appended(Term term, Index match, std::uint64_t context) {
  Message message;
  message.type = MessageType::append_entries_resp;
  message.granted = true;
  message.term = term;
  message.index = match;
  message.match = match;
  message.context = context;
  return message;
}

std::shared_ptr<Snapshot> some_snapshot(Index index, Term term, std::uint64_t chain) {
  StateMachine machine(4);
  std::vector<std::byte> bytes;
  encode_request(operation(OperationKind::open_session, ""), bytes);
  machine.apply(Index{1}, EntryKind::command, bytes);
  bytes.clear();
  encode_request(in_session(operation(OperationKind::put, "k", "installed"), 1, 1), bytes);
  machine.apply(Index{2}, EntryKind::command, bytes);
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->index = index;
  snapshot->term = term;
  snapshot->chain = chain;
  snapshot->configuration.voters = {NodeId{1}, NodeId{2}, NodeId{3}};
  make_image(machine, *snapshot);
  return snapshot;
}

Message install(const Snapshot& snapshot, Term term) {
  Message message;
  message.type = MessageType::install_snapshot;
  message.term = term;
  message.index = snapshot.index;
  message.index_term = snapshot.term;
  message.chunk = {
      .offset = 0, .size = snapshot.bytes.size(), .hash = snapshot.hash, .data = ByteSpan(snapshot.bytes)};
  return message;
}

EntryRef no_op(Term term) {
  return {.term = term, .hash = entry_hash(EntryKind::no_op, {}), .payload = {}, .kind = EntryKind::no_op};
}

Operation operation(OperationKind kind, std::string key, std::string value) {
  Operation out;
  out.kind = kind;
  out.key = std::move(key);
  out.value = std::move(value);
  return out;
}

Operation in_session(Operation out, std::uint64_t session, std::uint64_t sequence) {
  out.session = session;
  out.sequence = sequence;
  out.first_unanswered = sequence;
  return out;
}

}  // namespace raftsim::core
