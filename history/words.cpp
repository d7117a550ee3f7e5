// Each kind of event in one phrase of the protocol's language. One function per kind or family, in a table.
#include <fmt/format.h>

#include <array>
#include <string>

#include "history/text.hpp"

namespace raftsim::history {
namespace {

std::string message_name(const MessagePart& m) {
  std::string text(m.type == MessageType::unknown ? "message" : name(m.type));
  if (m.term.value != 0) text += fmt::format(", term {}", m.term.value);
  return text;
}

/// What matters of a described message, after its name and term.
std::string message_content(const MessagePart& m, const MessageView* view) {
  switch (m.type) {
    case MessageType::request_vote_resp:
    case MessageType::pre_vote_resp:
      return m.granted != 0 ? ", granted" : ", refused";
    case MessageType::append_entries_resp:
      return m.granted != 0 ? fmt::format(", matches up to {}", m.match) : ", refused";
    case MessageType::request_vote:
    case MessageType::pre_vote:
      if (view == nullptr) return fmt::format(", last entry {}", m.match);
      return fmt::format(", last entry {} of term {}", m.match, view->previous_term.value);
    case MessageType::append_entries: {
      if (view == nullptr) return fmt::format(", after {}", m.match);
      const std::string entries = view->entries.empty()
                                      ? "heartbeat"
                                      : fmt::format("entries {}..{}", view->entries.front().index.value,
                                                    view->entries.back().index.value);
      return fmt::format(", {} after {} of term {}, commit {}", entries, m.match, view->previous_term.value,
                         view->commit.value);
    }
    case MessageType::install_snapshot:
      return fmt::format(", up to {}", m.match);
    case MessageType::install_snapshot_resp:
      return m.granted != 0 ? fmt::format(", holds all up to {}", m.match) : ", not all yet";
    case MessageType::timeout_now:
    case MessageType::read_index:
    case MessageType::read_index_resp:
    case MessageType::client_request:
    case MessageType::client_reply:
    case MessageType::unknown:
      return "";
  }
  return "";
}

std::string on_message(const Event& e, const Details& d) {
  const MessagePart& m = e.message;
  const std::string peer = to_text(m.peer);
  // Where the others say what it holds, a copy names its original.
  if (e.kind == EventKind::dup)
    return fmt::format("{} to {}: {} (of message {})", m.gated != 0 ? "replay later" : "duplicate", peer,
                       message_name(m), m.match);
  const std::string what = message_name(m) + message_content(m, d.message);
  if (e.kind == EventKind::recv) {
    const std::string waited = d.text.empty() ? "" : fmt::format(" (after {})", d.text);
    const char* due = m.gated != 0 ? " (its own timer is due, too)" : "";
    return fmt::format("receive from {}: {}{}{}", peer, what, waited, due);
  }
  if (e.kind == EventKind::send)
    return fmt::format("send to {}: {}{}", peer, what, m.gated != 0 ? ", once durable" : "");
  if (e.kind == EventKind::depart) return fmt::format("depart to {}: {}", peer, what);
  if (e.kind == EventKind::drop) return fmt::format("drop to {}: {} ({})", peer, what, name(m.reason));
  return fmt::format("{} to {}: {}", name(e.kind), peer, what);
}

std::string on_timer(const Event& e, const Details&) {
  if (e.kind == EventKind::timer_fire) return "timer fires";
  std::string text = fmt::format("timer set for {}", to_text(Instant{e.timer.at_ns}));
  if (e.timer.local_ns != e.timer.at_ns)
    text += fmt::format(" ({} by its own clock)", to_text(Instant{e.timer.local_ns}));
  return text;
}

std::string on_boot(const Event& e, const Details&) {
  std::string text =
      fmt::format("boot {}, incarnation {}", name(static_cast<Boot>(e.boot.boot)), e.boot.incarnation);
  if (e.boot.drift_ppm != 0) text += fmt::format(", its clock gains {} ppm", e.boot.drift_ppm);
  return text;
}

std::string on_role(const Event& e, const Details& d) {
  const auto role = static_cast<Role>(e.role.role);
  const auto previous = name(static_cast<Role>(e.role.previous));
  std::string text = fmt::format("{}, term {} (was {})", name(role), e.role.term.value, previous);
  if (role == Role::leader && !d.nodes.empty())
    text += fmt::format(", votes {}", to_text(NodeSet(d.nodes.begin(), d.nodes.end())));
  return text;
}

std::string on_term(const Event& e, const Details&) {
  return fmt::format("term {} (was {})", e.change.now, e.change.previous);
}

std::string on_vote(const Event& e, const Details&) {
  if (e.change.now == 0) return fmt::format("no vote, term {}", e.change.term.value);
  return fmt::format("vote for n{}, term {}", e.change.now, e.change.term.value);
}

std::string on_leader(const Event& e, const Details&) {
  if (e.change.now == 0) return fmt::format("no known leader, term {}", e.change.term.value);
  return fmt::format("knows leader n{}, term {}", e.change.now, e.change.term.value);
}

std::string on_append(const Event& e, const Details&) {
  return fmt::format("append entry {} of term {}", e.append.index.value, e.append.term.value);
}

std::string on_truncate(const Event& e, const Details&) {
  if (e.kind == EventKind::compact) return fmt::format("log starts at {}", e.truncate.from.value);
  return fmt::format("remove entries {}..{}", e.truncate.from.value, e.truncate.last.value);
}

std::string on_commit(const Event& e, const Details&) {
  return fmt::format("commit {} (was {}), term {}, {}", e.commit.commit.value, e.commit.previous.value,
                     e.commit.term.value, name(static_cast<Role>(e.commit.role)));
}

std::string on_apply(const Event& e, const Details&) {
  return fmt::format("apply entry {}", e.apply.index.value);
}

std::string on_snapshot(const Event& e, const Details& d) {
  const std::string to = d.nodes.empty() ? "" : " to " + to_text(NodeSet(d.nodes.begin(), d.nodes.end()));
  return fmt::format("snapshot {}{}, up to {} of term {}",
                     name(static_cast<SnapshotAction>(e.snapshot.action)), to, e.snapshot.index.value,
                     e.snapshot.term.value);
}

std::string on_config(const Event& e, const Details& d) {
  const std::string what = d.configuration != nullptr ? " " + to_text(*d.configuration) : "";
  if (e.config.index.value == 0) return fmt::format("initial configuration{}", what);
  return fmt::format("configuration{} of entry {}", what, e.config.index.value);
}

std::string on_lease(const Event& e, const Details&) {
  if (e.lease.until_ns == 0) return fmt::format("no lease any more, term {}", e.lease.term.value);
  return fmt::format("lease until {}.{:06}s, term {}", e.lease.until_ns / 1'000'000'000,
                     e.lease.until_ns % 1'000'000'000 / 1'000, e.lease.term.value);
}

std::string on_load(const Event& e, const Details&) {
  return fmt::format("{} bytes uncommitted, {} reads pending, {} sessions", e.load.uncommitted_bytes,
                     e.load.pending_reads, e.load.sessions);
}

/// In milliseconds, as exactly as they are.
std::string milliseconds_text(std::int64_t ns) {
  const std::uint64_t size = ns < 0 ? 0 - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
  std::string text = fmt::format("{}.{:06}", size / 1'000'000, size % 1'000'000);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return (ns < 0 ? "-" : "") + text + " ms";
}

std::string on_clock(const Event& e, const Details&) {
  const std::string by = milliseconds_text(e.clock.by_ns);
  const auto what = static_cast<ClockChange>(e.clock.what < 256 ? e.clock.what : 255);
  switch (what) {
    case ClockChange::wall_jumped:
      return fmt::format("wall clock jumps by {}", by);
    case ClockChange::jumped:
      return fmt::format("clock jumps by {}, timers too", by);
    case ClockChange::froze:
      return "clock stands still, timers too";
    case ClockChange::thawed:
      return fmt::format("clock goes on, {} behind", by);
  }
  return fmt::format("clock: {}", e.clock.what);
}

std::string labels_in_words(std::span<const Label> labels) {
  std::string text;
  for (const Label& label : labels) {
    text += text.empty() ? ": " : "; ";
    text += to_text(label);
  }
  return text;
}

std::string file_in_words(const Details& d) { return d.text.empty() ? "" : fmt::format(" {}", d.text); }

std::string on_disk(const Event& e, const Details& d) {
  const DiskPart& p = e.disk;
  const auto action = static_cast<DiskAction>(p.action);
  const std::string file = file_in_words(d);
  if (e.kind == EventKind::durable) return fmt::format("durable{}{}", file, labels_in_words(d.labels));
  const bool damage = static_cast<DiskStatus>(p.status) == DiskStatus::io_error;
  if (e.kind == EventKind::lost)
    return fmt::format("{}{}{}", damage ? "damaged" : "lost", file, labels_in_words(d.labels));
  if (e.kind == EventKind::synced) {
    const char* done = p.flaw == DiskFlaw::lied ? "says done and did nothing" : "done";
    return fmt::format("sync {}{}, operation {}", done, file, p.op.value);
  }
  if (e.kind == EventKind::disk_error)
    return fmt::format("{}{} failed: {}, operation {}", name(action), file,
                       name(static_cast<DiskStatus>(p.status)), p.op.value);
  if (e.kind == EventKind::write && action == DiskAction::write)
    return fmt::format("write{}, {} bytes at {}{}", file, p.length, p.offset, labels_in_words(d.labels));
  return fmt::format("{}{}{}", name(action), file, labels_in_words(d.labels));
}

std::string on_process(const Event& e, const Details& d) {
  const ProcessPart& p = e.process;
  std::string text(name(e.kind));
  if (e.kind == EventKind::crash && p.point != 0)
    text += fmt::format(" {}", name(static_cast<CrashPoint>(p.point)));
  if (p.lost_bytes != 0) text += fmt::format(", {} unsynced bytes lost", p.lost_bytes);
  if (p.lost_messages != 0) text += fmt::format(", {} messages never left", p.lost_messages);
  if (!d.text.empty()) text += fmt::format(" ({})", d.text);
  return text;
}

std::string on_fault(const Event& e, const Details& d) {
  std::string text = fmt::format("fault {} {}", name(static_cast<FaultClass>(e.fault.fault_class)),
                                 e.kind == EventKind::fault_begin ? "begins" : "ends");
  if (!d.nodes.empty()) text += fmt::format(" at {}", to_text(NodeSet(d.nodes.begin(), d.nodes.end())));
  if (!d.text.empty()) text += fmt::format(" ({})", d.text);
  return text;
}

std::string result_in_words(const OperationResult& r) {
  if (r.session != 0) return fmt::format(": session {}", r.session);
  if (r.value) return fmt::format(": {}", history::quoted(*r.value));
  return r.applied ? "" : ": not applied";
}

std::string on_operation(const Event& e, const Details& d) {
  const OperationPart& p = e.operation;
  const std::string what =
      d.operation != nullptr ? to_text(*d.operation) : std::string(name(static_cast<OperationKind>(p.kind)));
  const std::string at = p.position.value != 0 ? fmt::format(" at {}", p.position.value) : "";
  const auto reply = name(static_cast<ReplyKind>(p.reply_kind));
  if (e.kind == EventKind::reply)
    return fmt::format("reply {} to c{}: {}{}, operation {}", reply, p.client, what, at, p.operation.value);
  std::string text = fmt::format("{} {}{}", name(e.kind), what, at);
  if (e.kind == EventKind::fail) text += fmt::format(" ({})", reply);
  if (e.kind == EventKind::info) text += " (outcome unknown)";
  if (d.result != nullptr) text += result_in_words(*d.result);
  return text + fmt::format(", operation {}", p.operation.value);
}

/// {a} and {b} are the numbers of the note, as note.hpp gives them, in order of NoteKind.
constexpr std::array<std::string_view, note_kinds> note_words{
    "role changed from {rb} to {ra}",
    "election timed out, campaigns for term {a}",
    "grants its vote to n{a}, term {b}",
    "refuses n{a} its vote: its term {b} is old",
    "refuses n{a} its vote: already gave it to n{b}",
    "refuses n{a} its vote: its log ends at {b}, behind ours",
    "refuses n{a} its vote: hears from leader n{b}",
    "refuses n{a} its vote: is {rb}",
    "steps down: n{b} is in term {a}",
    "steps down: no quorum heard in term {a}",
    "ignores n{a}: its term {b} is old",
    "ignores a bad message from n{a}",
    "refuses entries after {a}: own log ends at {b}",
    "refuses entries after {a}: has term {b} there",
    "conflict: removes entries {a}..{b}",
    "probes n{a} again from {b}",
    "refuses a proposal: {a} bytes are uncommitted",
    "refuses a proposal: leader is n{a}",
    "confirms read index {a} for {b} reads",
    "fails {a} pending reads",
    "recognises a duplicate: session {a}, command {b}",
    "opens session {a}",
    "does not know session {a}",
    "recovered a log up to {a}, term {b}",
    "cuts a torn tail from {a} on, {b} bytes",
    "ignores the late completion of write {a}, up to {b}",
    "told to campaign, term {a}",
    "disk operation {a} failed: {sb}; stops itself",
    "puts the configuration at {a} in force",
    "configuration at {a} is committed",
    "configuration rolls back to that at {b}",
    "learner n{a} has caught up, in {b} rounds",
    "gives up on learner n{a} after {b} rounds",
    "refuses a change of configuration: {refusal}",
    "steps down: is no voter in the committed configuration at {b}",
    "hands leadership to n{a} once that has entry {b}",
    "tells n{a} to campaign; no lease read in term {b} any more",
    "handed leadership to n{a}, which leads term {b}",
    "gives up handing leadership to n{a}",
    "refuses a proposal: hands leadership to n{a}",
    "refuses n{a} its vote: it, or an earlier start of it, promised a leader its lease until {b} ns",
    "serves a read at {a}: its lease lasts until {b} ns",
    "has no lease ({no_lease}): the read takes a round",
    "asks leader n{a} for a read index, for {b} reads",
    "gives up {b} reads: leader n{a} did not say at which index",
    "finds its disk damaged: what is left of the log ends before {b}",
    "refuses n{a} its vote: is in doubt about what it promised",
    "is in doubt no more: its log is whole up to {a}",
    "finds its disk full; writes nothing until there is space",
    "finds space on its disk again",
    "steps down: its disk is full, term {a}",
    "took a snapshot up to {a}",
    "sends n{a} a snapshot up to {b}",
    "installed a snapshot up to {a}",
    "ignores a snapshot up to {b} from n{a}: has all that",
};

std::string on_audit(const Event& e, const Details& d) {
  const AuditPart& a = e.audit;
  const char* when = a.of == AuditOf::crash ? "before this crash" : "now";
  if ((a.shows & audit_halted) != 0)
    return fmt::format("audit: after the worst power loss {} it halts", when);
  if ((a.shows & audit_stuck) != 0)
    return fmt::format("audit: after the worst power loss {} it never comes to rest", when);
  std::string found;
  if ((a.shows & audit_term) != 0) found += fmt::format(" term {}", a.term.value);
  if ((a.shows & audit_vote) != 0)
    found += a.vote == 0 ? std::string(", no vote") : fmt::format(", vote for n{}", a.vote);
  if ((a.shows & audit_log) != 0) found += fmt::format(", log up to {}", a.last.value);
  for (const Label& label : d.labels) found += ", " + to_text(label);
  return fmt::format("audit: after the worst power loss {} it recovers{}", when,
                     found.empty() ? " nothing that it shows" : found);
}

std::string on_note(const Event& e, const Details&) {
  const NotePart& n = e.note;
  if (n.note >= note_words.size()) return fmt::format("note {} ({}, {})", n.note, n.a, n.b);
  const auto role_of = [](std::uint64_t number) {
    return name(static_cast<Role>(number < 256 ? number : 255));
  };
  const auto status = name(static_cast<DiskStatus>(n.b < 256 ? n.b : 255));
  const auto refusal = name(static_cast<ChangeRefusal>(n.a < 256 ? n.a : 255));
  const auto no_lease = name(static_cast<NoLease>(n.a < 256 ? n.a : 255));
  return fmt::format(fmt::runtime(note_words[n.note]), fmt::arg("a", n.a), fmt::arg("b", n.b),
                     fmt::arg("ra", role_of(n.a)), fmt::arg("rb", role_of(n.b)), fmt::arg("sb", status),
                     fmt::arg("refusal", refusal), fmt::arg("no_lease", no_lease));
}

std::string with_text(std::string_view words, const Details& d) {
  return d.text.empty() ? std::string(words) : fmt::format("{}: {}", words, d.text);
}

std::string on_world(const Event& e, const Details& d) {
  const std::uint64_t what = e.world.what;
  if (e.kind == EventKind::phase)
    return with_text(fmt::format("phase {}", name(static_cast<Phase>(what < 256 ? what : 255))), d);
  if (e.kind == EventKind::step_fired) return with_text("step fired", d);
  if (e.kind == EventKind::check) return with_text(what != 0 ? "check holds" : "check does not hold", d);
  if (e.kind == EventKind::goal) return with_text("goal reached", d);
  const auto property = what < property_count ? info(static_cast<PropertyId>(what)).name : "?";
  return with_text(fmt::format("violation of {}", property), d);
}

using Words = std::string (*)(const Event&, const Details&);

constexpr auto words = [] {
  std::array<Words, event_kinds> table{};
  const auto set = [&](EventKinds kinds, Words words_of_kind) {
    for (std::size_t k = 0; k < table.size(); ++k)
      if (kinds.has(static_cast<EventKind>(k))) table[k] = words_of_kind;
  };
  using enum EventKind;
  set({send, depart, recv, drop, dup, hold, release, corrupt}, on_message);
  set({timer_set, timer_fire}, on_timer);
  set({boot}, on_boot);
  set({role}, on_role);
  set({term}, on_term);
  set({vote}, on_vote);
  set({leader}, on_leader);
  set({append}, on_append);
  set({truncate, compact}, on_truncate);
  set({commit}, on_commit);
  set({apply}, on_apply);
  set({snapshot}, on_snapshot);
  set({config}, on_config);
  set({write, sync, synced, disk_error, durable, lost}, on_disk);
  set({crash, restart, pause, resume, wipe, halt}, on_process);
  set({fault_begin, fault_end}, on_fault);
  set({invoke, ok, fail, info, reply}, on_operation);
  set({note}, on_note);
  set({audit}, on_audit);
  set({lease}, on_lease);
  set({load}, on_load);
  set({EventKind::clock}, on_clock);
  set({phase, step_fired, check, violation, goal}, on_world);
  return table;
}();

constexpr bool complete() {
  for (const Words w : words)
    if (w == nullptr) return false;
  return true;
}
static_assert(complete());

}  // namespace

std::string in_words(const Event& event, const Details& details) {
  const auto kind = static_cast<std::size_t>(event.kind);
  if (kind >= words.size()) return "?";
  std::string line = words[kind](event, details);
  // Texts come from scenarios and systems: a line stays a line.
  for (char& c : line)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  return line;
}

}  // namespace raftsim::history
