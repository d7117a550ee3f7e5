// Every value and key of a JSON text has its place.
#include <boost/test/unit_test.hpp>

#include "sim/json_positions.hpp"
#include "sim/json_write.hpp"

namespace raftsim::sim {

namespace {

std::string_view token(std::string_view text, Place place) { return text.substr(place.offset, place.length); }

JsonNode parsed(std::string_view text) {
  JsonNode root;
  std::vector<JsonProblem> problems;
  BOOST_REQUIRE(parse_json(text, 0, root, problems));
  BOOST_REQUIRE(problems.empty());
  return root;
}

std::string problem_in(std::string_view text) {
  JsonNode root;
  std::vector<JsonProblem> problems;
  BOOST_REQUIRE_MESSAGE(!parse_json(text, 0, root, problems), text << " was read");
  BOOST_REQUIRE(!problems.empty());
  return problems.back().message;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(json_places)

BOOST_AUTO_TEST_CASE(tokens_are_found_through_space_comments_and_escapes) {
  const std::string text =
      "\xEF\xBB\xBF// a \"comment\", with {brackets}\n"
      "{ \"a\\\"b\" /* : */ : [1, -2.5e+3 ,\ttrue,null],\r\n \"\xC3\xBC\": {\"c\":\"d\\\\\"} }\n";
  const JsonNode root = parsed(text);
  BOOST_TEST(token(text, root.place) == "{");
  BOOST_REQUIRE(root.members.size() == 2u);
  BOOST_TEST(root.members[0].key == "a\"b");
  BOOST_TEST(token(text, root.members[0].key_place) == "\"a\\\"b\"");
  const JsonNode& list = root.members[0].value;
  BOOST_TEST(token(text, list.place) == "[");
  BOOST_REQUIRE(list.items.size() == 4u);
  BOOST_TEST(token(text, list.items[0].place) == "1");
  BOOST_TEST(list.items[1].text == "-2.5e+3");
  BOOST_TEST(token(text, list.items[1].place) == "-2.5e+3");
  BOOST_TEST(token(text, list.items[2].place) == "true");
  BOOST_TEST(token(text, list.items[3].place) == "null");
  BOOST_TEST(token(text, root.members[1].key_place) == "\"\xC3\xBC\"");
  const JsonNode& inner = root.members[1].value.members.at(0).value;
  BOOST_TEST(inner.text == "d\\");
  BOOST_TEST(token(text, inner.place) == "\"d\\\\\"");
}

BOOST_AUTO_TEST_CASE(numbers_keep_their_source_text) {
  for (const std::string number : {"0", "-0", "0.1000", "123456789012345678901234567890", "1E5", "1e-300"})
    BOOST_TEST(parsed(number).text == number);
}

BOOST_AUTO_TEST_CASE(the_first_of_duplicate_keys_counts_and_the_second_is_told) {
  JsonNode root;
  std::vector<JsonProblem> problems;
  BOOST_TEST(
      parse_json("{\"a\": 1, \"b\": {\"a\": 2},\n \"a\": {\"deep\": [3]}, \"c\": 4}", 0, root, problems));
  BOOST_REQUIRE(problems.size() == 1u);
  BOOST_TEST(problems[0].message == "duplicate key \"a\"");
  BOOST_TEST(problems[0].help == "it was first given at 1:2; remove one");
  BOOST_TEST(root.find("a")->text == "1");
  BOOST_TEST(root.find("c")->text == "4");
}

BOOST_AUTO_TEST_CASE(syntax_errors_say_what_is_wrong) {
  BOOST_TEST(problem_in("") == "the file is empty");
  BOOST_TEST(problem_in("{\"a\"") == "the file ends inside the object that starts at 1:1");
  BOOST_TEST(problem_in("[1, 2") == "the file ends inside the list that starts at 1:1");
  BOOST_TEST(problem_in("{\"a\": tru}") == "unknown word tru");
  BOOST_TEST(problem_in("{\"a\": 01}") == "01 is not a JSON number");
  BOOST_TEST(problem_in("{\"a\": +1}") == "+1 is not a JSON number");
  BOOST_TEST(problem_in("{\"a\": .5}") == ".5 is not a JSON number");
  BOOST_TEST(problem_in("{\"a\": 10s}") == "10s is not a JSON number");
  BOOST_TEST(problem_in("{\"a\": -Infinity}") == "-Infinity is not a JSON number");
  BOOST_TEST(problem_in("{\"a\": -1e999}") == "number -1e999 is out of range");
  BOOST_TEST(problem_in("{\"a\": \"x\ny\"}") == "this string has no closing quote");
  BOOST_TEST(problem_in("{\"a\": \"x\ty\"}") == "a control character in a string");
  BOOST_TEST(problem_in("{\"a\": \"\\u12g4\"}") == "an escape \\u in this string is no character");
  BOOST_TEST(problem_in("{\"a\": \"\\ud800\"}") == "an escape \\u in this string is no character");
  BOOST_TEST(problem_in("{\"a\": 1,}") == "expected a field after the comma, found \"}\"");
  BOOST_TEST(problem_in("[1,]") == "expected a value, found \"]\"");
  BOOST_TEST(problem_in("{a: 1}") == "expected a field's name in double quotes, found \"a\"");
  BOOST_TEST(problem_in("{\"a\" 1}") == "expected \":\" after the field's name, found \"1\"");
  BOOST_TEST(problem_in("{\"a\": 1 \"b\": 2}") == "expected \",\" or \"}\", found \"b\"");
  BOOST_TEST(problem_in("{} {}") == "expected the end of the file after the scenario");
  BOOST_TEST(problem_in("{\"a\": 1 / 2}") == "expected \",\" or \"}\", found \"/\"");
}

BOOST_AUTO_TEST_CASE(nesting_ends_at_64) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  JsonNode root;
  std::vector<JsonProblem> problems;
  BOOST_TEST(parse_json(nested(64), 0, root, problems));
  BOOST_TEST(problem_in(nested(65)) == "nested more than 64 deep");
}

BOOST_AUTO_TEST_CASE(utf8_is_checked_as_the_standard_says) {
  for (const std::string good : {"", "a", "\xC2\x80", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                                 "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"})
    BOOST_TEST(invalid_utf8(good) == std::string::npos);
  for (const std::string bad :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xC3", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xEF\xBF",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"})
    BOOST_TEST(invalid_utf8("a" + bad) == 1u);
}

BOOST_AUTO_TEST_CASE(what_is_written_reads_the_same) {
  const std::string text = R"({"a": [1, 2.50, "x\"y\\z", true, null, {}], "b": {"c": []}, "long": [)" + [] {
    std::string items;
    for (int i = 0; i < 60; ++i) items += std::to_string(i) + ", ";
    return items + "60";
  }() + "]}";
  const std::string once = json_text(parsed(text));
  BOOST_TEST(json_text(parsed(once)) == once);
  BOOST_TEST(once.find("2.50") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::sim
