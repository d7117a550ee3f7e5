#include "tests/history/arbitrary.hpp"

#include "history/event_fields.hpp"
#include "history/names.hpp"

namespace raftsim::history {
namespace {

bool coin() { return *rc::gen::arbitrary<bool>(); }

std::uint64_t below(std::uint64_t bound) { return *rc::gen::inRange<std::uint64_t>(0, bound); }

/// Small, large or anything.
std::uint64_t any_number() {
  return *rc::gen::oneOf(rc::gen::inRange<std::uint64_t>(0, 20), rc::gen::arbitrary<std::uint64_t>(),
                         rc::gen::just(~std::uint64_t{0}));
}

std::int64_t any_signed() { return static_cast<std::int64_t>(any_number()); }

/// Any bytes: also such as are no UTF-8.
std::string any_bytes() { return *rc::gen::arbitrary<std::string>(); }

std::string any_word() {
  return *rc::gen::container<std::string>(rc::gen::element('a', 'z', ' ', '"', '\\', '\n'));
}

template <class Enum>
Enum any_of() {
  return static_cast<Enum>(below(Names<Enum>::table.size()));
}

template <class F>
auto maybe(F&& f) -> std::optional<decltype(f())> {
  if (coin()) return f();
  return std::nullopt;
}

template <class F>
auto several(F&& f) -> std::vector<decltype(f())> {
  std::vector<decltype(f())> list;
  for (std::uint64_t n = below(4); n > 0; --n) list.push_back(f());
  return list;
}

NodeId any_node() { return NodeId{any_number()}; }
NodeSet any_nodes() { return several(any_node); }

Configuration any_configuration() { return {any_nodes(), any_nodes(), any_nodes()}; }

Label any_label() {
  switch (below(4)) {
    case 0:
      return HardStateLabel{Term{any_number()}, maybe(any_node)};
    case 1:
      return EntriesLabel{Index{any_number()}, Index{any_number()}, Term{any_number()}, any_number()};
    case 2:
      return TruncateLabel{Index{any_number()}};
    default:
      return SnapshotLabel{Index{any_number()}, Term{any_number()}, any_number(), any_configuration()};
  }
}

MessageEntry any_entry() { return {Index{any_number()}, Term{any_number()}, any_number()}; }

MessageView any_message() {
  return {any_of<MessageType>(), Term{any_number()},  Index{any_number()},
          Term{any_number()},    Index{any_number()}, coin(),
          Index{any_number()},   any_number(),        several(any_entry)};
}

Operation any_operation() {
  return {any_of<OperationKind>(), any_of<ReadMode>(), any_bytes(),  any_bytes(),
          maybe(any_bytes),        any_number(),       any_number(), any_number()};
}

OperationResult any_result() {
  return {any_of<ReplyKind>(), coin(), maybe(any_bytes), maybe(any_node), any_number()};
}

Compare any_compare() {
  const auto small = [] { return static_cast<std::int64_t>(below(4)); };
  return {maybe(small), maybe(small), maybe(small), maybe(small), maybe(small)};
}

NodeId one_of_four() { return NodeId{1 + below(4)}; }

Target any_target(int depth) {
  switch (below(depth > 0 ? 4 : 2)) {
    case 0:
      return {any_of<TargetWord>()};
    case 1: {
      NodeSet set = several(one_of_four);
      std::sort(set.begin(), set.end());
      set.erase(std::unique(set.begin(), set.end()), set.end());
      return {set};
    }
    case 2: {
      const auto from = maybe([&] { return any_target(depth - 1); });
      return {RandomTarget{static_cast<std::uint32_t>(1 + below(3)),
                           from ? std::make_shared<const Target>(*from) : nullptr}};
    }
    default:
      return {NotTarget{std::make_shared<const Target>(any_target(depth - 1))}};
  }
}

Options any_options() {
  Options o;
  o.election_timeout = Duration{any_signed()};
  o.pre_vote = coin();
  o.membership = any_of<MembershipForm>();
  o.max_entries_per_append = *rc::gen::arbitrary<std::uint32_t>();
  o.max_uncommitted_bytes = any_number();
  o.snapshot_every = maybe(any_number);
  return o;
}

NodeInfo any_node_info() {
  NodeInfo n{any_node(), any_word(), any_options(), {}, coin(), coin()};
  if (coin())
    n.initial = InitialState{Term{any_number()}, maybe(any_node), several([] { return Term{any_number()}; }),
                             Index{any_number()}, any_configuration()};
  return n;
}

Expectation any_expectation() {
  return {any_of<Expectation::Kind>(),
          any_word(),
          any_predicate(1),
          maybe([] { return static_cast<SituationId>(below(situation_count)); }),
          maybe([] { return Duration{any_signed()}; }),
          any_word()};
}

PropertyId any_property() { return static_cast<PropertyId>(below(property_count)); }

Evidence any_evidence() {
  const Endpoint where[] = {Endpoint::world(), Endpoint::node(NodeId{3}), Endpoint::client(0)};
  return {EventId{any_number()}, Instant{any_signed()}, where[below(3)], any_word(), any_word()};
}

Violation any_violation() {
  return {any_property(), EventId{any_number()}, Instant{any_signed()}, any_word(), several(any_evidence)};
}

}  // namespace

Event any_event() {
  Event e;
  e.kind = static_cast<EventKind>(below(event_kinds));
  e.time = Instant{any_signed()};
  e.cause = EventId{any_number()};
  e.node = Endpoint{*rc::gen::arbitrary<std::uint16_t>()};
  e.step = *rc::gen::arbitrary<std::uint32_t>();
  for (const Field& f : fields_of(e.kind)) {
    const std::uint64_t value = any_number();
    store(e, f, f.size == 8 ? value : value & ((std::uint64_t{1} << (8 * f.size)) - 1));
  }
  return e;
}

OwnedDetails any_details() {
  OwnedDetails d;
  d.causes = several([] { return EventId{any_number()}; });
  d.message = maybe(any_message);
  d.labels = several(any_label);
  d.configuration = maybe(any_configuration);
  d.operation = maybe(any_operation);
  d.result = maybe(any_result);
  d.nodes = any_nodes();
  d.text = any_bytes();
  return d;
}

Event any_cluster_event(const ClusterView& cluster) {
  using enum EventKind;
  static constexpr std::array kinds{boot,   role,  role,    term,  append, truncate, commit, apply, snapshot,
                                    config, crash, restart, pause, resume, ok,       note,   drop,  write};
  Event e;
  e.kind = kinds[below(kinds.size())];
  e.node = Endpoint::node(one_of_four());
  if (e.kind == role) {
    e.role.role = static_cast<std::uint8_t>(below(5));
    e.role.previous = static_cast<std::uint8_t>(cluster.node(e.node.as_node()).role);
    e.role.term = Term{below(4)};
  } else if (e.kind == note) {
    e.note.note = static_cast<std::uint64_t>(NoteKind::election_timed_out);
  } else if (e.kind == snapshot) {
    e.snapshot.index = Index{below(4)};
    e.snapshot.action = below(3);
  } else if (e.kind != boot) {
    for (std::uint64_t& w : e.words) w = below(4);
  }
  return e;
}

Predicate any_predicate(int depth) {
  Predicate p;
  // Few parts at once, or nothing would ever hold.
  switch (below(9)) {
    case 0:
      p.leader = any_of<LeaderCount>();
      break;
    case 1:
      p.role = any_of<RoleWord>();
      break;
    case 2:
      p.term = any_compare();
      break;
    case 3:
      p.commit = any_compare();
      break;
    case 4:
      p.applied = any_compare();
      break;
    case 5:
      p.log_length = any_compare();
      break;
    case 6:
      p.elections = any_compare();
      break;
    case 7:
      p.ops_ok = any_compare();
      break;
    default:
      p.event = any_of<EventWord>();
      break;
  }
  p.node = maybe([&] { return any_target(depth); });
  if (depth <= 0) return p;
  const auto part = [&] { return any_predicate(depth - 1); };
  if (below(3) == 0) p.all = several(part);
  if (below(3) == 0) p.any = several(part);
  if (below(3) == 0) p.negated = std::make_shared<const Predicate>(part());
  return p;
}

RunInfo any_run_info() {
  RunInfo r;
  r.scenario = any_word();
  r.scenario_path = any_word();
  r.seed = any_number();
  r.system = any_word();
  r.nodes = several(any_node_info);
  r.model = any_of<Model>();
  r.clients = *rc::gen::arbitrary<std::uint32_t>();
  r.quiet_at = maybe([] { return Instant{any_signed()}; });
  r.drain_at = maybe([] { return Instant{any_signed()}; });
  r.end = Instant{any_signed()};
  r.bound_in_election_timeouts = any_signed();
  r.turned_off = several(any_property);
  r.linearizable = coin();
  r.linearizable_timeout = Duration{any_signed()};
  r.linearizable_timeout_fails = coin();
  r.expectations = several(any_expectation);
  r.final = {maybe(coin), maybe(coin), maybe(coin), maybe(any_compare), maybe(any_of<LeaderCount>)};
  r.availability = {maybe(any_compare), maybe([] { return Duration{any_signed()}; })};
  r.limit_events = any_number();
  r.protect_quorum = coin();
  r.service_time = coin();
  r.expected_violation = maybe(any_property);
  return r;
}

RunResult any_run_result() {
  RunResult r;
  r.scenario = any_word();
  r.scenario_path = any_word();
  r.seed = any_number();
  r.system = any_word();
  r.hash = {any_number(), any_number()};
  r.counts = {any_number(), any_number(), any_number(), any_number(), any_number(),         any_number(),
              any_number(), any_number(), any_number(), any_number(), Instant{any_signed()}};
  r.ended = coin();
  if (!r.ended) r.counts.commits = 0;  // nobody has counted them
  r.anew = maybe([] {
    return RunAnew{EventId{any_number()}, EventId{any_number()}, any_number(), any_word()};
  });
  r.expected_violation = maybe(any_property);
  r.wall_ns = any_signed();
  r.cpu_ns = any_signed();
  r.peak_rss_kib = any_number();
  r.report_path = any_word();
  r.history_path = any_word();
  r.verdict.properties = several([] {
    return PropertyVerdict{any_property(), any_of<Judgement>(), any_number(), any_word()};
  });
  r.verdict.violations = several(any_violation);
  r.verdict.goals = {{"z", coin()}, {"a", coin()}};
  // One that never came about has no place where it first did.
  for (SituationCount& s : r.verdict.situations)
    if (coin()) s = {1 + below(1'000), EventId{any_number()}, Instant{any_signed()}};
  for (FaultCount& f : r.verdict.faults) f = {below(2), below(2), any_number() * below(2), 0};
  r.verdict.liveness = {
      maybe([] { return Duration{any_signed()}; }), {}, maybe([] { return Duration{any_signed()}; })};
  return r;
}

}  // namespace raftsim::history
