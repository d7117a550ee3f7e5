// From a tree of the right shape to a Scenario. Internal to the scenario reader. Nothing here can fail: what
// check_shape() and check_meaning() let through, decodes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "seam/check.hpp"
#include "sim/field_table.hpp"
#include "sim/json_positions.hpp"
#include "sim/scenario.hpp"
#include "sim/source_text.hpp"

namespace raftsim::sim {

void read(const JsonNode& node, bool& out);
void read(const JsonNode& node, std::uint32_t& out);
void read(const JsonNode& node, std::uint64_t& out);
void read(const JsonNode& node, std::int64_t& out);
void read(const JsonNode& node, std::string& out);
void read(const JsonNode& node, Duration& out);
void read(const JsonNode& node, Ratio& out);
void read(const JsonNode& node, Distribution& out);
void read(const JsonNode& node, NodeId& out);
void read(const JsonNode& node, Term& out);
void read(const JsonNode& node, Index& out);
void read(const JsonNode& node, history::PropertyId& out);
void read(const JsonNode& node, Target& out);
void read(const JsonNode& node, Predicate& out);
void read(const JsonNode& node, history::Compare& out);
void read(const JsonNode& node, Link& out);
void read(const JsonNode& node, LinkEnd& out);
void read(const JsonNode& node, Clog& out);
void read(const JsonNode& node, Options& out);  ///< over what `out` holds

template <class T>
void read(const JsonNode& node, std::optional<T>& out) {
  if (!out) out.emplace();
  read(node, *out);
}

template <class T>
void read(const JsonNode& node, std::vector<T>& out) {
  for (const JsonNode& item : node.items) read(item, out.emplace_back());
}

/// The enumerator that a word stands for. Precondition: it is one of the words.
std::uint8_t word_value(const JsonNode& node, const Words& words);

/// The words of a field that takes one, or takes several, or takes one besides something else.
const Words& words_in(const Object& object, std::string_view field);

/// An object with its table: fields are asked for by the names that the table has.
class FieldReader {
 public:
  FieldReader(const JsonNode& node, const Object& object) : node_(&node), object_(&object) {}

  /// Null where it is absent. Precondition: the table has the field.
  const JsonNode* at(std::string_view name) const {
    CHECK(object_->find(name) != nullptr);
    return node_->find(name);
  }
  /// Leaves `out` as it is where the field is absent.
  template <class T>
  void into(std::string_view name, T& out) const {
    if (const JsonNode* node = at(name)) read(*node, out);
  }
  /// A word, or (of a field that also takes something else) nothing.
  template <class Enum>
  void word(std::string_view name, Enum& out) const {
    const JsonNode* node = at(name);
    if (node != nullptr) out = static_cast<Enum>(word_value(*node, words_of(name)));
  }
  template <class Enum>
  void word(std::string_view name, std::optional<Enum>& out) const {
    if (at(name) != nullptr) word(name, out.emplace());
  }
  /// A field that holds an object, or may hold one; nothing where it is absent or holds something else.
  std::optional<FieldReader> object(std::string_view name) const;

  const JsonNode& node() const { return *node_; }
  const Words& words_of(std::string_view name) const { return words_in(*object_, name); }

 private:
  const JsonNode* node_;
  const Object* object_;
};

Scenario decode_scenario(const JsonNode& root, const SourceTexts& texts);

void decode_cluster(const FieldReader& cluster, Scenario& scenario);
void decode_workload(const FieldReader& workload, Workload& out);
void decode_faults(const FieldReader& faults, const SourceTexts& texts, Faults& out);
void decode_expect(const FieldReader& expect, Expect& out);
Action decode_action(const JsonNode& node);

}  // namespace raftsim::sim
