// What Jepsen writes to its console and to jepsen.log: among lines of other kinds, those of jepsen.util,
// whose last part is PROCESS, :type, :f, VALUE with tabs between them. Older and newer versions differ in
// what stands before it:
//
//   INFO  jepsen.util - 3	:ok	:read	nil
//   2026-01-01 12:00:00,000{GMT}	INFO	[jepsen worker 0] jepsen.util: 3	:ok	:read	nil
#include <fmt/format.h>

#include <array>
#include <charconv>

#include "history/foreign/jepsen_pairs.hpp"
#include "history/suggest.hpp"

namespace raftsim::history {
namespace {

constexpr std::string_view logger = "jepsen.util";
constexpr std::array<std::string_view, 4> types{":invoke", ":ok", ":fail", ":info"};

class LogHistory {
 public:
  LogHistory(LineSource& source, std::string path)
      : source_(source), builder_(std::move(path), ClientForm::jepsen_log), pairs_(builder_) {}

  std::optional<HistoryError> read() {
    bool seen = false;
    while (true) {
      const LineSource::Next next = source_.next();
      if (next == LineSource::Next::failed) return source_.error();
      if (next == LineSource::Next::end) break;
      const std::size_t at = source_.line().find(logger);
      if (at == std::string_view::npos) continue;
      seen = true;
      if (auto error = take(at + logger.size())) return error;
    }
    if (seen) return std::nullopt;
    return HistoryError{
        HistoryError::Kind::malformed, source_.path(), 1,
        "not a history that this version reads\n"
        "  help: it reads raftsim/history@1, client JSONL ({\"client\":0,\"call\":17,...}), "
        "Jepsen EDN ({:process 0, ...}) and Jepsen console logs (... jepsen.util - 0 :invoke ...)"};
  }
  ClientBuilder& builder() { return builder_; }

 private:
  struct Part {
    std::string_view text;
    std::size_t at = 0;
  };

  std::optional<HistoryError> take(std::size_t from) {
    std::string_view rest = source_.line();
    while (rest.ends_with('\r')) rest.remove_suffix(1);
    from = std::min(rest.find_first_not_of(" -:", from), rest.size());
    // The nemesis, or something else that this logger had to say.
    if (from == rest.size() || rest[from] < '0' || rest[from] > '9') return std::nullopt;
    const std::array<Part, 5> parts = split(rest, from);
    if (parts[2].text.empty())
      return error_in_line(source_, from + 1, "not an operation",
                           "expected PROCESS, :type, :f and VALUE, with tabs between them");
    JepsenLine line;
    const char* end = parts[0].text.data() + parts[0].text.size();
    const auto [stop, error] = std::from_chars(parts[0].text.data(), end, line.process);
    if (error != std::errc{} || stop != end)
      return error_in_line(source_, parts[0].at + 1, "not the number of a process", "");
    const auto type = parts[1].text.starts_with(':') ? jepsen_type(parts[1].text.substr(1)) : std::nullopt;
    if (!type)
      return error_in_line(source_, parts[1].at + 1, fmt::format("no type of operation: {}", parts[1].text),
                           suggestion(parts[1].text, types));
    line.type = *type;
    line.f = parts[2].text.substr(parts[2].text.starts_with(':') ? 1 : 0);
    line.error = !parts[4].text.empty();
    line.line = source_.number();
    Edn value;
    if (auto wrong = read_value(parts[3], value)) return wrong;
    line.value = &value;
    const auto trouble = pairs_.add(line);
    if (!trouble) return std::nullopt;
    const Part& part = parts[static_cast<std::size_t>(trouble->at)];
    return error_in_line(source_, part.at + 1, trouble->what, trouble->help);
  }

  std::optional<HistoryError> read_value(const Part& part, Edn& value) {
    std::size_t at = 0;
    EdnTrouble trouble;
    const EdnResult got = read_edn(part.text, at, value, trouble);
    if (got == EdnResult::datum || got == EdnResult::nothing) return std::nullopt;
    return error_in_line(source_, part.at + trouble.at + 1, trouble.what, "");
  }

  static std::array<Part, 5> split(std::string_view line, std::size_t from) {
    std::array<Part, 5> parts;
    for (std::size_t k = 0; k < parts.size() && from <= line.size(); ++k) {
      const std::size_t end = std::min(line.find('\t', from), line.size());
      parts[k] = {line.substr(from, end - from), from};
      from = end + 1;
    }
    return parts;
  }

  LineSource& source_;
  ClientBuilder builder_;
  JepsenPairs pairs_;
};

}  // namespace

std::variant<ClientHistory, HistoryError> read_jepsen_log(LineSource& source, std::string path,
                                                          std::optional<Model> model) {
  LogHistory history(source, std::move(path));
  if (auto error = history.read()) return std::move(*error);
  return history.builder().finish(model);
}

}  // namespace raftsim::history
