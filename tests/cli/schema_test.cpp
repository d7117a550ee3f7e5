// What real runs print and record is what `sim schema` says of it.
#include <unistd.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/cli/run_sim.hpp"
#include "tests/json_schema.hpp"

namespace raftsim {
namespace {

using tests::json;
using tests::SchemaValidator;

SchemaValidator schema(const std::string& name) {
  const tests::Ran ran = tests::run("schema " + name);
  BOOST_TEST(ran.exit == 0);
  return SchemaValidator(ran.out);
}

std::vector<json> lines_of(std::istream& in) {
  std::vector<json> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
  return lines;
}

/// One object per run, then the summary where there are several.
std::vector<json> printed(const std::string& arguments, int exit) {
  const tests::Ran ran =
      tests::run("--format jsonl run scenarios/leader_crash.json --check-determinism never " + arguments);
  BOOST_TEST(ran.exit == exit, ran.err);
  std::istringstream in(ran.out);
  return lines_of(in);
}

struct Run {
  const char* arguments;
  int exit;
  const char* verdict;
  const char* property;  ///< the headline's; empty: none
};
std::ostream& operator<<(std::ostream& out, const Run& r) { return out << r.arguments; }

const std::vector<Run> runs{
    {"--seed 42", 0, "held", ""},
    {"--seed 42 --system bugs/vote-not-durable", 1, "violated", "durable_before_reply"},
    {"--seeds 1..12 --system " RAFTSIM_MISBEHAVING
     "/throw_something.so --set /limits/time=4s --set /faults={} --set /expect={} --report never "
     "--history never",
     1, "violated", "no_crash"},
};

BOOST_DATA_TEST_CASE(what_runs_print_is_as_the_schemas_say, boost::unit_test::data::make(runs), r) {
  const SchemaValidator verdict = schema("verdict");
  const SchemaValidator summary = schema("summary");
  bool seen = false;
  for (const json& object : printed(r.arguments, r.exit)) {
    const bool of_many = object["format"] == "raftsim/summary@1";
    BOOST_TEST((of_many ? summary : verdict).trouble(object) == "", object);
    BOOST_TEST((of_many ? verdict : summary).trouble(object) != "", "the other schema takes it");
    seen = seen || (object.value("verdict", "") == r.verdict && object.value("property", "") == r.property);
  }
  BOOST_TEST(seen, "no verdict " << r.verdict << " " << r.property);
}

BOOST_AUTO_TEST_CASE(every_line_of_recorded_histories_is_as_the_schema_says) {
  namespace fs = std::filesystem;
  const SchemaValidator line_schema = schema("history");
  const fs::path folder = fs::temp_directory_path() / ("raftsim-schema-" + std::to_string(::getpid()));
  for (const auto& [system, exit] : {std::pair{"raft", 0}, std::pair{"bugs/vote-not-durable", 1}}) {
    const fs::path path = folder / "h.jsonl";
    printed("--seed 42 --until 2s --report never --history " + path.string() + " --system " + system, exit);
    std::ifstream in(path);
    const std::vector<json> lines = lines_of(in);
    BOOST_TEST(lines.size() > 1000u);
    for (const json& line : lines) BOOST_TEST(line_schema.trouble(line) == "", line);
  }
  fs::remove_all(folder);
}

}  // namespace
}  // namespace raftsim
