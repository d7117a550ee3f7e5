// The field table: the root, and walks over all of it.
#include "sim/field_table.hpp"

#include <algorithm>
#include <vector>

#include "sim/field_table_types.hpp"

namespace raftsim::sim {

namespace {

using namespace table;

constexpr Type format = constant("raftsim/scenario@1");
constexpr Field scenario_fields[] = {
    {.name = "$schema",
     .type = &text,
     .documentation = "Where an editor finds the schema.",
     .example = "\"schema/scenario.schema.json\""},
    {.name = "format",
     .type = &format,
     .documentation = "The format and its major version.",
     .example = "\"raftsim/scenario@1\"",
     .need = Need::required},
    {.name = "name",
     .type = &identifier,
     .documentation = "The scenario's name.",
     .example = "\"leader_crash\"",
     .need = Need::required},
    {.name = "description",
     .type = &text,
     .documentation = "What happens, and what it shows.",
     .default_value = "\"\"",
     .example = "\"The leader dies.\""},
    {.name = "refs",
     .type = &texts,
     .documentation = "Papers and issues that it plays.",
     .default_value = "[]",
     .example = R"(["raft.pdf section 5.4"])"},
    {.name = "tags",
     .type = &texts,
     .documentation = "For picking scenarios.",
     .default_value = "[]",
     .example = R"(["crash"])"},
    {.name = "extends",
     .type = &text,
     .documentation = "A scenario file to [build on](#building-on-another-scenario), relative to this one.",
     .example = "\"leader_crash.json\""},
    {.name = "seed",
     .type = &seed,
     .documentation =
         "Used without --seed: an integer up to 2^53 - 1, or a string, decimal or 0x..., of 64 bits.",
     .example = "\"42\""},
    {.name = "cluster",
     .type = &cluster,
     .documentation = "The servers.",
     .example = R"({"nodes": 5})",
     .need = Need::required},
    {.name = "network",
     .type = &network,
     .documentation = "The links.",
     .example = R"({"default": {"latency": "5ms"}})"},
    {.name = "disk", .type = &disk, .documentation = "The disks.", .example = R"({"fsync": "2ms"})"},
    {.name = "clock", .type = &clock, .documentation = "The clocks.", .example = R"({"drift_ppm": 200})"},
    {.name = "workload",
     .type = &workload,
     .documentation = "The clients; absent: none.",
     .example = R"({"model": "kv", "clients": 8})"},
    {.name = "faults",
     .type = &faults,
     .documentation = "What goes wrong.",
     .example = R"({"quiet_after": "6s"})"},
    {.name = "swarm",
     .type = &swarm,
     .documentation = "Fields that each seed [draws anew](#drawing-fields-per-seed).",
     .example = R"({"/cluster/nodes": {"choose": [3, 5, 7]}})"},
    {.name = "expect",
     .type = &expect,
     .documentation = "What must hold.",
     .example = R"({"final": {"logs_equal": true}})"},
    {.name = "limits", .type = &limits, .documentation = "When a run ends.", .example = R"({"time": "10s"})"},
    {.name = "record",
     .type = &record,
     .documentation = "What is kept of a run.",
     .example = R"({"level": "none"})"},
    {.name = "process",
     .type = &process,
     .documentation = "Every node's processor.",
     .example = R"({"service_time": "1ms"})"}};
constexpr Object scenario_root{
    "scenario", "A scenario: one JSON object. Comments (// and /* */) are allowed.", scenario_fields};

void collect(const Type& type, std::vector<const Object*>& found) {
  if (type.element != nullptr) collect(*type.element, found);
  for (const Type& alternative : type.alternatives) collect(alternative, found);
  if (type.object == nullptr || std::find(found.begin(), found.end(), type.object) != found.end()) return;
  found.push_back(type.object);
  for (const Field& field : type.object->fields) collect(*field.type, found);
}

}  // namespace

const Object& scenario_object() { return scenario_root; }

std::vector<const Object*> all_objects() {
  std::vector<const Object*> found;
  collect(object_of(scenario_root), found);
  return found;
}

const Field* Object::find(std::string_view field) const {
  const auto it = std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return f.name == field; });
  return it == fields.end() ? nullptr : &*it;
}

const Field* tag_of(const Object& object) {
  const Field& first = object.fields.front();
  return first.type->kind == TypeKind::constant && &object != &scenario_root ? &first : nullptr;
}

}  // namespace raftsim::sim
