// Writing actions, steps, random faults and expectations.
#include <algorithm>

#include "history/property.hpp"
#include "sim/scenario_values.hpp"
#include "sim/scenario_write.hpp"

namespace raftsim::sim {

namespace {

/// One overload per action: its name, and its fields.
struct ActionWriter {
  static ObjectWriter fields(std::string_view action) {
    return ObjectWriter(object_in(*table::action.object, action));
  }
  static JsonNode named(std::string_view action, JsonNode fields) {
    ObjectWriter out(*table::action.object);
    out.node(action, std::move(fields));
    return out.take();
  }

  JsonNode operator()(const Crash& a) const {
    ObjectWriter out = fields("crash");
    out.field("target", a.target);
    out.field("for", a.down_for);
    out.word("point", a.point);
    return named("crash", out.take());
  }
  JsonNode operator()(const Restart& a) const {
    ObjectWriter out = fields("restart");
    out.field("target", a.target);
    out.field("wipe", a.comeback == Comeback::wiped);
    out.field("amnesia", a.comeback == Comeback::amnesiac);
    if (a.options) {
      JsonNode options = written(a.options->values);
      std::erase_if(options.members, [&a](const JsonMember& member) {
        return std::ranges::find(a.options->given, member.key) == a.options->given.end();
      });
      out.node("raft", std::move(options));
    }
    return named("restart", out.take());
  }
  JsonNode operator()(const Pause& a) const {
    ObjectWriter out = fields("pause");
    out.field("target", a.target);
    out.field("for", a.lasting);
    return named("pause", out.take());
  }
  JsonNode operator()(const Resume& a) const { return target_only("resume", a.target); }
  JsonNode operator()(const Partition& a) const {
    ObjectWriter out = fields("partition");
    if (const auto* groups = std::get_if<std::vector<Target>>(&a.groups))
      out.field("groups", *groups);
    else
      out.word("groups", std::get<PartitionShape>(a.groups));
    out.field("one_way", a.one_way);
    out.field("for", a.lasting);
    return named("partition", out.take());
  }
  JsonNode operator()(const Isolate& a) const {
    ObjectWriter out = fields("isolate");
    out.field("target", a.target);
    out.word("direction", a.direction);
    out.field("clients_too", a.clients_too);
    out.field("for", a.lasting);
    return named("isolate", out.take());
  }
  JsonNode operator()(const Heal& a) const {
    ObjectWriter out = fields("heal");
    out.field("restart_all", a.restart_all);
    out.word("who", a.who);
    return named("heal", out.take());
  }
  JsonNode operator()(const SetLink& a) const {
    ObjectWriter out = fields("set_link");
    out.field("from", a.from);
    out.field("to", a.to);
    out.field("link", a.link);
    out.field("for", a.lasting);
    return named("set_link", out.take());
  }
  JsonNode operator()(const Messages& a) const {
    ObjectWriter out = fields("messages");
    out.word("do", a.action);
    JsonNode types = json_list();
    for (const MessageType type : a.types)
      types.items.push_back(json_string(out.word_text("type", static_cast<std::uint8_t>(type))));
    if (!a.types.empty()) out.node("type", std::move(types));
    out.field("from", a.from);
    out.field("to", a.to);
    out.field("count", a.count);
    out.field("for", a.lasting);
    return named("messages", out.take());
  }
  JsonNode operator()(const DiskFault& a) const {
    ObjectWriter out = fields("disk_fault");
    out.field("target", a.target);
    out.word("kind", a.kind);
    out.field("for", a.lasting);
    return named("disk_fault", out.take());
  }
  JsonNode operator()(const ClockJump& a) const {
    ObjectWriter out = fields("clock_jump");
    out.field("target", a.target);
    out.field("by", a.by);
    return named("clock_jump", out.take());
  }
  JsonNode operator()(const ClockFreeze& a) const {
    ObjectWriter out = fields("clock_freeze");
    out.field("target", a.target);
    out.field("for", a.lasting);
    return named("clock_freeze", out.take());
  }
  JsonNode operator()(const Slow& a) const {
    ObjectWriter out = fields("slow");
    out.field("target", a.target);
    out.field("factor", a.factor);
    out.field("for", a.lasting);
    return named("slow", out.take());
  }
  JsonNode operator()(const TimeoutNow& a) const { return target_only("timeout_now", a.target); }
  JsonNode operator()(const ClientAction& a) const {
    const bool writes =
        a.op == OperationKind::put || a.op == OperationKind::cas || a.op == OperationKind::append;
    ObjectWriter out = fields("client");
    out.field("client", a.client);
    out.word("op", a.op);
    out.field("key", a.key);
    if (writes) out.field("value", a.value);
    out.field("expect", a.expected);
    out.field("to", a.to);
    return named("client", out.take());
  }
  JsonNode operator()(const CheckAction& a) const { return named("check", written(a.that)); }

  JsonNode operator()(const AddNode& a) const {
    ObjectWriter out = fields("add_node");
    out.field("id", a.id);
    out.word("as", a.as);
    return named("add_node", out.take());
  }
  JsonNode operator()(const RemoveNode& a) const { return target_only("remove_node", a.target); }
  JsonNode operator()(const Promote& a) const { return target_only("promote", a.target); }
  JsonNode operator()(const ReplaceNodes& a) const {
    ObjectWriter out = fields("replace_nodes");
    out.field("voters", a.voters);
    return named("replace_nodes", out.take());
  }
  JsonNode operator()(const TransferLeadership& a) const {
    ObjectWriter out = fields("transfer_leadership");
    out.field("to", a.to);
    return named("transfer_leadership", out.take());
  }
  JsonNode operator()(const TakeSnapshot& a) const { return target_only("take_snapshot", a.target); }
  JsonNode operator()(const RandomMembership& a) const {
    ObjectWriter out = fields("membership");
    JsonNode kinds = json_list();
    for (const MembershipChange kind : a.kinds)
      kinds.items.push_back(json_string(out.word_text("kinds", static_cast<std::uint8_t>(kind))));
    if (!a.kinds.empty()) out.node("kinds", std::move(kinds));
    return named("membership", out.take());
  }

  static JsonNode target_only(std::string_view action, const Target& target) {
    ObjectWriter out = fields(action);
    out.field("target", target);
    return named(action, out.take());
  }
};

JsonNode written(const Step& step) {
  ObjectWriter out(object_in(*table::faults.object, "script"));
  if (!step.id.empty()) out.field("id", step.id);
  if (!step.note.empty()) out.field("note", step.note);
  out.field("at", step.at);
  out.field("after", step.after);
  out.field("when", step.when);
  out.field("deadline", step.deadline);
  out.node("do", step.actions.size() == 1 ? sim::written(step.actions.front()) : sim::written(step.actions));
  return out.take();
}

JsonNode written(const RandomFault& fault) {
  ObjectWriter out(object_in(*table::faults.object, "random"));
  if (!fault.id.empty()) out.field("id", fault.id);
  out.node("do", sim::written(fault.action));
  out.field("every", fault.every);
  out.field("max_at_once", fault.max_at_once);
  out.field("from", fault.from);
  out.field("until", fault.until);
  return out.take();
}

JsonNode written(const history::Expectation& e) {
  if (e.situation) return json_string(history::info(*e.situation).name);
  const bool deadline = e.kind == history::Expectation::Kind::eventually;
  ObjectWriter out(object_in(*table::expect.object, deadline ? "eventually" : "always"));
  out.field("name", e.name);
  out.field("that", e.that);
  if (deadline) {
    out.field("within", e.within);
    out.field("since", e.since);
  }
  return out.take();
}

JsonNode written_final(const history::FinalExpectation& f) {
  ObjectWriter out(object_in(*table::expect.object, "final"));
  out.field("logs_equal", f.logs_equal);
  out.field("applied_equal", f.applied_equal);
  out.field("all_ops_answered", f.all_ops_answered);
  out.field("ops_ok", f.ops_ok);
  out.word("leader", f.leader);
  return out.take();
}

JsonNode written_availability(const history::Availability& a) {
  ObjectWriter out(object_in(*table::expect.object, "availability"));
  if (a.ok_fraction_ppm) {
    ObjectWriter share(*table::fraction_compare.object);
    const auto bound = [&](std::string_view name, const std::optional<std::int64_t>& ppm) {
      if (ppm) share.node(name, json_number(scaled_text(*ppm, 1'000'000)));
    };
    bound("eq", a.ok_fraction_ppm->eq);
    bound("ge", a.ok_fraction_ppm->ge);
    bound("le", a.ok_fraction_ppm->le);
    bound("gt", a.ok_fraction_ppm->gt);
    bound("lt", a.ok_fraction_ppm->lt);
    out.node("ok_fraction", share.take());
  }
  out.field("longest_gap", a.longest_gap);
  return out.take();
}

}  // namespace

JsonNode written(const Action& action) { return std::visit(ActionWriter{}, action); }

JsonNode written_faults(const Faults& faults) {
  ObjectWriter out(*table::faults.object);
  JsonNode script = json_list(), random = json_list();
  for (const Step& step : faults.script) script.items.push_back(written(step));
  for (const RandomFault& fault : faults.random) random.items.push_back(written(fault));
  if (!faults.script.empty()) out.node("script", std::move(script));
  if (!faults.random.empty()) out.node("random", std::move(random));
  out.field("keep_quorum", faults.keep_quorum);
  out.field("quiet_after", faults.quiet_after);
  out.field("drain_after", faults.drain_after);
  out.word("heal", faults.heal);
  out.field("min_voters", faults.min_voters);
  out.field("max_voters", faults.max_voters);
  return out.take();
}

JsonNode written_expect(const Expect& e) {
  using Kind = history::Expectation::Kind;
  ObjectWriter out(*table::expect.object);
  JsonNode invariants = json_object();
  for (const history::PropertyId id : e.turned_off)
    add(invariants, history::info(id).name, json_boolean("false"));
  if (!e.turned_off.empty()) out.node("invariants", std::move(invariants));
  ObjectWriter search(object_in(*table::expect.object, "linearizable"));
  search.field("timeout", e.linearizable_timeout);
  search.word("on_timeout", e.linearizable_timeout_fails ? 1 : 0);
  out.node("linearizable", e.linearizable ? search.take() : json_boolean("false"));
  for (const auto& [name, kind] :
       {std::pair("always", Kind::always), std::pair("never", Kind::never),
        std::pair("sometimes", Kind::sometimes), std::pair("eventually", Kind::eventually)}) {
    JsonNode list = json_list();
    for (const history::Expectation& one : e.expectations)
      if (one.kind == kind) list.items.push_back(written(one));
    if (!list.items.empty()) out.node(name, std::move(list));
  }
  out.node("final", written_final(e.final));
  out.node("availability", written_availability(e.availability));
  out.field("liveness_bound", e.liveness_bound);
  if (e.verdict) {
    ObjectWriter verdict(object_in(*table::expect.object, "verdict"));
    verdict.node("violates", json_string(history::info(e.verdict->property).name));
    out.node("verdict", verdict.take());
  } else {
    out.node("verdict", json_string("held"));
  }
  return out.take();
}

}  // namespace raftsim::sim
