// The field table: what a swarm draws (faults.md, Swarm): per seed, features are switched off and parameters
// drawn, so that runs differ in kind, not only in detail.
#include "sim/field_table_types.hpp"

namespace raftsim::sim::table {

namespace {

constexpr Field by_factor{
    .name = "log",
    .type = &boolean,
    .documentation =
        "Every factor alike, not every difference: as often from 1 to 10 as from 10 to 100. The "
        "range then starts above 0.",
    .default_value = "false",
    .example = "true"};

constexpr Type conditions{.kind = TypeKind::pointer_map, .element = &any};
constexpr Field condition{
    .name = "if",
    .type = &conditions,
    .documentation =
        "Only where what each of these pointers names has, once drawn, this value, or one of a list of "
        "values; else the file's value stays, and a feature is off.",
    .example = R"({"/cluster/nodes": [3, 5]})"};

constexpr Type values = list_of(any, 1);
constexpr Type choice_weight = integer({1, one_million});
constexpr Type choice_weights = list_of(choice_weight, 1);
constexpr Field choose_fields[] = {
    {.name = "choose",
     .type = &values,
     .documentation = "One of these values.",
     .example = "[1, 16]",
     .need = Need::required},
    {.name = "weights",
     .type = &choice_weights,
     .documentation = "How often each, relative to the others. Absent: all alike.",
     .example = "[3, 1]"},
    condition};
constexpr Object choose_object{"choose", "One of several values.", choose_fields};

constexpr Field range(std::string_view name, const Type& type, std::string_view example) {
  return {.name = name,
          .type = &type,
          .documentation = "The least and the greatest.",
          .example = example,
          .need = Need::required};
}

constexpr Type integers = pair_of(count);
constexpr Field int_fields[] = {range("int", integers, "[1, 16]"), by_factor, condition};
constexpr Object int_object{"int", "An integer between two others, both included.", int_fields};

constexpr Type decimals = pair_of(decimal);
constexpr Field real_fields[] = {range("real", decimals, "[0.001, 0.2]"), by_factor, condition};
constexpr Object real_object{"real", "A number between two others, to three digits.", real_fields};

constexpr Type durations = pair_of(duration);
constexpr Field time_fields[] = {range("time", durations, R"(["1ms", "50ms"])"), by_factor, condition};
constexpr Object time_object{"time", "A duration between two others, to three digits.", time_fields};

constexpr Field enable_fields[] = {
    {.name = "enable",
     .type = &probability,
     .documentation = "What the pointer names stays with this probability, else it is taken out: a member of "
                      "an object, or an element of a list.",
     .example = "0.5",
     .need = Need::required},
    condition};
constexpr Object enable_object{"enable", "A feature that is there or not.", enable_fields};

constexpr Type generator_alternatives[] = {object_of(choose_object), object_of(int_object),
                                           object_of(real_object), object_of(time_object),
                                           object_of(enable_object)};
constexpr Type generator = one_of(generator_alternatives);

}  // namespace

constinit const Type swarm{.kind = TypeKind::pointer_map, .element = &generator};

}  // namespace raftsim::sim::table
