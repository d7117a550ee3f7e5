#include "cli/words.hpp"

#include <algorithm>

namespace raftsim::cli {
namespace {

/// What no help shows, such as commands of later versions, is not suggested.
template <typename Part>
bool is_shown(const Part& part) {
  return !part.get_group().empty();
}

std::string unknown_command(const CLI::App& app, const std::string& word) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    if (is_shown(*command)) names.push_back(command->get_name());
  const std::vector<std::string_view> views(names.begin(), names.end());
  return fmt::format("unknown command \"{}\"; {}", word, sim::suggestion(word, views));
}

/// `--seed` and `-j`, as they are written.
std::vector<std::string> flags_of(const CLI::App& app) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : app.get_options()) {
    if (!is_shown(*option)) continue;
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
    for (const std::string& name : option->get_snames()) flags.push_back("-" + name);
  }
  return flags;
}

std::string unknown_flag(const CLI::App& app, const CLI::App* command, std::string_view word) {
  const std::string_view flag = word.substr(0, word.find('='));
  std::vector<std::string> flags = command == nullptr ? std::vector<std::string>{} : flags_of(*command);
  if (std::find(flags.begin(), flags.end(), flag) != flags.end())
    return fmt::format("{} stands before the command: it belongs after \"{}\"", flag, command->get_name());
  for (std::string& global : flags_of(app)) flags.push_back(std::move(global));
  const std::vector<std::string_view> views(flags.begin(), flags.end());
  // A list of all flags helps nobody: the command's help has them.
  const std::string_view meant = sim::closest(flag, views);
  return fmt::format("unknown flag \"{}\"{}", flag,
                     meant.empty() ? "" : fmt::format("; did you mean \"{}\"?", meant));
}

}  // namespace

std::string unexpected_word(const CLI::App& app) {
  const std::vector<std::string> words = app.remaining(true);
  const auto first = std::find_if(words.begin(), words.end(), [](const auto& word) { return word != "--"; });
  if (first == words.end()) return {};
  const std::vector<CLI::App*> named = app.get_subcommands();
  const CLI::App* command = named.empty() ? nullptr : named.front();
  if (command != nullptr && command->get_allow_extras()) return {};
  if (first->starts_with('-')) return unknown_flag(app, command, *first);
  if (command == nullptr) return unknown_command(app, *first);
  return fmt::format("sim {}: \"{}\" is one word too many", command->get_name(), *first);
}

}  // namespace raftsim::cli
