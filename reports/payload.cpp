#include "reports/payload.hpp"

#include <fmt/format.h>

#include <array>
#include <deque>
#include <nlohmann/json.hpp>
#include <string_view>

#include "history/text.hpp"
#include "reports/columns.hpp"
#include "reports/opening.hpp"
#include "reports/verdict_text.hpp"
#include "reports/words.hpp"

namespace raftsim::reports {

namespace {

using history::Event;
using history::EventId;
using history::EventKind;
using nlohmann::json;

using enum Column::Form;

/// Which fields a kind has: named by its member of Event's union.
constexpr auto groups_by_kind = [] {
  using enum EventKind;
  std::array<std::string_view, history::event_kinds> table{};
  const auto set = [&](std::string_view group, history::EventKinds kinds) {
    for (std::size_t k = 0; k < table.size(); ++k)
      if (kinds.has(static_cast<EventKind>(k))) table[k] = group;
  };
  set("message", {send, depart, recv, drop, dup, hold, release, corrupt});
  set("timer", {timer_set, timer_fire});
  set("boot", {boot});
  set("role", {role});
  set("change", {term, vote, leader});
  set("append", {append});
  set("truncate", {truncate, compact});
  set("commit", {commit});
  set("apply", {apply});
  set("snapshot", {snapshot});
  set("config", {config});
  set("disk", {write, sync, synced, disk_error, durable, lost});
  set("process", {crash, restart, pause, resume, wipe, halt});
  set("fault", {fault_begin, fault_end});
  set("operation", {invoke, ok, fail, info, reply});
  set("note", {EventKind::note});
  set("audit", {EventKind::audit});
  set("lease", {lease});
  set("load", {load});
  set("clock", {clock});
  set("world", {phase, step_fired, check, violation, goal});
  return table;
}();

constexpr bool complete() {
  for (const std::string_view group : groups_by_kind)
    if (group.empty()) return false;
  return true;
}
static_assert(complete());

std::string_view group_of(EventKind kind) {
  const auto k = static_cast<std::size_t>(kind);
  return k < groups_by_kind.size() ? groups_by_kind[k] : "world";
}

/// Nodes even, clients odd, the world 0: small numbers for all.
std::uint64_t place_of(history::Endpoint endpoint) {
  if (endpoint.is_client()) return std::uint64_t{endpoint.as_client()} * 2 + 1;
  return std::uint64_t{endpoint.raw} * 2;
}

class Encoder {
 public:
  void add(const Row& row, const TimelineChunk& chunk) {
    static const Extra empty;
    const Extra& extra = row.extra == Row::none ? empty : chunk.extras[row.extra];
    const Event& e = row.event;
    id_.add(e.id.value);
    t_.add(static_cast<std::uint64_t>(e.time.ns));
    kind_.add(static_cast<std::uint64_t>(e.kind));
    place_.add(place_of(e.node));
    cause_.add(e.cause.value == 0 ? 0 : e.id - e.cause);
    step_.add(e.step);
    text_.add(strings_.number(extra.text));
    causes_.add(extra.causes.size());
    for (const EventId cause : extra.causes) cause_list_.add(e.id.value - cause.value);
    add_fields(e, extra);
  }

  const std::deque<Column>& columns() const { return columns_; }
  const StringTable& strings() const { return strings_; }

 private:
  Column& make(std::string_view name, Column::Form form) { return columns_.emplace_back(name, form); }

  void add_fields(const Event& e, const Extra& extra);
  void add_message(const Event& e, const Extra& extra);
  void add_disk(const Event& e, const Extra& extra);
  void add_operation(const Event& e, const Extra& extra);
  void add_process_or_fault(const Event& e, const Extra& extra);

  std::deque<Column> columns_;
  StringTable strings_;

  Column& id_ = make("all.id", delta);
  Column& t_ = make("all.t", delta);
  Column& kind_ = make("all.kind", plain);
  Column& place_ = make("all.place", plain);
  Column& cause_ = make("all.cause", plain);
  Column& step_ = make("all.step", delta);
  Column& text_ = make("all.text", plain);
  Column& causes_ = make("all.causes", plain);
  Column& cause_list_ = make("list.causes", plain);

  Column& message_ = make("message.message", delta);
  Column& peer_ = make("message.peer", plain);
  Column& type_ = make("message.type", plain);
  Column& message_term_ = make("message.term", by_place);
  Column& match_ = make("message.match", by_place);
  Column& flags_ = make("message.flags", plain);
  Column& bytes_ = make("message.bytes", plain);
  Column& previous_index_ = make("send.previous_index", by_place);
  Column& previous_term_ = make("send.previous_term", by_place);
  Column& view_commit_ = make("send.commit", by_place);
  Column& entries_ = make("send.entries", plain);

  Column& timer_at_ = make("timer.at", delta);
  Column& incarnation_ = make("boot.incarnation", plain);
  Column& boot_ = make("boot.boot", plain);
  Column& role_ = make("role.role", plain);
  Column& role_before_ = make("role.previous", plain);
  Column& role_term_ = make("role.term", delta);
  Column& role_index_ = make("role.last_index", delta);
  Column& role_last_term_ = make("role.last_term", delta);
  Column& now_ = make("change.now", plain);
  Column& before_ = make("change.previous", plain);
  Column& change_term_ = make("change.term", by_place);
  Column& append_index_ = make("append.index", by_place);
  Column& append_term_ = make("append.term", by_place);
  Column& append_hash_ = make("append.hash", plain);
  Column& truncate_from_ = make("truncate.from", delta);
  Column& truncate_last_ = make("truncate.last", delta);
  Column& commit_ = make("commit.commit", by_place);
  Column& commit_before_ = make("commit.previous", by_place);
  Column& commit_role_ = make("commit.role", plain);
  Column& apply_ = make("apply.index", by_place);
  Column& snapshot_index_ = make("snapshot.index", delta);
  Column& snapshot_term_ = make("snapshot.term", delta);
  Column& snapshot_action_ = make("snapshot.action", plain);
  Column& config_index_ = make("config.index", delta);
  Column& config_text_ = make("config.configuration", plain);
  Column& disk_op_ = make("disk.op", by_place);
  Column& disk_length_ = make("disk.length", plain);
  Column& disk_action_ = make("disk.action", plain);
  Column& disk_status_ = make("disk.status", plain);
  Column& disk_flaw_ = make("disk.flaw", plain);
  Column& labels_ = make("disk.labels", plain);
  Column& label_text_ = make("disk.meaning", plain);
  Column& process_incarnation_ = make("process.incarnation", plain);
  Column& lost_bytes_ = make("process.lost_bytes", plain);
  Column& lost_messages_ = make("process.lost_messages", plain);
  Column& point_ = make("process.point", plain);
  Column& fault_ = make("fault.fault", delta);
  Column& fault_class_ = make("fault.class", plain);
  Column& fault_scripted_ = make("fault.scripted", plain);
  Column& fault_nodes_ = make("fault.nodes", plain);
  Column& operation_ = make("operation.operation", delta);
  Column& position_ = make("operation.position", delta);
  Column& client_ = make("operation.client", plain);
  Column& operation_kind_ = make("operation.kind", plain);
  Column& read_ = make("operation.read", plain);
  Column& reply_kind_ = make("operation.reply", plain);
  Column& final_ = make("operation.final", plain);
  Column& key_ = make("operation.key", plain);
  Column& value_ = make("operation.value", plain);
  Column& expected_ = make("operation.expected", plain);
  Column& result_ = make("operation.result", plain);
  Column& note_ = make("note.note", plain);
  Column& note_a_ = make("note.a", plain);
  Column& note_b_ = make("note.b", plain);
  Column& audit_shows_ = make("audit.shows", plain);
  Column& audit_term_ = make("audit.term", by_place);
  Column& audit_vote_ = make("audit.vote", plain);
  Column& audit_last_ = make("audit.last", by_place);
  Column& lease_until_ = make("lease.until", delta);
  Column& lease_term_ = make("lease.term", by_place);
  Column& load_bytes_ = make("load.uncommitted", plain);
  Column& load_reads_ = make("load.reads", plain);
  Column& clock_what_ = make("clock.what", plain);
  Column& clock_by_ = make("clock.by", delta);
  Column& what_ = make("world.what", plain);
  Column& number_ = make("world.number", plain);
};

/// Bits of message.flags: gated 1, granted 2, described 4; the drop's reason from bit 3 on.
void Encoder::add_message(const Event& e, const Extra& extra) {
  const history::MessagePart& m = e.message;
  const bool described = extra.message.has_value();
  message_.add(m.message.value);
  peer_.add(place_of(m.peer));
  type_.add(static_cast<std::uint64_t>(m.type));
  message_term_.add(m.term.value, place_of(e.node));
  match_.add(m.match, place_of(e.node));
  flags_.add(std::uint64_t{m.gated} | std::uint64_t{m.granted} << 1 | std::uint64_t{described} << 2 |
             static_cast<std::uint64_t>(m.reason) << 3);
  bytes_.add(m.bytes);
  if (!described) return;
  previous_index_.add(extra.message->previous_index.value, place_of(e.node));
  previous_term_.add(extra.message->previous_term.value, place_of(e.node));
  view_commit_.add(extra.message->commit.value, place_of(e.node));
  entries_.add(extra.message->entries);
}

void Encoder::add_disk(const Event& e, const Extra& extra) {
  disk_op_.add(e.disk.op.value, place_of(e.node));
  disk_length_.add(e.disk.length);
  disk_action_.add(e.disk.action);
  disk_status_.add(e.disk.status);
  disk_flaw_.add(static_cast<std::uint64_t>(e.disk.flaw));
  labels_.add(extra.labels.size());
  label_text_.add(strings_.number(words_of(extra.labels)));
}

void Encoder::add_operation(const Event& e, const Extra& extra) {
  const history::OperationPart& o = e.operation;
  operation_.add(o.operation.value);
  position_.add(o.position.value);
  client_.add(o.client);
  operation_kind_.add(o.kind);
  read_.add(o.read);
  reply_kind_.add(o.reply_kind);
  final_.add(o.final_read);
  const Operation* asked = extra.operation ? &*extra.operation : nullptr;
  key_.add(asked == nullptr ? 0 : strings_.number(asked->key));
  value_.add(asked == nullptr ? 0 : strings_.number(asked->value));
  expected_.add(asked == nullptr || !asked->expected ? 0 : strings_.number(*asked->expected));
  result_.add(extra.result ? strings_.number(words_of(*extra.result, o)) : 0);
}

void Encoder::add_process_or_fault(const Event& e, const Extra& extra) {
  if (group_of(e.kind) == "process") {
    process_incarnation_.add(e.process.incarnation);
    lost_bytes_.add(e.process.lost_bytes);
    lost_messages_.add(e.process.lost_messages);
    point_.add(e.process.point);
    return;
  }
  fault_.add(e.fault.fault);
  fault_class_.add(e.fault.fault_class);
  fault_scripted_.add(e.fault.scripted);
  fault_nodes_.add(strings_.number(history::to_text(extra.nodes)));
}

void Encoder::add_fields(const Event& e, const Extra& extra) {
  const std::string_view group = group_of(e.kind);
  if (group == "message") {
    add_message(e, extra);
  } else if (group == "disk") {
    add_disk(e, extra);
  } else if (group == "operation") {
    add_operation(e, extra);
  } else if (group == "process" || group == "fault") {
    add_process_or_fault(e, extra);
  } else if (group == "timer") {
    timer_at_.add(static_cast<std::uint64_t>(e.timer.at_ns));
  } else if (group == "boot") {
    incarnation_.add(e.boot.incarnation);
    boot_.add(e.boot.boot);
  } else if (group == "role") {
    role_.add(e.role.role);
    role_before_.add(e.role.previous);
    role_term_.add(e.role.term.value);
    role_index_.add(e.role.last_index.value);
    role_last_term_.add(e.role.last_term.value);
  } else if (group == "change") {
    now_.add(e.change.now);
    before_.add(e.change.previous);
    change_term_.add(e.change.term.value, place_of(e.node));
  } else if (group == "append") {
    append_index_.add(e.append.index.value, place_of(e.node));
    append_term_.add(e.append.term.value, place_of(e.node));
    append_hash_.add(e.append.hash & 0xFFFF'FFFF);
  } else if (group == "truncate") {
    truncate_from_.add(e.truncate.from.value);
    truncate_last_.add(e.truncate.last.value);
  } else if (group == "commit") {
    commit_.add(e.commit.commit.value, place_of(e.node));
    commit_before_.add(e.commit.previous.value, place_of(e.node));
    commit_role_.add(e.commit.role);
  } else if (group == "apply") {
    apply_.add(e.apply.index.value, place_of(e.node));
  } else if (group == "snapshot") {
    snapshot_index_.add(e.snapshot.index.value);
    snapshot_term_.add(e.snapshot.term.value);
    snapshot_action_.add(e.snapshot.action);
  } else if (group == "config") {
    config_index_.add(e.config.index.value);
    config_text_.add(extra.configuration ? strings_.number(history::to_text(*extra.configuration)) : 0);
  } else if (group == "note") {
    note_.add(e.note.note);
    note_a_.add(e.note.a);
    note_b_.add(e.note.b);
  } else if (group == "audit") {
    audit_shows_.add(e.audit.shows);
    audit_term_.add(e.audit.term.value, place_of(e.node));
    audit_vote_.add(e.audit.vote);
    audit_last_.add(e.audit.last.value, place_of(e.node));
  } else if (group == "lease") {
    lease_until_.add(static_cast<std::uint64_t>(e.lease.until_ns));
    lease_term_.add(e.lease.term.value, place_of(e.node));
  } else if (group == "load") {
    load_bytes_.add(e.load.uncommitted_bytes);
    load_reads_.add(e.load.pending_reads);
  } else if (group == "clock") {
    clock_what_.add(e.clock.what);
    clock_by_.add(static_cast<std::uint64_t>(e.clock.by_ns));
  } else {
    what_.add(e.world.what);
    number_.add(e.world.number);
  }
}

json names() {
  json groups = json::array();
  json kinds = json::array();
  for (int k = 0; k < history::event_kinds; ++k) {
    kinds.push_back(history::name(static_cast<EventKind>(k)));
    groups.push_back(group_of(static_cast<EventKind>(k)));
  }
  json types = json::array();
  for (int t = 0; t < message_types; ++t) types.push_back(history::name(static_cast<MessageType>(t)));
  json notes = json::array();
  for (int n = 0; n < note_kinds; ++n) notes.push_back(history::name(static_cast<NoteKind>(n)));
  json faults = json::array();
  for (int f = 0; f < history::fault_classes; ++f)
    faults.push_back(history::name(static_cast<history::FaultClass>(f)));
  json refusals = json::array();
  for (int r = 0; r < change_refusals; ++r) refusals.push_back(history::name(static_cast<ChangeRefusal>(r)));
  json no_lease = json::array();
  for (int r = 0; r < no_lease_reasons; ++r) no_lease.push_back(history::name(static_cast<NoLease>(r)));
  return {{"kinds", kinds},   {"groups", groups},     {"types", types},      {"notes", notes},
          {"faults", faults}, {"refusals", refusals}, {"no_lease", no_lease}};
}

json verdict_json(const history::RunResult& result) {
  json properties = json::array();
  for (const history::PropertyVerdict& p : result.verdict.properties) {
    const history::PropertyInfo& about = history::info(p.id);
    properties.push_back({{"name", about.name},
                          {"statement", about.statement},
                          {"verdict", history::name(p.judgement)},
                          {"looked", p.looked},
                          {"why", p.why}});
  }
  json violations = json::array();
  for (const history::Violation& v : result.verdict.violations) {
    json evidence = json::array();
    for (const history::Evidence& line : v.evidence)
      evidence.push_back({{"event", line.event.value},
                          {"t", line.time.ns},
                          {"place", place_of(line.node)},
                          {"what", line.what},
                          {"remark", line.remark}});
    violations.push_back({{"name", history::info(v.id).name},
                          {"event", v.event.value},
                          {"t", v.time.ns},
                          {"sentence", v.sentence},
                          {"evidence", evidence}});
  }
  json goals = json::array();
  for (const history::Goal& g : result.verdict.goals)
    goals.push_back({{"name", g.name}, {"reached", g.reached}});
  json situations = json::array();
  for (const history::SituationInfo& s : history::situations) {
    const history::SituationCount& count = result.verdict.situations[static_cast<std::size_t>(s.id)];
    if (count.times == 0) continue;
    situations.push_back(
        {{"name", s.name}, {"sentence", s.sentence}, {"times", count.times}, {"event", count.first.value}});
  }
  return {
      {"properties", properties}, {"violations", violations}, {"goals", goals}, {"situations", situations}};
}

json run_json(const Timeline& timeline, const history::RunResult& result, const ReportContext& context) {
  const history::Violation* headline = result.verdict.headline();
  const history::Violation* first = result.verdict.first_broken();
  const Opening opening = opening_of(timeline, result);
  static constexpr std::array<std::string_view, 3> outcomes{"held", "violated", "unknown"};
  return {
      {"outcome", outcomes[static_cast<std::size_t>(outcome(result))]},
      {"line", context.text.empty() ? verdict_line(result) : context.text.substr(0, context.text.find('\n'))},
      {"note", context.note},
      {"scenario", result.scenario},
      {"seed", std::to_string(result.seed)},
      {"system", result.system},
      {"version", context.version},
      {"reproduce", context.reproduce},
      {"hash", history::to_text(result.hash)},
      {"events", result.counts.events},
      {"messages", result.counts.messages},
      {"commits", result.ended ? json(result.counts.commits) : json(nullptr)},
      {"elections", result.counts.elections},
      {"crashes", result.counts.crashes},
      {"ok", result.counts.operations_ok},
      {"failed", result.counts.operations_failed},
      {"unknown", result.counts.operations_unknown},
      {"end", result.counts.end.ns},
      {"nodes", timeline.node_count()},
      {"clients", timeline.client_count()},
      {"left_out", timeline.left_out()},
      {"headline", headline == nullptr ? json(nullptr) : json(headline - &result.verdict.violations[0])},
      {"first_broken", first == nullptr ? json(nullptr) : json(first - &result.verdict.violations[0])},
      {"open", {{"from", opening.from.ns}, {"to", opening.to.ns}, {"event", opening.event.value}}}};
}

}  // namespace

std::vector<std::uint8_t> payload_of(const Timeline& timeline, const history::RunResult& result,
                                     const ReportContext& context) {
  Encoder encoder;
  for (const TimelineChunk& chunk : timeline.chunks())
    for (const Row& row : chunk.rows) encoder.add(row, chunk);

  json columns = json::array();
  std::uint64_t at = 0;
  for (const Column& c : encoder.columns()) {
    columns.push_back({{"name", c.name()},
                       {"form", static_cast<int>(c.form())},
                       {"count", c.count()},
                       {"max", c.max()},
                       {"at", at},
                       {"bytes", c.bytes().size()}});
    at += c.bytes().size();
  }
  const json header{
      {"format", "raftsim/report@1"},    {"names", names()},   {"run", run_json(timeline, result, context)},
      {"verdict", verdict_json(result)}, {"columns", columns}, {"strings", encoder.strings().texts()}};
  // Bytes that are no UTF-8 become the replacement character: a report must open whatever a client wrote.
  const std::string text = header.dump(-1, ' ', false, json::error_handler_t::replace);

  std::vector<std::uint8_t> out;
  out.reserve(4 + text.size() + at);
  for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<std::uint8_t>(text.size() >> shift));
  out.insert(out.end(), text.begin(), text.end());
  for (const Column& c : encoder.columns()) out.insert(out.end(), c.bytes().begin(), c.bytes().end());
  return out;
}

}  // namespace raftsim::reports
