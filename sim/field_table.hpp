// The one table of the scenario format: for every object its fields, with type, unit, default, range and
// documentation. The decoder, the JSON Schema, the reference for users, the lists, completions and
// suggestions are all made from it, so that they cannot disagree.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

namespace raftsim::sim {

struct Word {
  std::string_view name;
  std::string_view documentation;
};

/// The names of an enumeration: word i stands for the enumerator of value `first` + i.
struct Words {
  std::string_view name;
  std::span<const Word> words;
  std::uint8_t first = 0;
};

enum class TypeKind : std::uint8_t {
  text,
  identifier,  ///< a-z 0-9 _ -, at most 64, not starting with _ or -
  constant,    ///< exactly `literal`
  boolean,
  integer,        ///< min to max
  operand,        ///< what a client writes: a string or an integer
  maybe_operand,  ///< or null: nothing
  probability,
  fraction,  ///< 0 to 1 in millionths
  decimal,   ///< 0 to 10^9 in billionths
  rate,      ///< per second, 0.000001 to 10^9
  duration,
  signed_duration,  ///< may run backwards
  seed,
  node,
  maybe_node,  ///< or null
  property,    ///< a property's id
  word,
  object,
  list,
  node_map,      ///< an object whose keys are nodes
  property_map,  ///< an object whose keys are properties
  pointer_map,   ///< an object whose keys are JSON Pointers into the scenario
  one_of,
  any,  ///< whatever stands where a swarm puts it
};

struct Object;

struct Type {
  TypeKind kind = TypeKind::any;
  const Object* object = nullptr;
  const Words* words = nullptr;
  const Type* element = nullptr;  ///< of lists and maps
  std::span<const Type> alternatives{};
  std::string_view literal{};
  std::uint64_t min = 0;  ///< integer: least value; list: least length
  std::uint64_t max = std::numeric_limits<std::uint64_t>::max();  ///< the greatest value or length
  bool distinct = false;                                          ///< a list without repetition
};

enum class Need : std::uint8_t { optional, required };

struct Field {
  std::string_view name;
  const Type* type = nullptr;
  std::string_view documentation;
  /// JSON. Empty: absent means what the documentation says.
  std::string_view default_value{};
  /// JSON: a value other than the default.
  std::string_view example{};
  std::string_view unit{};
  Need need = Need::optional;
};

enum class Rule : std::uint8_t {
  any,
  at_least_one,   ///< of all fields
  exactly_one,    ///< of all fields
  one_of_chosen,  ///< exactly one of `Object::chosen`
};

struct Object {
  std::string_view name;  ///< of its definition in the schema and its section in the reference
  std::string_view documentation;
  std::span<const Field> fields;
  Rule rule = Rule::any;
  std::span<const std::string_view> chosen{};

  /// Null where there is none.
  const Field* find(std::string_view field) const;
};

/// The root; everything else is reached from it.
const Object& scenario_object();

/// All objects, each once, in the order in which a walk from the root first meets them.
std::vector<const Object*> all_objects();

/// A field whose tag tells alternatives apart: `dist` of the distributions. Null where the object has none.
const Field* tag_of(const Object& object);

/// The chapters of the table: field_table.cpp ties them together.
namespace table {
extern const Type text, identifier, boolean, probability, fraction, decimal, rate, duration, signed_duration,
    seed, node, maybe_node, property, count, positive, weight, operand, maybe_operand, any, texts;
extern const Type dist, target, link_end, nodes, predicate, predicates, compare, fraction_compare;
extern const Type raft, link, link_overrides, cluster, network, disk, clock, workload, process;
extern const Type crash, restart, pause, resume, disk_fault, clock_jump, clock_freeze;
extern const Type faults, action, slow;
extern const Type add_node, remove_node, promote, replace_nodes, transfer_leadership, take_snapshot,
    membership_change;
extern const Type swarm;
extern const Type expect, limits, record;
extern const Words operation_words;
}  // namespace table

}  // namespace raftsim::sim
