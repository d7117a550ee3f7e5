#include "history/reader.hpp"

#include <fmt/format.h>

#include <charconv>

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
  if (!json || !json->is_object()) {
    const bool half = line.starts_with("{\"format\":\"raftsim/history@");
    return std::pair(Kind::malformed,
                     std::string(half ? "the header is cut in half: line 1 of a history is needed whole"
                                      : "not a history: no JSON header"));
  }
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

/// What tells an event's place, without decoding the rest: as our writer begins a line. Nothing for any
/// other.
struct Place {
  EventId id;
  Instant time;
};
std::optional<Place> place_of(std::string_view line) {
  constexpr std::string_view begin = "{\"i\":", between = ",\"t\":";
  Place place;
  if (!line.starts_with(begin)) return std::nullopt;
  const char* const end = line.data() + line.size();
  const auto [id_end, id_error] = std::from_chars(line.data() + begin.size(), end, place.id.value);
  if (id_error != std::errc()) return std::nullopt;
  line.remove_prefix(static_cast<std::size_t>(id_end - line.data()));
  if (!line.starts_with(between)) return std::nullopt;
  const auto [time_end, time_error] = std::from_chars(line.data() + between.size(), end, place.time.ns);
  if (time_error != std::errc() || time_end == end || *time_end != ',' || end[-1] != '}') return std::nullopt;
  return place;
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
      if (auto error = emit_event(journal)) return *error;
    }
  }

  std::variant<Excerpt, HistoryError> survey() {
    Excerpt excerpt;
    while (true) {
      const LineSource::Next next = source_->next();
      if (next == LineSource::Next::end) return excerpt;
      if (next == LineSource::Next::failed) {
        if (source_->error().kind != Kind::truncated) return source_->error();
        excerpt.cut = source_->error();
        return excerpt;
      }
      std::optional<Place> place = place_of(source_->line());
      if (!place) {
        const Record record = record_of(source_->line());
        if (record == Record::keyframe) continue;
        if (record == Record::end) return survey_end(std::move(excerpt));
        if (auto what = parse_event(source_->line(), event_, details_)) return malformed(std::move(*what));
        place = Place{event_.id, event_.time};
      }
      if (place->id <= excerpt.last) return out_of_order(place->id, excerpt.last);
      if (++excerpt.events == 1) excerpt.first = place->id;
      excerpt.last = place->id;
      excerpt.last_time = place->time;
    }
  }

  std::optional<EventLine> next_event() {
    while (source_->next() == LineSource::Next::line) {
      const std::string_view line = source_->line();
      if (const auto place = place_of(line)) return EventLine{place->id, line, source_->number()};
      if (record_of(line) != Record::event) continue;
      if (parse_event(line, event_, details_)) return std::nullopt;
      return EventLine{event_.id, line, source_->number()};
    }
    return std::nullopt;
  }

 private:
  /// Whoever cuts a file by its bytes cuts a line.
  HistoryError malformed(std::string what) const {
    if (!parse_json(source_->line()))
      what += fmt::format("; if line {} is what is left of a line that was cut in half, take it out",
                          source_->number());
    return source_->at_line(Kind::malformed, std::move(what));
  }

  HistoryError out_of_order(EventId id, EventId after) const {
    return source_->at_line(Kind::malformed,
                            fmt::format("event {} after event {}: out of order", id.value, after.value));
  }

  std::optional<HistoryError> emit_event(Journal& journal) {
    if (auto what = parse_event(source_->line(), event_, details_)) return malformed(std::move(*what));
    if (event_.id <= journal.last()) return out_of_order(event_.id, journal.last());
    if (const EventId due = journal.last() + 1; event_.id != due)
      return source_->at_line(
          Kind::gap, fmt::format("event {} where {} is due: events are missing", event_.id.value, due.value));
    journal.emit(event_, details_.view());
    return std::nullopt;
  }

  std::variant<HistoryEnd, HistoryError> read_end(const Journal& journal) {
    auto end = read_end(journal.last());
    const auto* known = std::get_if<HistoryEnd>(&end);
    if (known != nullptr && known->events > journal.last().value)
      return source_->at_line(Kind::gap, fmt::format("the end record tells of {} events, there were {}",
                                                     known->events, journal.last().value));
    return end;
  }

  std::variant<Excerpt, HistoryError> survey_end(Excerpt excerpt) {
    auto end = read_end(excerpt.last);
    if (const auto* error = std::get_if<HistoryError>(&end)) return *error;
    excerpt.end = std::get<HistoryEnd>(std::move(end));
    return excerpt;
  }

  std::variant<HistoryEnd, HistoryError> read_end(EventId last) {
    HistoryEnd end;
    if (auto what = parse_end(source_->line(), end))
      return source_->at_line(Kind::malformed, std::move(*what));
    if (end.events < last.value)
      return source_->at_line(
          Kind::malformed,
          fmt::format("the end record tells of {} events, there is an event {}", end.events, last.value));
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
std::variant<Excerpt, HistoryError> HistoryReader::survey() { return impl_->survey(); }
std::optional<HistoryReader::EventLine> HistoryReader::next_event() { return impl_->next_event(); }

}  // namespace raftsim::history
