#include "sim/json_positions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "seam/check.hpp"
#include "sim/json_syntax.hpp"

namespace raftsim::sim {

namespace {

/// nlohmann's SAX interface: builds the tree and moves the cursor along.
class Reader {
 public:
  Reader(std::string_view text, std::uint32_t source, JsonNode& root, std::vector<JsonProblem>& problems)
      : cursor_(text, source), root_(root), problems_(problems) {}

  bool null() { return scalar(JsonNode::Kind::null, word(), {}); }
  bool boolean(bool b) { return scalar(JsonNode::Kind::boolean, word(), b ? "true" : "false"); }
  bool number_integer(std::int64_t) { return number(); }
  bool number_unsigned(std::uint64_t) { return number(); }
  bool number_float(double, const std::string&) { return number(); }
  bool string(std::string& value) {
    return scalar(JsonNode::Kind::string, cursor_.string(), std::move(value));
  }
  bool binary(std::vector<std::uint8_t>&) { return false; }  // never: JSON has none
  bool start_object(std::size_t) { return open(JsonNode::Kind::object); }
  bool start_array(std::size_t) { return open(JsonNode::Kind::array); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string& value);
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) { return false; }

  /// After sax_parse came back with false.
  void tell_why() {
    std::vector<OpenBracket> brackets;
    for (const Open& o : open_) brackets.push_back({o.node->place, o.node->is(JsonNode::Kind::object)});
    if (too_deep_)
      problems_.push_back({too_deep_place_, fmt::format("nested more than {} deep", json_depth_max), ""});
    else if (broken_word_)
      problems_.push_back(bad_word(*broken_word_, cursor_.text(*broken_word_)));
    else
      problems_.push_back(syntax_problem(cursor_, state_, brackets));
  }

 private:
  struct Open {
    JsonNode* node;
    std::map<std::string, Place, std::less<>> keys;
    bool skips_value = false;  ///< the value to come belongs to a repeated key
  };

  JsonNode& slot();
  /// nlohmann reads `10s` as 10 and then stumbles over the s; the place of all of it is kept for the message.
  Place word() {
    const Place place = cursor_.word();
    if (!is_json_word(cursor_.text(place)) && !broken_word_) broken_word_ = place;
    return place;
  }
  bool number() {
    const Place place = word();
    return scalar(JsonNode::Kind::number, place, std::string(cursor_.text(place)));
  }
  bool scalar(JsonNode::Kind kind, Place place, std::string text) {
    JsonNode& node = slot();
    node.kind = kind;
    node.place = place;
    node.text = std::move(text);
    state_ = SyntaxState::value_read;
    return true;
  }
  bool open(JsonNode::Kind kind);
  bool close() {
    cursor_.bracket();
    open_.pop_back();
    state_ = SyntaxState::value_read;
    return true;
  }

  JsonCursor cursor_;
  JsonNode& root_;
  std::vector<JsonProblem>& problems_;
  std::vector<Open> open_;
  JsonNode discarded_;  ///< takes the values of repeated keys
  SyntaxState state_ = SyntaxState::start;
  bool too_deep_ = false;
  Place too_deep_place_;
  std::optional<Place> broken_word_;
};

/// Where the next value goes. The pointers in open_ stay valid: a vector grows only while its last child is
/// closed.
JsonNode& Reader::slot() {
  if (open_.empty()) return root_;
  Open& top = open_.back();
  if (top.node->is(JsonNode::Kind::array)) return top.node->items.emplace_back();
  if (top.skips_value) {
    top.skips_value = false;
    discarded_ = JsonNode{};
    return discarded_;
  }
  return top.node->members.back().value;
}

bool Reader::open(JsonNode::Kind kind) {
  const Place place = cursor_.bracket();
  if (open_.size() >= json_depth_max) {
    too_deep_ = true;
    too_deep_place_ = place;
    return false;
  }
  JsonNode& node = slot();
  node.kind = kind;
  node.place = place;
  open_.push_back({&node, {}, false});
  state_ = SyntaxState::bracket_opened;
  return true;
}

bool Reader::key(std::string& value) {
  const Place place = cursor_.string();
  Open& top = open_.back();
  const auto [first, is_new] = top.keys.emplace(value, place);
  if (is_new) {
    JsonMember& member = top.node->members.emplace_back();
    member.key = std::move(value);
    member.key_place = place;
  } else {
    top.skips_value = true;
    const auto [line, column] = cursor_.line_and_column(first->second.offset);
    problems_.push_back({place, fmt::format("duplicate key {}", json_quoted(value)),
                         fmt::format("it was first given at {}:{}; remove one", line, column)});
  }
  state_ = SyntaxState::key_read;
  return true;
}

}  // namespace

const JsonNode* JsonNode::find(std::string_view key) const {
  const auto it =
      std::find_if(members.begin(), members.end(), [&](const JsonMember& m) { return m.key == key; });
  return it == members.end() ? nullptr : &it->value;
}
JsonNode* JsonNode::find(std::string_view key) {
  return const_cast<JsonNode*>(static_cast<const JsonNode*>(this)->find(key));
}

bool parse_json(std::string_view text, std::uint32_t source, JsonNode& root,
                std::vector<JsonProblem>& problems) {
  CHECK(text.size() <= json_bytes_max);
  root = JsonNode{};
  if (const std::optional<JsonProblem> problem = unreadable_bytes(text, source)) {
    problems.push_back(*problem);
    return false;
  }
  Reader reader(text, source, root, problems);
  const bool complete = nlohmann::json::sax_parse(text.begin(), text.end(), &reader,
                                                  nlohmann::json::input_format_t::json, /*strict=*/true,
                                                  /*ignore_comments=*/true);
  if (!complete) reader.tell_why();
  return complete;
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string json_quoted(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace raftsim::sim
