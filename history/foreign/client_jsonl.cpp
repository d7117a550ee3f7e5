// One operation a line: {"client":0,"call":17,"return":42,"op":"put","key":"k","value":"v","output":"o"}.
// Times are integers in ns. op: get, put, append, cas, delete. A cas' value is "FROM>TO", its output true or
// false (also "ok", "fail"); an output "?", no output and no return mean that nobody knows whether it took
// effect. A get's output is a string, a number, null (absent), or a list. That of a put, an append or a
// delete says at most whether it was done. Whatever is none of this is refused, an unknown field above all: a
// misspelt "return" that is passed over makes a verdict on another history.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "history/client_values.hpp"
#include "history/foreign/client_builder.hpp"
#include "history/suggest.hpp"

namespace raftsim::history {
namespace {

enum class Field : std::uint8_t { client, call, back, op, key, value, output, other };
constexpr std::array<std::string_view, 7> field_names{"client", "call",  "return", "op",
                                                      "key",    "value", "output"};

struct Verb {
  std::string_view word;
  OperationKind kind;
};
constexpr std::array verbs{
    Verb{"get", OperationKind::get},       Verb{"put", OperationKind::put},
    Verb{"append", OperationKind::append}, Verb{"cas", OperationKind::cas},
    Verb{"delete", OperationKind::remove}, Verb{"read", OperationKind::get},
    Verb{"write", OperationKind::put},
};
constexpr std::array<std::string_view, 5> verb_words{"get", "put", "append", "cas", "delete"};

struct Scalar {
  /// nested: an object, or a list of anything but strings and numbers.
  enum class Kind : std::uint8_t { none, null, boolean, whole, real, string, list, nested } kind = Kind::none;
  bool truth = false;
  std::int64_t number = 0;
  std::string text;  ///< of a list: its elements as they are kept

  void reset(Kind k) {
    kind = k;
    text.clear();
  }
  bool told() const { return kind != Kind::none && kind != Kind::null; }
  bool is_value() const { return kind == Kind::string || kind == Kind::whole || kind == Kind::real; }
};

/// Fills one Scalar per field, from the parser's events, without building a document.
class LineEvents {
 public:
  using json = nlohmann::json;

  std::array<Scalar, 8> fields;
  std::string unknown;       ///< the first field that is none of ours
  std::string twice;         ///< the first field that stands there again
  std::size_t error_at = 0;  ///< from 1; 0: none
  bool is_object = false;
  bool has_unknown = false;

  void begin() {
    for (Scalar& s : fields) s.reset(Scalar::Kind::none);
    seen_ = {};
    has_unknown = false;
    unknown.clear();
    twice.clear();
    error_at = 0;
    is_object = false;
    depth_ = 0;
    field_ = Field::other;
  }

  bool null() { return scalar(Scalar::Kind::null, "null"); }
  bool boolean(bool value) {
    target().truth = value;
    return scalar(Scalar::Kind::boolean, value ? "true" : "false");
  }
  bool number_integer(json::number_integer_t value) { return whole(value); }
  bool number_unsigned(json::number_unsigned_t value) {
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (value > most) return scalar(Scalar::Kind::real, fmt::format("{}", value));
    return whole(static_cast<std::int64_t>(value));
  }
  bool number_float(json::number_float_t, const std::string& text) {
    return scalar(Scalar::Kind::real, text);
  }
  bool string(std::string& value) { return scalar(Scalar::Kind::string, value); }
  bool binary(json::binary_t&) { return false; }
  bool start_object(std::size_t) {
    is_object = is_object || depth_ == 0;
    if (depth_ >= 1) target().reset(Scalar::Kind::nested);
    return ++depth_ <= depth_max;
  }
  bool end_object() { return leave(); }
  bool start_array(std::size_t) {
    if (depth_ >= 1) target().reset(depth_ == 1 ? Scalar::Kind::list : Scalar::Kind::nested);
    return ++depth_ <= depth_max;
  }
  bool end_array() { return leave(); }
  bool key(std::string& name) {
    if (depth_ != 1) return true;
    field_ = Field::other;
    for (std::size_t k = 0; k < field_names.size(); ++k)
      if (field_names[k] == name) field_ = static_cast<Field>(k);
    if (field_ == Field::other) {
      if (!has_unknown) unknown = name;
      has_unknown = true;
    } else if (std::exchange(seen_[static_cast<std::size_t>(field_)], true) && twice.empty()) {
      twice = name;
    }
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) {
    error_at = std::max<std::size_t>(position, 1);
    return false;
  }

 private:
  static constexpr int depth_max = 64;
  Scalar& target() { return fields[static_cast<std::size_t>(field_)]; }
  bool leave() {
    --depth_;
    return true;
  }
  bool whole(std::int64_t value) {
    if (depth_ == 1) target().number = value;
    return scalar(Scalar::Kind::whole, depth_ == 1 ? std::string_view() : fmt::format("{}", value));
  }
  bool scalar(Scalar::Kind kind, std::string_view text) {
    if (depth_ == 0) return true;
    if (depth_ == 1) {
      target().reset(kind);
      target().text = text;
    } else if (kind == Scalar::Kind::null || kind == Scalar::Kind::boolean) {
      target().reset(Scalar::Kind::nested);  // no element of a list
    } else if (depth_ == 2 && target().kind == Scalar::Kind::list) {
      target().text += kept_element(text);
    }
    return true;
  }

  int depth_ = 0;
  Field field_ = Field::other;
  std::array<bool, field_names.size()> seen_{};
};

class JsonlHistory {
 public:
  JsonlHistory(LineSource& source, std::string path)
      : source_(source), builder_(std::move(path), ClientForm::jsonl) {
    builder_.history().clock = ClientHistory::Clock::coarse;
  }

  std::optional<HistoryError> read() {
    while (true) {
      const LineSource::Next next = source_.next();
      if (next == LineSource::Next::failed) return source_.error();
      if (next == LineSource::Next::end) return own_order();
      if (source_.line().find_first_not_of(" \t\r") == std::string_view::npos) continue;
      if (auto error = take()) return error;
    }
  }
  ClientBuilder& builder() { return builder_; }

 private:
  Scalar& at(Field f) { return events_.fields[static_cast<std::size_t>(f)]; }

  /// Where a field's value stands; looked for only when something is wrong with it.
  HistoryError wrong(Field f, std::string what, std::string_view help) const {
    const std::string name = fmt::format("\"{}\"", field_names[static_cast<std::size_t>(f)]);
    const std::string_view line = source_.line();
    std::size_t at = line.find(name);
    if (at == std::string_view::npos) return error_in_line(source_, 1, std::move(what), help);
    at = line.find_first_not_of(" \t:", at + name.size());
    return error_in_line(source_, at == std::string_view::npos ? 1 : at + 1, std::move(what), help);
  }

  std::optional<HistoryError> take() {
    events_.begin();
    const std::string_view line = source_.line();
    const bool good = nlohmann::json::sax_parse(line.begin(), line.end(), &events_);
    if (!good || !events_.is_object)
      return error_in_line(
          source_, events_.error_at, events_.is_object ? "no JSON" : "not a JSON object",
          "expected {\"client\":0,\"call\":17,\"return\":42,\"op\":\"put\",\"key\":\"k\",...}");
    if (auto error = strange_field()) return error;
    ClientOperation o;
    o.called_line = o.answered_line = source_.number();
    if (auto error = take_operation(o)) return error;
    if (auto error = take_times(o)) return error;
    if (auto error = take_value(o)) return error;
    if (auto error = take_output(o)) return error;
    builder_.count(o.kind, source_.number());
    builder_.operations().push_back(o);
    return std::nullopt;
  }

  std::optional<HistoryError> strange_field() const {
    const std::string_view line = source_.line();
    if (events_.has_unknown) {
      const std::size_t at = line.find(fmt::format("\"{}\"", events_.unknown));
      return error_in_line(source_, at == std::string_view::npos ? 1 : at + 1,
                           fmt::format("no field \"{}\" is known", events_.unknown),
                           suggestion(events_.unknown, field_names));
    }
    if (events_.twice.empty()) return std::nullopt;
    return error_in_line(source_, line.rfind(fmt::format("\"{}\"", events_.twice)) + 1,
                         fmt::format("\"{}\" stands there twice", events_.twice), "which of them counts?");
  }

  std::optional<HistoryError> take_operation(ClientOperation& o) {
    const Scalar& op = at(Field::op);
    if (op.kind != Scalar::Kind::string) return wrong(Field::op, "an operation without \"op\"", "add \"op\"");
    const Verb* verb = nullptr;
    for (const Verb& v : verbs)
      if (v.word == op.text) verb = &v;
    if (verb == nullptr)
      return wrong(Field::op, fmt::format("no operation \"{}\" is known", op.text),
                   suggestion(op.text, verb_words));
    o.kind = verb->kind;
    const Scalar& client = at(Field::client);
    const bool named = client.kind == Scalar::Kind::whole && client.number >= 0 &&
                       client.number <= std::numeric_limits<std::uint32_t>::max();
    if (!named) return wrong(Field::client, "no number in \"client\"", "expected an integer from 0 on");
    o.client = static_cast<std::uint32_t>(client.number);
    const Scalar& key = at(Field::key);
    if (key.kind == Scalar::Kind::none)
      return wrong(Field::key, "an operation without \"key\"", "add \"key\"");
    if (key.kind != Scalar::Kind::whole && key.kind != Scalar::Kind::string)
      return wrong(Field::key, "\"key\" is neither a string nor an integer", "");
    o.key = builder_.key(key.kind == Scalar::Kind::whole ? fmt::format("{}", key.number) : key.text);
    return std::nullopt;
  }

  /// At one moment, calls come before returns: who returns at 5 and another who calls at 5 overlap.
  std::optional<HistoryError> take_times(ClientOperation& o) {
    const auto time = [](const Scalar& s) {
      constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / 2;
      return s.kind == Scalar::Kind::whole && s.number >= 0 && s.number <= most;
    };
    if (!time(at(Field::call)))
      return wrong(Field::call, "no time in \"call\"", "expected an integer, in ns");
    o.called_at = Instant{at(Field::call).number};
    o.call = 2 * static_cast<std::uint64_t>(at(Field::call).number);
    if (!at(Field::back).told()) {
      const Scalar& output = at(Field::output);
      if (output.told() && !is_unknown(output))
        return wrong(Field::output, "an output, and no time at which it came",
                     "add \"return\"; \"?\", or no output, where it is unknown");
      return std::nullopt;
    }
    if (!time(at(Field::back)))
      return wrong(Field::back, "no time in \"return\"",
                   "expected an integer, in ns; leave it out where unknown");
    if (at(Field::back).number < at(Field::call).number)
      return wrong(Field::back,
                   fmt::format("returned at {}, before it was called at {}", at(Field::back).number,
                               at(Field::call).number),
                   "");
    o.answered_at = Instant{at(Field::back).number};
    o.back = 2 * static_cast<std::uint64_t>(at(Field::back).number) + 1;
    o.end = ClientOperation::End::ok;
    return std::nullopt;
  }

  static bool is_unknown(const Scalar& output) {
    return output.kind == Scalar::Kind::string && output.text == "?";
  }

  static std::string number_text(const Scalar& s) {
    return s.kind == Scalar::Kind::whole ? fmt::format("{}", s.number) : s.text;
  }

  std::optional<HistoryError> take_value(ClientOperation& o) {
    const Scalar& value = at(Field::value);
    if (o.kind == OperationKind::get || o.kind == OperationKind::remove) {
      const bool empty = value.kind == Scalar::Kind::string && value.text.empty();
      if (!value.told() || empty) return std::nullopt;
      return wrong(Field::value, fmt::format("a {} has no \"value\"", at(Field::op).text),
                   "what a get returned stands in \"output\"");
    }
    if (!value.is_value())
      return wrong(Field::value, fmt::format("no \"value\" to {}", at(Field::op).text),
                   "expected a string or a number");
    const std::string text = number_text(value);
    if (o.kind == OperationKind::cas) return take_swap(o, text);
    o.value = builder_.text(text);
    ClientTraits& traits = builder_.traits();
    const bool ends_nil =
        o.kind == OperationKind::append && !text.empty() && std::string_view("nil").ends_with(text);
    if (text == "nil" || ends_nil) first(traits.wrote_word_nil);
    if (o.kind == OperationKind::append && value.kind != Scalar::Kind::string) first(traits.append_other);
    return std::nullopt;
  }

  std::optional<HistoryError> take_swap(ClientOperation& o, std::string_view text) {
    const std::size_t arrow = text.find('>');
    if (arrow == std::string_view::npos || arrow != text.rfind('>'))
      return wrong(Field::value, "a cas without its two values", "expected \"FROM>TO\"");
    const std::string_view from = text.substr(0, arrow), to = text.substr(arrow + 1);
    o.expected = builder_.text(from);
    o.value = builder_.text(to);
    if (from == "nil") first(builder_.traits().word_nil);
    if (from.empty()) first(builder_.traits().read_empty);
    if (to == "nil") first(builder_.traits().wrote_word_nil);
    return std::nullopt;
  }

  std::optional<HistoryError> take_output(ClientOperation& o) {
    const Scalar& output = at(Field::output);
    if (is_unknown(output)) o.end = ClientOperation::End::unknown;
    if (o.end == ClientOperation::End::unknown) return std::nullopt;
    if (o.kind == OperationKind::get) return take_returned(o, output);
    const std::optional<bool> done = is_done(output);
    if (o.kind == OperationKind::cas) {
      if (!done)
        return wrong(Field::output, "whether the cas swapped is not told",
                     "expected true or false, \"ok\" or \"fail\", \"?\" where it is unknown");
      o.applied = *done;
      return std::nullopt;
    }
    const bool silent = !output.told() || (output.kind == Scalar::Kind::string && output.text.empty());
    if (!done && !silent)
      return wrong(Field::output, fmt::format("whether the {} was done is not told", at(Field::op).text),
                   "done: \"\", true, \"ok\" or none; never done: false or \"fail\"; unknown: \"?\"");
    if (done == false) o.end = ClientOperation::End::failed;
    return std::nullopt;
  }

  std::optional<HistoryError> take_returned(ClientOperation& o, const Scalar& output) {
    ClientTraits& traits = builder_.traits();
    if (output.kind == Scalar::Kind::none)
      return wrong(Field::output, "a get without its \"output\"", "\"?\" where it is unknown");
    if (output.kind == Scalar::Kind::null) {
      first(traits.read_nil);
      return std::nullopt;
    }
    if (!output.is_value() && output.kind != Scalar::Kind::list)
      return wrong(Field::output, "no answer to a get",
                   "expected a string, a number, null or a list; \"?\" where it is unknown");
    const std::string text = number_text(output);
    o.returned = builder_.text(text);
    first(output.kind == Scalar::Kind::list ? traits.read_list : traits.read_string);
    if (output.kind == Scalar::Kind::list) return std::nullopt;
    if (text == "nil") first(traits.word_nil);
    if (text.empty()) first(traits.read_empty);
    return std::nullopt;
  }

  /// Nothing: it does not say.
  static std::optional<bool> is_done(const Scalar& output) {
    if (output.kind == Scalar::Kind::boolean) return output.truth;
    if (output.kind != Scalar::Kind::string) return std::nullopt;
    if (output.text == "true" || output.text == "ok") return true;
    if (output.text == "false" || output.text == "fail") return false;
    return std::nullopt;
  }

  /// A client does one thing at a time. One whose operation is of unknown outcome has given it up, and goes
  /// on under its number (when it gave up, no field tells: some tools write the end of the test as its
  /// return). Where it calls at the moment of its own answer, as it looks on a coarse clock, the answer came
  /// first. Of its calls at one moment the one that takes time comes last, the others in the order of the
  /// lines.
  std::optional<HistoryError> own_order() {
    std::vector<ClientOperation>& all = builder_.operations();
    std::vector<ClientOperation*> order;
    order.reserve(all.size());
    for (ClientOperation& o : all) order.push_back(&o);
    const auto key = [](const ClientOperation* o) {
      const bool takes_time = o->end != ClientOperation::End::unknown && o->answered_at != o->called_at;
      return std::tuple(o->client, o->call, takes_time, o->called_line);
    };
    std::ranges::sort(order, {}, key);
    const ClientOperation* busy = nullptr;
    std::uint32_t turn = 0;
    for (ClientOperation* o : order) {
      o->turn = turn++;
      if (busy != nullptr && busy->client != o->client) busy = nullptr;
      if (busy != nullptr && o->called_at < busy->answered_at)
        return HistoryError{HistoryError::Kind::malformed, source_.path(), o->called_line,
                            fmt::format("client {} calls at {}, though what it called before returns at {} "
                                        "(line {})\n  help: a client does one thing at a time; number them "
                                        "apart, or leave out a return that nobody saw",
                                        o->client, o->called_at.ns, busy->answered_at.ns, busy->called_line)};
      o->at_once = busy != nullptr && o->called_at == busy->answered_at;
      if (o->end != ClientOperation::End::unknown) busy = o;
    }
    return std::nullopt;
  }

  void first(std::uint64_t& seen) const {
    if (seen == 0) seen = source_.number();
  }

  LineSource& source_;
  ClientBuilder builder_;
  LineEvents events_;
};

}  // namespace

std::variant<ClientHistory, HistoryError> read_client_jsonl(LineSource& source, std::string path,
                                                            std::optional<Model> model) {
  JsonlHistory history(source, std::move(path));
  if (auto error = history.read()) return std::move(*error);
  return history.builder().finish(model);
}

}  // namespace raftsim::history
