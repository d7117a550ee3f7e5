// What all subcommands share: global options and where text goes. Data on standard output, talk on standard
// error.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "cli/exit_code.hpp"
#include "reports/verdict_text.hpp"

namespace raftsim::cli {

enum class ColorChoice : unsigned char { automatic, always, never };
enum class ProgressChoice : unsigned char { automatic, bar, lines, none };
enum class Format : unsigned char { human, json, jsonl };

struct Global {
  ColorChoice color = ColorChoice::automatic;
  ProgressChoice progress = ProgressChoice::automatic;
  Format format = Format::human;
  bool quiet = false;
  bool verbose = false;
  /// As typed: reproduce lines begin with it.
  std::string program = "sim";
  /// As given with -C; empty: none.
  std::string directory;
};

/// NO_COLOR > CLICOLOR_FORCE > whether it is a terminal; --color wins over all.
reports::Color color_for(const Global& global, int fd);

Exit exit_of(reports::Outcome outcome);

/// `sim 0.1.0+1a2b3c4`.
std::string version_text();
std::string version_json();

/// To standard output; a full disk or closed pipe is reported once, by finish_output().
void print(std::string_view text);
/// Two columns, the first as wide as its widest.
using Rows = std::vector<std::pair<std::string, std::string>>;
/// With a format of JSON: objects of `name` and `text`.
void print_rows(const Global& global, const Rows& rows);
/// `objects`, an array: indented as a whole with Format::json, with Format::jsonl one a line.
void print_json(const Global& global, const nlohmann::ordered_json& objects);
/// One line to standard error, unless -q.
void talk(const Global& global, std::string_view text);
/// `sim: error: ...` to standard error, always.
/// A report draws at most this many events, unless it is told otherwise.
inline constexpr std::uint64_t report_events_max = 2'000'000;

void complain(std::string_view text);
/// `no list "gaols"; did you mean "goals"?`, or what there is where no word was given.
std::string not_there(std::string_view what, std::string_view word, std::span<const std::string_view> all);

/// Flushes standard output. Exit::output if something of it was lost.
Exit finish_output();

/// Writes to a temporary name beside `path`, then renames. Empty on success, else what went wrong, with the
/// path.
std::string write_file(const std::string& path, std::string_view content);
/// Makes the folder that `path` stands in, where there is none. Empty, or what went wrong.
std::string make_folder_of(const std::string& path);
/// Whether it is a device, a pipe or the like.
bool is_special_file(const std::string& path);

/// The same JSON, indented for reading. Precondition: `json` is JSON.
std::string pretty_json(const std::string& json);

/// A word that a POSIX shell reads as this very text.
std::string shell_quoted(const std::string& word);

}  // namespace raftsim::cli
