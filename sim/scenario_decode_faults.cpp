// Decoding actions, steps, random faults and expectations.
#include <algorithm>

#include "sim/scenario_decode.hpp"
#include "sim/scenario_shape.hpp"
#include "sim/scenario_values.hpp"

namespace raftsim::sim {

namespace {

Crash decode_crash(const FieldReader& f) {
  Crash a;
  f.into("target", a.target);
  f.into("for", a.down_for);
  f.word("point", a.point);
  return a;
}

Pause decode_pause(const FieldReader& f) {
  Pause a;
  f.into("target", a.target);
  f.into("for", a.lasting);
  return a;
}

Partition decode_partition(const FieldReader& f) {
  Partition a;
  if (f.at("groups")->is(JsonNode::Kind::array))
    f.into("groups", a.groups.emplace<std::vector<Target>>());
  else
    f.word("groups", a.groups.emplace<PartitionShape>());
  f.into("one_way", a.one_way);
  f.into("for", a.lasting);
  return a;
}

Isolate decode_isolate(const FieldReader& f) {
  Isolate a;
  f.into("target", a.target);
  f.word("direction", a.direction);
  f.into("clients_too", a.clients_too);
  f.into("for", a.lasting);
  return a;
}

SetLink decode_set_link(const FieldReader& f) {
  SetLink a;
  f.into("from", a.from);
  f.into("to", a.to);
  f.into("link", a.link);
  f.into("for", a.lasting);
  return a;
}

Messages decode_messages(const FieldReader& f) {
  Messages a;
  f.word("do", a.action);
  if (const JsonNode* types = f.at("type")) {
    for (const JsonNode& type : types->items)
      a.types.push_back(static_cast<MessageType>(word_value(type, f.words_of("type"))));
    std::sort(a.types.begin(), a.types.end());
  }
  f.into("from", a.from);
  f.into("to", a.to);
  f.into("count", a.count);
  f.into("for", a.lasting);
  return a;
}

ClientAction decode_client(const FieldReader& f) {
  ClientAction a;
  f.into("client", a.client);
  f.word("op", a.op);
  a.key = "k0";
  f.into("key", a.key);
  f.into("value", a.value);
  const JsonNode* expected = f.at("expect");
  if (expected != nullptr && !expected->is(JsonNode::Kind::null)) read(*expected, a.expected);
  f.into("to", a.to);
  return a;
}

Slow decode_slow(const FieldReader& f) {
  Slow a;
  f.into("target", a.target);
  f.into("factor", a.factor);
  f.into("for", a.lasting);
  return a;
}

template <class T>
T decode_target_only(const FieldReader& f) {
  T a;
  f.into("target", a.target);
  return a;
}

DiskFault decode_disk_fault(const FieldReader& f) {
  DiskFault a;
  f.into("target", a.target);
  f.word("kind", a.kind);
  f.into("for", a.lasting);
  return a;
}

ClockJump decode_clock_jump(const FieldReader& f) {
  ClockJump a;
  f.into("target", a.target);
  f.into("by", a.by);
  return a;
}

ClockFreeze decode_clock_freeze(const FieldReader& f) {
  ClockFreeze a;
  f.into("target", a.target);
  f.into("for", a.lasting);
  return a;
}

Restart decode_restart(const FieldReader& f) {
  Restart a;
  f.into("target", a.target);
  bool wipe = false, amnesia = false;
  f.into("wipe", wipe);
  f.into("amnesia", amnesia);
  if (const JsonNode* options = f.at("raft")) {
    a.options.emplace();
    read(*options, a.options->values);
    for (const JsonMember& member : options->members) a.options->given.push_back(member.key);
  }
  if (wipe) a.comeback = Comeback::wiped;
  if (amnesia) a.comeback = Comeback::amnesiac;
  return a;
}

AddNode decode_add_node(const FieldReader& f) {
  AddNode a;
  f.into("id", a.id);
  f.word("as", a.as);
  return a;
}

ReplaceNodes decode_replace_nodes(const FieldReader& f) {
  ReplaceNodes a;
  f.into("voters", a.voters);
  std::sort(a.voters.begin(), a.voters.end());
  return a;
}

RandomMembership decode_membership(const FieldReader& f) {
  RandomMembership a;
  if (const JsonNode* kinds = f.at("kinds"))
    for (const JsonNode& kind : kinds->items)
      a.kinds.push_back(static_cast<MembershipChange>(word_value(kind, f.words_of("kinds"))));
  std::sort(a.kinds.begin(), a.kinds.end());
  return a;
}

}  // namespace

Action decode_action(const JsonNode& node) {
  CHECK(node.members.size() == 1);
  const FieldReader action(node, *table::action.object);
  const std::string& name = node.members.front().key;
  const FieldReader f = *action.object(name);
  if (name == "crash") return decode_crash(f);
  if (name == "restart") return decode_restart(f);
  if (name == "pause") return decode_pause(f);
  if (name == "resume") return decode_target_only<Resume>(f);
  if (name == "partition") return decode_partition(f);
  if (name == "isolate") return decode_isolate(f);
  if (name == "set_link") return decode_set_link(f);
  if (name == "messages") return decode_messages(f);
  if (name == "disk_fault") return decode_disk_fault(f);
  if (name == "clock_jump") return decode_clock_jump(f);
  if (name == "clock_freeze") return decode_clock_freeze(f);
  if (name == "timeout_now") return decode_target_only<TimeoutNow>(f);
  if (name == "client") return decode_client(f);
  if (name == "add_node") return decode_add_node(f);
  if (name == "remove_node") return decode_target_only<RemoveNode>(f);
  if (name == "promote") return decode_target_only<Promote>(f);
  if (name == "replace_nodes") return decode_replace_nodes(f);
  if (name == "take_snapshot") return decode_target_only<TakeSnapshot>(f);
  if (name == "slow") return decode_slow(f);
  if (name == "membership") return decode_membership(f);
  if (name == "transfer_leadership") {
    TransferLeadership transfer;
    f.into("to", transfer.to);
    return transfer;
  }
  if (name == "check") {
    CheckAction check;
    read(f.node(), check.that);
    return check;
  }
  CHECK(name == "heal");
  Heal heal;
  f.into("restart_all", heal.restart_all);
  f.word("who", heal.who);
  return heal;
}

namespace {

Step decode_step(const FieldReader& f, const SourceTexts& texts) {
  Step step;
  f.into("id", step.id);
  f.into("note", step.note);
  f.into("at", step.at);
  f.into("after", step.after);
  f.into("when", step.when);
  f.into("deadline", step.deadline);
  const JsonNode& actions = *f.at("do");
  if (actions.is(JsonNode::Kind::array))
    for (const JsonNode& action : actions.items) step.actions.push_back(decode_action(action));
  else
    step.actions.push_back(decode_action(actions));
  step.line = texts.line_of(f.node().place);
  return step;
}

RandomFault decode_random_fault(const FieldReader& f, const SourceTexts& texts) {
  RandomFault fault;
  f.into("id", fault.id);
  fault.action = decode_action(*f.at("do"));
  f.into("every", fault.every);
  f.into("max_at_once", fault.max_at_once);
  f.into("from", fault.from);
  f.into("until", fault.until);
  fault.line = texts.line_of(f.node().place);
  return fault;
}

}  // namespace

void decode_faults(const FieldReader& faults, const SourceTexts& texts, Faults& out) {
  const auto element = [](std::string_view list) -> const Object& {
    return *table::faults.object->find(list)->type->element->object;
  };
  if (const JsonNode* script = faults.at("script"))
    for (const JsonNode& item : script->items)
      out.script.push_back(decode_step(FieldReader(item, element("script")), texts));
  if (const JsonNode* random = faults.at("random"))
    for (const JsonNode& item : random->items)
      out.random.push_back(decode_random_fault(FieldReader(item, element("random")), texts));
  faults.into("keep_quorum", out.keep_quorum);
  faults.into("quiet_after", out.quiet_after);
  faults.into("drain_after", out.drain_after);
  faults.word("heal", out.heal);
  faults.into("min_voters", out.min_voters);
  faults.into("max_voters", out.max_voters);
}

namespace {

void decode_expectations(const FieldReader& expect, std::string_view list, history::Expectation::Kind kind,
                         Expect& out) {
  const JsonNode* items = expect.at(list);
  if (items == nullptr) return;
  const bool deadline = kind == history::Expectation::Kind::eventually;
  const Object& described =
      *table::expect.object->find(deadline ? "eventually" : "always")->type->element->object;
  for (const JsonNode& item : items->items) {
    history::Expectation& e = out.expectations.emplace_back();
    e.kind = kind;
    if (item.is(JsonNode::Kind::string)) {
      e.name = item.text;
      e.situation = history::situation_named(item.text);
      continue;
    }
    const FieldReader f(item, described);
    f.into("name", e.name);
    f.into("that", e.that);
    if (!deadline) continue;
    f.into("within", e.within);
    f.into("since", e.since);
  }
}

void decode_final(const FieldReader& f, history::FinalExpectation& out) {
  f.into("logs_equal", out.logs_equal);
  f.into("applied_equal", out.applied_equal);
  f.into("all_ops_answered", out.all_ops_answered);
  f.into("ops_ok", out.ops_ok);
  f.word("leader", out.leader);
}

void decode_availability(const FieldReader& f, history::Availability& out) {
  f.into("longest_gap", out.longest_gap);
  const std::optional<FieldReader> share = f.object("ok_fraction");
  if (!share) return;
  history::Compare& bounds = out.ok_fraction_ppm.emplace();
  const auto bound = [&](std::string_view name, std::optional<std::int64_t>& ppm) {
    if (const JsonNode* node = share->at(name)) ppm = scaled_from(node->text, 1'000'000).value;
  };
  bound("eq", bounds.eq);
  bound("ge", bounds.ge);
  bound("le", bounds.le);
  bound("gt", bounds.gt);
  bound("lt", bounds.lt);
}

}  // namespace

void decode_expect(const FieldReader& expect, Expect& out) {
  if (const JsonNode* invariants = expect.at("invariants")) {
    for (const JsonMember& member : invariants->members)
      if (member.value.text == "false") out.turned_off.push_back(*history::property_named(member.key));
    std::sort(out.turned_off.begin(), out.turned_off.end());
  }
  if (const auto search = expect.object("linearizable")) {
    search->into("timeout", out.linearizable_timeout);
    const JsonNode* on_timeout = search->at("on_timeout");
    out.linearizable_timeout_fails = on_timeout != nullptr && on_timeout->text == "fail";
  } else {
    expect.into("linearizable", out.linearizable);
  }
  using Kind = history::Expectation::Kind;
  decode_expectations(expect, "always", Kind::always, out);
  decode_expectations(expect, "never", Kind::never, out);
  decode_expectations(expect, "sometimes", Kind::sometimes, out);
  decode_expectations(expect, "eventually", Kind::eventually, out);
  if (const auto f = expect.object("final")) decode_final(*f, out.final);
  if (const auto f = expect.object("availability")) decode_availability(*f, out.availability);
  expect.into("liveness_bound", out.liveness_bound);
  if (const auto f = expect.object("verdict")) {
    history::PropertyId property{};
    f->into("violates", property);
    out.verdict = ExpectedViolation{property};
  }
}

}  // namespace raftsim::sim
