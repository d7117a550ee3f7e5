// write_report OUT.html [operations per second] [pass|fail|hostile|clients]: a synthetic report, for browser
// tests and for looking at the viewer.
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string_view>

#include "history/client_history.hpp"
#include "reports/client_timeline.hpp"
#include "reports/html.hpp"
#include "synthetic.hpp"

namespace {

/// What two clients and one that never came back asked of another system.
int write_clients(const char* path) {
  using namespace raftsim;
  auto read = history::any_history_from_bytes(
      "others.jsonl",
      R"({"client":1,"call":1000000000,"return":1200000000,"op":"put","key":"k3","value":"7","output":""}
{"client":1,"call":1500000000,"return":1700000000,"op":"put","key":"k3","value":"</script><b>","output":""}
{"client":7,"call":1600000000,"op":"put","key":"k4","value":"8","output":"?"}
{"client":2,"call":2000000000,"return":2300000000,"op":"get","key":"k3","output":"7"}
)",
      history::Model::register_);
  history::RunResult result;
  result.scenario = "others.jsonl";
  result.system = "client JSONL";
  result.verdict.properties = {{history::PropertyId::linearizable, history::Judgement::violated, 3, ""}};
  const auto line = [](std::uint64_t number, std::uint32_t client) {
    return history::Evidence{history::EventId{number}, Instant{}, history::Endpoint::client(client), "asked",
                             ""};
  };
  result.verdict.violations = {{history::PropertyId::linearizable,
                                history::EventId{4},
                                Instant{2'300'000'000},
                                "k3: get by c2 returned 7.",
                                {line(2, 1), line(4, 2)}}};
  const reports::DrawnClients drawn = reports::drawn(std::get<history::ClientHistory>(read), result, 100'000);
  std::ofstream out(path, std::ios::binary);
  out << reports::html_report(*drawn.timeline, drawn.result,
                              {.version = "sim 0.1.0+1a2b3c4",
                               .reproduce = "sim check others.jsonl",
                               .text = "FAIL  others.jsonl  linearizable violated at t=2.300000s (line 4)\n",
                               .note = drawn.note});
  return out.flush() ? 0 : 74;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: write_report OUT.html [OPERATIONS_PER_SECOND] [pass|fail|hostile|clients]\n";
    return 2;
  }
  raftsim::tests::SyntheticOptions options;
  if (argc > 2)
    options.operations_per_second = static_cast<std::uint32_t>(std::strtoul(argv[2], nullptr, 10));
  const std::string_view how = argc > 3 ? argv[3] : "fail";
  if (how == "clients") return write_clients(argv[1]);
  options.failing = how != "pass";
  options.hostile = how == "hostile";
  raftsim::reports::Timeline timeline;
  const raftsim::history::RunResult result = raftsim::tests::play_synthetic(options, timeline);
  std::ofstream out(argv[1], std::ios::binary);
  out << raftsim::reports::html_report(timeline, result,
                                       {.version = "sim 0.1.0+1a2b3c4, scenario 9f2c7e1",
                                        .reproduce = "sim run scenarios/leader_crash.json --seed 42"});
  out.flush();
  std::cout << timeline.size() << " events\n";
  return out ? 0 : 74;
}
