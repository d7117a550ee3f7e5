#include "cli/later.hpp"

#include <array>
#include <string_view>

namespace raftsim::cli {
namespace {

constexpr std::array<std::string_view, 7> commands{"fuzz",   "shrink", "diff",  "export",
                                                   "corpus", "init",   "doctor"};

struct Flag {
  std::string_view command;
  std::string_view name;
  bool takes_value = true;
};
constexpr std::array flags{
    Flag{"replay", "--from"},    Flag{"replay", "--break"},       Flag{"replay", "--step", false},
    Flag{"report", "--from"},    Flag{"report", "--to"},          Flag{"report", "--around"},
    Flag{"report", "--compare"}, Flag{"report", "--open", false},
};

}  // namespace

void Later::add_to(CLI::App& app) {
  for (const std::string_view name : commands) {
    CLI::App* command = app.add_subcommand(std::string(name))->group("");
    // Whatever follows is not looked at.
    command->set_help_flag();
    command->fallthrough(false)->allow_extras();
    parts_.push_back({"sim " + std::string(name), command, nullptr});
  }
  for (const Flag& flag : flags) {
    const std::string name(flag.name);
    CLI::App* command = app.get_subcommand(std::string(flag.command));
    CLI::Option* option = command->add_option(name)->group("");
    if (!flag.takes_value) option->expected(0);
    parts_.push_back({"sim " + std::string(flag.command) + " " + name, command, option});
  }
}

std::string Later::asked_for() const {
  for (const Part& part : parts_)
    if (part.command->parsed() && (part.flag == nullptr || part.flag->count() > 0)) return part.words;
  return {};
}

}  // namespace raftsim::cli
