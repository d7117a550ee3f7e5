// write_report OUT.html [operations per second] [pass|fail|hostile]: a synthetic report, for browser tests
// and for looking at the viewer.
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string_view>

#include "reports/html.hpp"
#include "synthetic.hpp"

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: write_report OUT.html [OPERATIONS_PER_SECOND] [pass|fail|hostile]\n";
    return 2;
  }
  raftsim::tests::SyntheticOptions options;
  if (argc > 2)
    options.operations_per_second = static_cast<std::uint32_t>(std::strtoul(argv[2], nullptr, 10));
  const std::string_view how = argc > 3 ? argv[3] : "fail";
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
