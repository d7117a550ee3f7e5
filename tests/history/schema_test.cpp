// What is written is what the schemas say, and nothing else is: each document is damaged at each place.
#include <rapidcheck.h>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <set>

#include "history/names.hpp"
#include "history/schema.hpp"
#include "history/writer.hpp"
#include "tests/history/arbitrary.hpp"
#include "tests/history/samples.hpp"
#include "tests/json_schema.hpp"

namespace raftsim::history {
namespace {

using tests::json;
using tests::SchemaValidator;
using Pointer = json::json_pointer;

const SchemaValidator& history_line() {
  static const SchemaValidator validator(history_schema());
  return validator;
}

const SchemaValidator& verdict() {
  static const SchemaValidator validator(verdict_schema());
  return validator;
}

json line_of(const Event& event, const Details& details) {
  std::string text;
  append_json(event, details, text);
  return json::parse(text);
}

/// All places of a document but its root, and but what another room wrote.
void add_places(const json& value, const Pointer& at, std::vector<Pointer>& places) {
  if (at == Pointer("/scenario") && value.is_object()) return;
  if (!at.empty()) places.push_back(at);
  if (value.is_object())
    for (const auto& [key, member] : value.items()) add_places(member, at / key, places);
  if (value.is_array())
    for (std::size_t i = 0; i < value.size(); ++i) add_places(value[i], at / i, places);
}

std::vector<Pointer> places_of(const json& document) {
  std::vector<Pointer> places;
  add_places(document, Pointer(), places);
  return places;
}

/// No field has a list that begins with null, nor may any be null but one.
void no_damage_goes_unseen(const SchemaValidator& validator, const json& document) {
  BOOST_TEST(validator.trouble(document) == "");
  for (const Pointer& place : places_of(document)) {
    json wrong = document;
    wrong[place] = json::array({nullptr});
    BOOST_TEST(validator.trouble(wrong) != "", place << " of another type in " << document);
    wrong[place] = nullptr;
    if (place.back() != "snapshot_every")
      BOOST_TEST(validator.trouble(wrong) != "", place << " null in " << document);
    if (!document[place].is_object()) continue;
    wrong[place] = document[place];
    wrong[place]["no_such_field"] = 1;
    BOOST_TEST(validator.trouble(wrong) != "", place << " with an unknown field in " << document);
  }
  json wrong = document;
  wrong["no_such_field"] = 1;
  BOOST_TEST(validator.trouble(wrong) != "", "an unknown field in " << document);
}

/// The fields of the root that must be there.
std::set<std::string> needed(const SchemaValidator& validator, const json& document) {
  std::set<std::string> keys;
  for (const auto& [key, member] : document.items()) {
    json wrong = document;
    wrong.erase(key);
    if (!validator.trouble(wrong).empty()) keys.insert(key);
  }
  return keys;
}

RunInfo run_with_everything() {
  RunInfo run;
  run.scenario = "everything";
  run.nodes = {{NodeId{1}, "raft", {}, {}, false}, {NodeId{2}, "bugs/x", {}, {}, true}};
  run.nodes[0].options.snapshot_every = std::nullopt;
  run.nodes[1].initial =
      InitialState{Term{3}, NodeId{5}, {Term{1}}, Index{1}, {{NodeId{1}}, {}, {NodeId{2}}}};
  run.quiet_at = Instant{9};
  run.drain_at = Instant{10};
  run.turned_off = {PropertyId::convergence};
  Predicate inner;
  inner.role = RoleWord::paused;
  inner.node = Target{NodeSet{NodeId{1}, NodeId{2}}};
  Predicate that;
  that.leader = LeaderCount::one;
  that.node = Target{RandomTarget{2, std::make_shared<Target>(Target{NodeSet{NodeId{1}}})}};
  that.commit = Compare{.eq = 1, .ge = 2, .le = 3, .gt = 4, .lt = -5};
  that.event = EventWord::crash;
  that.all = {inner};
  that.any = {inner, inner};
  that.negated = std::make_shared<Predicate>(inner);
  run.expectations = {{Expectation::Kind::eventually, "recovers", that, std::nullopt, seconds(2), "heal"}};
  run.expectations.push_back({Expectation::Kind::never, "x", {}, SituationId::vote_split, {}, "start"});
  run.expectations[1].that.node = Target{NotTarget{std::make_shared<Target>(Target{TargetWord::leader})}};
  run.final = {true, false, true, Compare{.eq = 1, .ge = {}, .le = {}, .gt = {}, .lt = {}}, LeaderCount::one};
  run.availability = {Compare{.eq = {}, .ge = 1, .le = {}, .gt = {}, .lt = {}}, seconds(1)};
  return run;
}

RunResult violated_run() {
  RunResult r;
  r.scenario = "leader_crash";
  r.seed = ~std::uint64_t{0};
  r.verdict.properties = {{PropertyId::election_safety, Judgement::violated, 7, ""},
                          {PropertyId::linearizable, Judgement::skipped, 0, "why"}};
  r.verdict.violations = {{PropertyId::election_safety,
                           EventId{3},
                           Instant{4},
                           "Two leaders",
                           {{EventId{1}, Instant{2}, Endpoint::world(), "vote", "reply sent"}}}};
  r.verdict.goals = {{"two leaders", true}, {"a crash", false}};
  r.verdict.faults[static_cast<std::size_t>(FaultClass::crash)] = {1, 2, 1};
  r.verdict.liveness = {seconds(1), seconds(2), seconds(3)};
  r.expected_violation = PropertyId::convergence;
  r.report_path = "report.html";
  r.history_path = "history.jsonl";
  return r;
}

/// The lines of a history of all samples, with a keyframe after each tenth.
std::vector<json> recorded_lines() {
  namespace fs = std::filesystem;
  std::string pattern = (fs::temp_directory_path() / "raftsim-schema-XXXXXX").string();
  BOOST_REQUIRE(mkdtemp(pattern.data()) != nullptr);
  const std::string path = pattern + "/h.jsonl";
  const HistoryHeader header{"sim 0.1.0", 42, R"({"format":"raftsim/scenario@1"})", run_with_everything()};
  HistoryWriter writer(path, header, {.keyframe_every = 10});
  for (const Sample& s : samples()) writer.on_event(s.event, s.details.view());
  BOOST_TEST(!writer.finish({1, 2}, violated_run()).has_value());
  std::vector<json> lines;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
  fs::remove_all(pattern);
  return lines;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(schema)

BOOST_AUTO_TEST_CASE(every_event_is_as_the_schema_says_and_no_damaged_one_is) {
  std::set<std::string> kinds;
  for (const Sample& s : samples()) {
    const json line = line_of(s.event, s.details.view());
    no_damage_goes_unseen(history_line(), line);
    kinds.insert(line["k"]);
    for (const char* key : {"i", "t", "k"}) BOOST_TEST(needed(history_line(), line).contains(key), key);
  }
  BOOST_TEST(kinds.size() >= std::size_t{event_kinds} - 3, "samples of " << kinds.size() << " kinds only");
}

BOOST_AUTO_TEST_CASE(a_bare_event_of_each_kind_is_valid_and_one_of_no_kind_is_not) {
  for (std::size_t k = 0; k < event_kinds; ++k) {
    Event event;
    event.id = EventId{1};
    event.kind = static_cast<EventKind>(k);
    const json line = line_of(event, {});
    BOOST_TEST(history_line().trouble(line) == "");
    // What is written although it is 0 must be there.
    BOOST_TEST(needed(history_line(), line).size() == line.size(), line);
  }
  json line = line_of(Event{}, {});
  line["k"] = "sned";
  BOOST_TEST(history_line().trouble(line) != "");
}

BOOST_AUTO_TEST_CASE(any_details_are_as_the_schema_says) {
  BOOST_TEST(rc::check("any details", [] {
    const OwnedDetails details = any_details();
    RC_ASSERT(history_line().trouble(line_of(samples().front().event, details.view())) == "");
  }));
}

BOOST_AUTO_TEST_CASE(header_keyframes_and_end_are_as_the_schema_says_and_no_damaged_one_is) {
  const std::vector<json> lines = recorded_lines();
  int others = 0;
  for (const json& line : lines) {
    BOOST_TEST(history_line().trouble(line) == "");
    if (line.contains("k") && line["k"] != "keyframe" && line["k"] != "end") continue;
    ++others;
    no_damage_goes_unseen(history_line(), line);
    BOOST_TEST(needed(history_line(), line).size() == line.size(), line);
  }
  BOOST_TEST(others == 2 + static_cast<int>(samples().size() / 10));
}

BOOST_AUTO_TEST_CASE(a_verdict_is_as_the_schema_says_and_no_damaged_one_is) {
  RunResult run = violated_run();
  run.hash = {1, 2};
  const json whole = json::parse(to_json(run));
  no_damage_goes_unseen(verdict(), whole);
  std::set<std::string> optional;
  for (const auto& [key, member] : whole.items()) optional.insert(key);
  for (const std::string& key : needed(verdict(), whole)) optional.erase(key);
  // What is known of no run that was stopped is no part of its verdict.
  const std::set<std::string> uncounted{
      "commits",           "crashes",       "elections",          "hash", "messages",
      "operations_failed", "operations_ok", "operations_unknown", "wakes"};
  std::set<std::string> expected{"event", "expected_violation", "property", "sentence", "t_ns"};
  expected.insert(uncounted.begin(), uncounted.end());
  BOOST_TEST((optional == expected));
  run.stopped = Stop::wall;
  run.hash = {};
  const std::string text = to_json(run);
  const json stopped = json::parse(text);
  BOOST_TEST(verdict().trouble(stopped) == "");
  for (const std::string& key : uncounted) BOOST_TEST(!stopped.contains(key), key);
  const std::optional<RunResult> read = run_result_from_json(text);
  BOOST_REQUIRE(read.has_value());
  BOOST_TEST((read->stopped == Stop::wall));
  json wrong = whole;
  wrong["format"] = "raftsim/verdict@2";
  BOOST_TEST(verdict().trouble(wrong) != "");
  wrong = whole;
  wrong["properties"][0]["name"] = "election_saftey";
  BOOST_TEST(verdict().trouble(wrong) != "");
  wrong = whole;
  wrong["violations"][0]["evidence"][0].erase("what");
  BOOST_TEST(verdict().trouble(wrong) != "");
}

BOOST_AUTO_TEST_CASE(any_verdict_is_as_the_schema_says) {
  BOOST_TEST(verdict().trouble(json::parse(to_json(RunResult{}))) == "");
  BOOST_TEST(rc::check("any verdict",
                       [] { RC_ASSERT(verdict().trouble(json::parse(to_json(any_run_result()))) == ""); }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::history
