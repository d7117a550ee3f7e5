// From a Scenario to a tree of JSON. Internal to write_scenario().
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "seam/check.hpp"
#include "sim/field_table.hpp"
#include "sim/json_write.hpp"
#include "sim/scenario.hpp"

namespace raftsim::sim {

JsonNode written(bool value);
JsonNode written(std::uint32_t value);
JsonNode written(std::uint64_t value);
JsonNode written(std::int64_t value);
JsonNode written(const std::string& value);
JsonNode written(Duration value);
JsonNode written(Ratio value);
JsonNode written(NodeId value);
JsonNode written(Term value);
JsonNode written(const Distribution& value);
JsonNode written(const Target& value);
JsonNode written(const history::Compare& value);
JsonNode written(const Predicate& value);
JsonNode written(const Link& value);
JsonNode written(const LinkEnd& value);
JsonNode written(const Clog& value);
JsonNode written(const Options& value);
JsonNode written(const Action& value);

template <class T>
JsonNode written(const std::vector<T>& values) {
  JsonNode list = json_list();
  for (const T& value : values) list.items.push_back(written(value));
  return list;
}

/// An object with its table: only fields that the table has can be written.
class ObjectWriter {
 public:
  explicit ObjectWriter(const Object& object) : object_(&object) {}

  void node(std::string_view name, JsonNode value) {
    CHECK(object_->find(name) != nullptr);
    add(node_, name, std::move(value));
  }
  template <class T>
  void field(std::string_view name, const T& value) {
    node(name, written(value));
  }
  /// Absent where there is nothing.
  template <class T>
  void field(std::string_view name, const std::optional<T>& value) {
    if (value) node(name, written(*value));
  }
  template <class Enum>
  void word(std::string_view name, Enum value) {
    node(name, json_string(word_text(name, static_cast<std::uint8_t>(value))));
  }
  template <class Enum>
  void word(std::string_view name, const std::optional<Enum>& value) {
    if (value) word(name, *value);
  }
  /// The name of an enumerator of a field that takes a word, or words.
  std::string_view word_text(std::string_view name, std::uint8_t value) const;

  JsonNode take() { return std::move(node_); }

 private:
  const Object* object_;
  JsonNode node_ = json_object();
};

JsonNode written_faults(const Faults& faults);
JsonNode written_expect(const Expect& expect);
JsonNode written_workload(const Workload& workload);

/// The table of an object that is a field's value, a list's or map's element.
const Object& object_in(const Object& object, std::string_view field);

}  // namespace raftsim::sim
