#include "history/client_history.hpp"

#include <fmt/format.h>

#include <array>

#include "history/foreign/client_builder.hpp"
#include "history/line_source.hpp"

namespace raftsim::history {
namespace {

constexpr std::string_view space = " \t\r\n,";

/// Whether the line is an event of a history of ours, or the end of one: all of them end so.
bool is_event_of_ours(std::string_view line) {
  if (!line.ends_with('}')) return false;
  line.remove_suffix(1);
  const std::size_t digits = line.find_last_not_of("0123456789") + 1;
  return digits < line.size() && line.substr(0, digits).ends_with(",\"s\":");
}

/// What is said of a piece of a history of ours that has not its first line.
std::string without_header(std::string_view line) {
  const bool whole = line.starts_with("{\"i\":");
  return fmt::format(
      "{}: a piece of a raftsim history without its first line, which names seed, scenario and system\n"
      "  help: {}keep line 1 of the whole history, as in: (head -n 1 WHOLE; sed -n 20000,30000p WHOLE) > "
      "PIECE",
      whole ? "an event where the header is due" : "the rest of an event that was cut in half",
      whole ? "" : "take this line out, and ");
}

/// What the first line that holds anything begins like.
enum class Looks : std::uint8_t { ours, jsonl, edn, other };

bool has_format(std::string_view line) { return line.find("\"format\"") != std::string_view::npos; }

Looks looks_of(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(space), line.size()));
  if (line.starts_with('[') || line.starts_with('(') || line.starts_with("#jepsen") || line.starts_with(';'))
    return Looks::edn;
  if (!line.starts_with('{')) return Looks::other;
  line.remove_prefix(1);
  line.remove_prefix(std::min(line.find_first_not_of(space), line.size()));
  if (line.starts_with(':') || line.starts_with('#')) return Looks::edn;
  return has_format(line) ? Looks::ours : Looks::jsonl;
}

AnyHistory any_of(std::variant<ClientHistory, HistoryError> read) {
  if (auto* error = std::get_if<HistoryError>(&read)) return std::move(*error);
  return std::get<ClientHistory>(std::move(read));
}

AnyHistory any_of(std::variant<HistoryReader, HistoryError> read) {
  if (auto* error = std::get_if<HistoryError>(&read)) return std::move(*error);
  return std::get<HistoryReader>(std::move(read));
}

AnyHistory open_from(std::unique_ptr<LineSource> source, const std::string& path,
                     std::optional<Model> model) {
  source->expect(LineSource::LastLine::may_stay_open);
  while (true) {
    const LineSource::Next next = source->next();
    if (next == LineSource::Next::failed) return source->error();
    if (next == LineSource::Next::end)
      return source->at_line(HistoryError::Kind::truncated, "an empty file, not a history");
    if (source->line().find_first_not_of(space) != std::string_view::npos) break;
  }
  if (is_event_of_ours(source->line()))
    return source->at_line(HistoryError::Kind::malformed, without_header(source->line()));
  const Looks looks = looks_of(source->line());
  source->again();
  if (looks == Looks::ours) {
    source->expect(LineSource::LastLine::must_end);
    return any_of(HistoryReader::from_source(std::move(source)));
  }
  if (looks == Looks::jsonl) return any_of(read_client_jsonl(*source, path, model));
  if (looks == Looks::edn) return any_of(read_jepsen_edn(*source, path, model));
  return any_of(read_jepsen_log(*source, path, model));
}

struct ModelWord {
  std::string_view word;
  Model model;
};
constexpr std::array words{ModelWord{"register", Model::register_}, ModelWord{"kv", Model::kv},
                           ModelWord{"append", Model::append}, ModelWord{"list-append", Model::append}};

}  // namespace

std::string_view form_name(ClientForm form) {
  switch (form) {
    case ClientForm::jsonl:
      return "client JSONL";
    case ClientForm::jepsen_edn:
      return "Jepsen EDN";
    case ClientForm::jepsen_log:
      break;
  }
  return "Jepsen console log";
}

std::optional<Model> model_named(std::string_view word) {
  for (const ModelWord& w : words)
    if (w.word == word) return w.model;
  return std::nullopt;
}

std::string_view model_name(Model model) {
  for (const ModelWord& w : words)
    if (w.model == model) return w.word;
  return "none";
}

AnyHistory open_any_history(const std::string& path, std::optional<Model> model) {
  auto source = LineSource::open(path);
  if (auto* error = std::get_if<HistoryError>(&source)) return std::move(*error);
  return open_from(std::get<std::unique_ptr<LineSource>>(std::move(source)), path, model);
}

AnyHistory any_history_from_bytes(std::string name, std::string bytes, std::optional<Model> model) {
  auto source = LineSource::from_bytes(name, std::move(bytes));
  return open_from(std::move(source), name, model);
}

}  // namespace raftsim::history
