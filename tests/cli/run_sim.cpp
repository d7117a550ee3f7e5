#include "tests/cli/run_sim.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <regex>
#include <sstream>

namespace raftsim::tests {
namespace {

namespace fs = std::filesystem;

const std::string source = RAFTSIM_SOURCE_DIR;
const std::string sim = RAFTSIM_SIM;

}  // namespace

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

Ran run(const std::string& arguments, const std::string& environment) {
  const fs::path folder = fs::temp_directory_path() / ("raftsim-cli-" + std::to_string(::getpid()));
  fs::create_directories(folder);
  const std::string command =
      "cd '" + source + "' && env -u RAFTSIM_SEED -u RAFTSIM_JOBS CI=1 RAFTSIM_OUT='" + folder.string() +
      "/out' " + environment + " '" + sim + "' " + arguments + " >'" + folder.string() + "/stdout' 2>'" +
      folder.string() + "/stderr' </dev/null";
  const int status = std::system(command.c_str());
  Ran ran{WEXITSTATUS(status), read_file(folder / "stdout"), read_file(folder / "stderr")};
  const auto hide = [&folder](std::string& text) {
    for (const auto& [what, with] :
         {std::pair{folder.string(), std::string("TMP")}, std::pair{sim, std::string("sim")}}) {
      for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos;)
        text.replace(at, what.size(), with);
    }
    text = std::regex_replace(text, std::regex("sim 0\\.1\\.0\\+[0-9a-z]+"), "sim VERSION");
    text = std::regex_replace(text, std::regex("simulated in [0-9.]+m?s"), "simulated in WALL");
  };
  hide(ran.out);
  hide(ran.err);
  fs::remove_all(folder);
  return ran;
}

}  // namespace raftsim::tests
