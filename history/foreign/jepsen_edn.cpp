// Jepsen's history.edn: maps of operations, one after the other or in one vector; records
// (#jepsen.history.Op{...}) are maps, too. Lines of the nemesis are passed over.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "history/foreign/jepsen_pairs.hpp"
#include "history/suggest.hpp"

namespace raftsim::history {
namespace {

constexpr std::size_t datum_lines_max = 4'096;
constexpr std::array<std::string_view, 8> fields{"process", "type", "f",     "value",
                                                 "key",     "time", "error", "index"};
constexpr std::array<std::string_view, 4> types{"invoke", "ok", "fail", "info"};

template <class Number>
std::optional<Number> whole(const Edn& datum) {
  Number n{};
  const char* end = datum.text.data() + datum.text.size();
  const auto [stop, error] = std::from_chars(datum.text.data(), end, n);
  if (!datum.is(Edn::Kind::number) || error != std::errc{} || stop != end) return std::nullopt;
  return n;
}

class EdnHistory {
 public:
  EdnHistory(LineSource& source, std::string path)
      : source_(source), builder_(std::move(path), ClientForm::jepsen_edn), pairs_(builder_) {}

  std::optional<HistoryError> read() {
    while (true) {
      const LineSource::Next next = source_.next();
      if (next == LineSource::Next::failed) return source_.error();
      if (next == LineSource::Next::end) break;
      if (auto error = take_line()) return error;
    }
    if (!pending_.empty()) return at(trouble_.at, trouble_.what, "the file ends within this");
    return std::nullopt;
  }
  ClientBuilder& builder() { return builder_; }

 private:
  /// What of `pending_` is whole is taken; the rest waits for more lines.
  std::optional<HistoryError> take_line() {
    if (pending_.empty()) first_line_ = source_.number();
    pending_ += source_.line();
    pending_ += '\n';
    while (true) {
      skip_brackets(taken_);
      std::size_t end = taken_;
      const EdnResult got = read_edn(pending_, end, datum_, trouble_);
      if (got == EdnResult::wrong) return at(trouble_.at, trouble_.what, "");
      if (got == EdnResult::incomplete) break;
      if (got == EdnResult::nothing) {
        pending_.clear();
        taken_ = 0;
        return std::nullopt;
      }
      if (auto error = take(datum_)) return error;
      taken_ = end;
    }
    forget_taken_lines();
    if (source_.number() - first_line_ < datum_lines_max) return std::nullopt;
    return at(trouble_.at, fmt::format("{}, within {} lines", trouble_.what, datum_lines_max), "");
  }

  void forget_taken_lines() {
    const std::size_t last = taken_ == 0 ? std::string::npos : pending_.rfind('\n', taken_ - 1);
    if (last == std::string::npos) return;
    first_line_ = line_of(last + 1);
    pending_.erase(0, last + 1);
    taken_ -= last + 1;
    trouble_.at -= last + 1;
  }

  /// The whole history may stand in a vector or a list.
  void skip_brackets(std::size_t& from) {
    while (from < pending_.size()) {
      const char c = pending_[from];
      const bool opens = (c == '[' || c == '(') && !opened_ && !begun_;
      const bool closes = (c == ']' || c == ')') && opened_;
      if (!opens && !closes && c != ' ' && c != ',' && c != '\t' && c != '\r' && c != '\n') return;
      opened_ = (opened_ || opens) && !closes;
      ++from;
    }
  }

  std::optional<HistoryError> take(const Edn& datum) {
    begun_ = true;
    if (!datum.is(Edn::Kind::map))
      return at(datum.at, "not an operation", "expected a map, as in {:process 0, :type :invoke, :f :read}");
    JepsenLine line;
    const Edn* process = datum.find("process");
    const Edn* type = datum.find("type");
    const Edn* f = datum.find("f");
    if (process == nullptr || type == nullptr || f == nullptr) return missing(datum, process, type);
    if (!process->is(Edn::Kind::number)) return std::nullopt;  // the nemesis
    const auto number = whole<std::uint32_t>(*process);
    if (!number) return at(process->at, "not the number of a process", "");
    line.process = *number;
    const auto known_type = jepsen_type(type->text);
    if (!known_type)
      return at(type->at, fmt::format("no type of operation: :{}", type->text),
                suggestion(type->text, types));
    line.type = *known_type;
    line.f = f->text;
    line.key = datum.find("key");
    line.value = datum.find("value");
    const Edn* error = datum.find("error");
    line.error = error != nullptr && !error->is(Edn::Kind::nil);
    if (const Edn* time = datum.find("time"))
      if (const auto ns = whole<std::int64_t>(*time)) line.time = Instant{*ns};
    line.line = line_of(datum.at);
    const auto trouble = pairs_.add(line);
    if (!trouble) return std::nullopt;
    return at(place(*trouble, datum), trouble->what, trouble->help);
  }

  std::optional<HistoryError> missing(const Edn& datum, const Edn* process, const Edn* type) {
    const std::string_view what = process == nullptr ? "process" : type == nullptr ? "type" : "f";
    std::string help = fmt::format("add :{}", what);
    for (std::size_t i = 0; i < datum.items.size(); i += 2) {
      const Edn& key = datum.items[i];
      const std::string_view near = closest(key.text, fields);
      if (near == what && key.text != what)
        return at(key.at, fmt::format("an operation without :{}", what),
                  fmt::format("did you mean :{}?", what));
    }
    return at(datum.at, fmt::format("an operation without :{}", what), help);
  }

  static std::size_t place(const JepsenTrouble& trouble, const Edn& datum) {
    static constexpr std::array<std::string_view, 4> names{"process", "type", "f", "value"};
    const Edn* part = datum.find(names[static_cast<std::size_t>(trouble.at)]);
    return part != nullptr ? part->at : datum.at;
  }

  std::uint64_t line_of(std::size_t byte) const {
    std::uint64_t line = first_line_;
    for (std::size_t k = 0; k < byte && k < pending_.size(); ++k) line += pending_[k] == '\n' ? 1u : 0u;
    return line;
  }

  HistoryError at(std::size_t byte, std::string what, std::string_view help) const {
    byte = std::min(byte, pending_.size());
    const std::size_t before = byte == 0 ? std::string::npos : pending_.rfind('\n', byte - 1);
    const std::size_t from = before == std::string::npos ? 0 : before + 1;
    const std::size_t to = std::min(pending_.find('\n', from), pending_.size());
    return error_in_line(source_.path(), line_of(from), std::string_view(pending_).substr(from, to - from),
                         byte - from + 1, std::move(what), help);
  }

  LineSource& source_;
  ClientBuilder builder_;
  JepsenPairs pairs_;
  std::string pending_;  ///< lines from `first_line_` on, of which something is left
  std::uint64_t first_line_ = 1;
  std::size_t taken_ = 0;  ///< bytes of `pending_` that are done with
  Edn datum_;
  EdnTrouble trouble_;
  bool opened_ = false;  ///< the bracket around the whole history
  bool begun_ = false;
};

}  // namespace

std::variant<ClientHistory, HistoryError> read_jepsen_edn(LineSource& source, std::string path,
                                                          std::optional<Model> model) {
  EdnHistory history(source, std::move(path));
  if (auto error = history.read()) return std::move(*error);
  return history.builder().finish(model);
}

}  // namespace raftsim::history
