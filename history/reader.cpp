#include "history/reader.hpp"

#include <fmt/format.h>

#include "history/json_fields.hpp"
#include "history/line_source.hpp"
#include "history/run_info_json.hpp"
#include "seam/check.hpp"

namespace raftsim::history {
namespace {

using Kind = HistoryError::Kind;

constexpr std::string_view family = "raftsim/history@";

/// Whether this version reads `format`, and if not, why.
std::optional<std::pair<Kind, std::string>> refusal(const std::string& format) {
  if (format == history_format) return std::nullopt;
  if (format.starts_with(family))
    return std::pair(Kind::version,
                     fmt::format("this is {}; this version reads {}: a version that knows {} is needed",
                                 format, history_format, format));
  return std::pair(Kind::malformed,
                   fmt::format("not a history: format \"{}\", expected {}", format, history_format));
}

std::string scenario_text(const JsonIn& header) {
  const auto scenario = header.find("scenario");
  if (scenario == header.end()) return "";
  return scenario->is_string() ? scenario->get<std::string>()
                               : scenario->dump(-1, ' ', false, JsonIn::error_handler_t::replace);
}

/// Nothing where well.
std::optional<std::pair<Kind, std::string>> parse_header(std::string_view line, HistoryHeader& header) {
  const std::optional<JsonIn> json = parse_json(line);
  if (!json || !json->is_object())
    return std::pair(Kind::malformed, std::string("not a history: no JSON header"));
  Trouble trouble;
  Decoder decoder(*json, trouble);
  std::string format;
  decoder("format", format);
  if (auto refused = refusal(format)) return refused;
  decoder("tool", header.tool);
  decoder.wide("seed", header.seed);
  header.scenario = scenario_text(*json);
  std::string why = trouble.text();
  const auto described = json->find("run");
  if (why.empty() && described == json->end()) why = "a header without run";
  if (why.empty()) {
    std::optional<RunInfo> info =
        run_info_from_json(described->dump(-1, ' ', false, JsonIn::error_handler_t::replace), &why);
    if (info) header.run = std::move(*info);
  }
  if (why.empty()) return std::nullopt;
  return std::pair(Kind::malformed, why);
}

enum class Record : std::uint8_t { event, keyframe, end };

/// Told by the first bytes, which our writer keeps canonical; else by the key `k`.
Record record_of(std::string_view line) {
  if (line.starts_with("{\"i\":")) return Record::event;
  const std::optional<JsonIn> json = parse_json(line);
  if (!json || !json->is_object()) return Record::event;
  const auto k = json->find("k");
  if (k == json->end() || !k->is_string()) return Record::event;
  if (k->get_ref<const std::string&>() == "keyframe") return Record::keyframe;
  return k->get_ref<const std::string&>() == "end" ? Record::end : Record::event;
}

std::optional<std::string> parse_end(std::string_view line, HistoryEnd& end) {
  const std::optional<JsonIn> json = parse_json(line);
  CHECK(json.has_value());
  Trouble trouble;
  Decoder decoder(*json, trouble);
  trouble.unless(json->contains("events") && json->contains("hash"), "an end record with events and hash");
  decoder("events", end.events);
  decoder("hash", end.hash);
  const auto result = json->find("result");
  if (result != json->end())
    end.result = run_result_from_json(result->dump(-1, ' ', false, JsonIn::error_handler_t::replace));
  if (trouble) return trouble.text();
  return std::nullopt;
}

}  // namespace

class HistoryReader::Impl {
 public:
  explicit Impl(std::unique_ptr<LineSource> source) : source_(std::move(source)) {}

  std::optional<HistoryError> read_header() {
    const LineSource::Next next = source_->next();
    if (next == LineSource::Next::failed) return source_->error();
    if (next == LineSource::Next::end)
      return source_->at_line(Kind::truncated, "an empty file, not a history");
    const auto trouble = parse_header(source_->line(), header_);
    if (!trouble) return std::nullopt;
    return source_->at_line(trouble->first, trouble->second);
  }

  const HistoryHeader& header() const { return header_; }

  std::variant<HistoryEnd, HistoryError> play(Journal& journal) {
    CHECK(journal.last() == EventId{});
    while (true) {
      const LineSource::Next next = source_->next();
      if (next == LineSource::Next::failed) return source_->error();
      if (next == LineSource::Next::end)
        return source_->at_line(
            Kind::truncated,
            fmt::format("the history is cut off after event {}: no end record", journal.last().value));
      const Record record = record_of(source_->line());
      if (record == Record::end) return read_end(journal);
      if (record == Record::keyframe) continue;
      if (auto what = emit_event(journal)) return source_->at_line(Kind::malformed, std::move(*what));
    }
  }

 private:
  std::optional<std::string> emit_event(Journal& journal) {
    if (auto what = parse_event(source_->line(), event_, details_)) return what;
    const EventId expected = journal.last() + 1;
    if (event_.id != expected)
      return fmt::format("event {} where {} is due: events are missing or out of order", event_.id.value,
                         expected.value);
    journal.emit(event_, details_.view());
    return std::nullopt;
  }

  std::variant<HistoryEnd, HistoryError> read_end(const Journal& journal) {
    HistoryEnd end;
    if (auto what = parse_end(source_->line(), end))
      return source_->at_line(Kind::malformed, std::move(*what));
    if (end.events != journal.last().value)
      return source_->at_line(Kind::malformed, fmt::format("the end record tells of {} events, there were {}",
                                                           end.events, journal.last().value));
    const LineSource::Next next = source_->next();
    if (next == LineSource::Next::failed) return source_->error();
    if (next == LineSource::Next::line)
      return source_->at_line(Kind::malformed, "more lines after the end record");
    return end;
  }

  std::unique_ptr<LineSource> source_;
  HistoryHeader header_;
  Event event_;
  OwnedDetails details_;
};

HistoryReader::HistoryReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HistoryReader::HistoryReader(HistoryReader&&) noexcept = default;
HistoryReader& HistoryReader::operator=(HistoryReader&&) noexcept = default;
HistoryReader::~HistoryReader() = default;

std::variant<HistoryReader, HistoryError> HistoryReader::open(const std::string& path) {
  auto source = LineSource::open(path);
  if (auto* error = std::get_if<HistoryError>(&source)) return std::move(*error);
  return from_source(std::move(std::get<std::unique_ptr<LineSource>>(source)));
}

std::variant<HistoryReader, HistoryError> HistoryReader::from_source(std::unique_ptr<LineSource> source) {
  auto impl = std::make_unique<Impl>(std::move(source));
  if (auto error = impl->read_header()) return std::move(*error);
  return HistoryReader(std::move(impl));
}

std::variant<HistoryReader, HistoryError> HistoryReader::from_bytes(std::string name, std::string bytes) {
  return from_source(LineSource::from_bytes(std::move(name), std::move(bytes)));
}

const HistoryHeader& HistoryReader::header() const { return impl_->header(); }

std::variant<HistoryEnd, HistoryError> HistoryReader::play(Journal& journal) { return impl_->play(journal); }

}  // namespace raftsim::history
