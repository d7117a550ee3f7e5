#include "cli/context.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/version.hpp"
#include "history/suggest.hpp"

namespace raftsim::cli {

reports::Color color_for(const Global& global, int fd) {
  const auto ansi = [](bool yes) { return yes ? reports::Color::ansi : reports::Color::plain; };
  if (global.color != ColorChoice::automatic) return ansi(global.color == ColorChoice::always);
  if (const char* no = std::getenv("NO_COLOR"); no != nullptr && *no != '\0') return reports::Color::plain;
  if (const char* force = std::getenv("CLICOLOR_FORCE"); force != nullptr && std::strcmp(force, "0") != 0) {
    return reports::Color::ansi;
  }
  return ansi(::isatty(fd) == 1);
}

Exit exit_of(reports::Outcome outcome) {
  switch (outcome) {
    case reports::Outcome::held:
      return Exit::held;
    case reports::Outcome::violated:
      return Exit::violated;
    case reports::Outcome::unknown:
      break;
  }
  return Exit::unknown;
}

std::string version_text() { return fmt::format("sim {}+{}", version_number, version_commit); }

std::string version_json() {
  return nlohmann::ordered_json{{"name", "sim"},
                                {"version", version_number},
                                {"commit", version_commit},
                                {"compiler", version_compiler},
                                {"build", version_build}}
      .dump();
}

void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void print_rows(const Global& global, const Rows& rows) {
  if (global.format != Format::human) {
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (const auto& [name, text] : rows) all.push_back({{"name", name}, {"text", text}});
    return print_json(global, all);
  }
  std::size_t width = 0;
  for (const auto& [name, text] : rows) width = std::max(width, name.size());
  for (const auto& [name, text] : rows) print(fmt::format("{:<{}}  {}\n", name, width, text));
}

void print_json(const Global& global, const nlohmann::ordered_json& objects) {
  if (global.format == Format::json) return print(objects.dump(2) + "\n");
  for (const nlohmann::ordered_json& object : objects) print(object.dump() + "\n");
}

void talk(const Global& global, std::string_view text) {
  if (global.quiet) return;
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fputc('\n', stderr);
}

void complain(std::string_view text) {
  const std::string line = fmt::format("sim: error: {}\n", text);
  std::fwrite(line.data(), 1, line.size(), stderr);
}

std::string not_there(std::string_view what, std::string_view word, std::span<const std::string_view> all) {
  if (word.empty()) return fmt::format("which {}? {}", what, fmt::join(all, ", "));
  return fmt::format("no {} \"{}\"; {}", what, word, history::suggestion(word, all));
}

Exit finish_output() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return Exit::held;
  complain(fmt::format("standard output could not be written: {}", std::strerror(errno)));
  return Exit::output;
}

namespace {

/// Empty, or why not all of it is there.
std::string write_to(const std::filesystem::path& path, std::string_view content) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return std::strerror(errno);
  const bool written = std::fwrite(content.data(), 1, content.size(), file) == content.size();
  const int saved = errno;
  if (std::fclose(file) == 0 && written) return {};
  return std::strerror(written ? errno : saved);
}

}  // namespace

std::string make_folder_of(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code code;
  if (!folder.empty()) std::filesystem::create_directories(folder, code);
  return code ? fmt::format("{}: {}", folder.string(), code.message()) : std::string();
}

bool is_special_file(const std::string& path) {
  std::error_code code;
  const std::filesystem::file_status status = std::filesystem::status(path, code);
  return std::filesystem::exists(status) && !std::filesystem::is_regular_file(status) &&
         !std::filesystem::is_directory(status);
}

std::string write_file(const std::string& path, std::string_view content) {
  if (const std::string error = make_folder_of(path); !error.empty()) return error;
  const auto told = [&path](const std::string& why) {
    return why.empty() ? why : fmt::format("{}: {}", path, why);
  };
  // A device or a pipe takes what is written to it; a rename would put a file in its place.
  if (is_special_file(path)) return told(write_to(path, content));
  std::error_code code;
  // A link stays one: what it leads to is replaced.
  const std::filesystem::path target = std::filesystem::is_symlink(path, code)
                                           ? std::filesystem::weakly_canonical(path, code)
                                           : std::filesystem::path(path);
  const std::string temporary = fmt::format("{}.{}.tmp", target.string(), ::getpid());
  std::string error = write_to(temporary, content);
  if (error.empty()) {
    std::filesystem::rename(temporary, target, code);
    if (code) error = code.message();
  }
  if (!error.empty()) std::remove(temporary.c_str());
  return told(error);
}

std::string pretty_json(const std::string& json) { return nlohmann::ordered_json::parse(json).dump(2); }

std::string shell_quoted(const std::string& word) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string quoted = "'";
  for (char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace raftsim::cli
