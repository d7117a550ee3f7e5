#include "history/foreign/client_builder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "history/client_values.hpp"

namespace raftsim::history {
namespace {

/// Of a long line, only what is around the column.
constexpr std::size_t shown_max = 96;

std::string printable(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7F)
      c = c == '\t' ? ' ' : '?';
  return out;
}

}  // namespace

HistoryError error_in_line(std::string path, std::uint64_t number, std::string_view line, std::size_t column,
                           std::string what, std::string_view help) {
  column = std::clamp<std::size_t>(column, 1, line.size() + 1);
  const std::size_t from = column > shown_max * 3 / 4 ? column - 1 - shown_max / 2 : 0;
  const std::string shown = printable(line.substr(from, shown_max));
  what += fmt::format("\n{:>4} | {}{}{}\n     | {:>{}}^ {}", number, from > 0 ? "..." : "", shown,
                      from + shown_max < line.size() ? "..." : "", "", column - 1 - from + (from > 0 ? 3 : 0),
                      help);
  while (what.back() == ' ') what.pop_back();
  return {HistoryError::Kind::malformed, std::move(path), number, std::move(what), column};
}

HistoryError error_in_line(const LineSource& source, std::size_t column, std::string what,
                           std::string_view help) {
  return error_in_line(source.path(), source.number(), source.line(), column, std::move(what), help);
}

ClientBuilder::ClientBuilder(std::string path, ClientForm form) {
  history_.path = std::move(path);
  history_.form = form;
}

std::uint32_t ClientBuilder::key(std::string_view name, std::string_view apart) {
  const auto [found, fresh] =
      key_number_.try_emplace(std::string(apart), static_cast<std::uint32_t>(history_.keys.size()));
  if (fresh) {
    history_.keys.emplace_back(name);
    key_apart_.emplace_back(apart);
  }
  return found->second;
}

/// Keys of one name that are not one key are shown as what tells them apart.
void ClientBuilder::keys_apart() {
  std::vector<std::uint32_t> by_name(history_.keys.size());
  std::iota(by_name.begin(), by_name.end(), 0u);
  const auto name = [this](std::uint32_t k) -> const std::string& { return history_.keys[k]; };
  std::sort(by_name.begin(), by_name.end(),
            [&name](std::uint32_t a, std::uint32_t b) { return name(a) < name(b); });
  std::vector<std::uint32_t> shared;
  for (std::size_t i = 0; i < by_name.size(); ++i) {
    const bool before = i > 0 && name(by_name[i - 1]) == name(by_name[i]);
    const bool behind = i + 1 < by_name.size() && name(by_name[i + 1]) == name(by_name[i]);
    if (before || behind) shared.push_back(by_name[i]);
  }
  for (const std::uint32_t k : shared) history_.keys[k] = key_apart_[k];
}

TextSpan ClientBuilder::text(std::string_view bytes) {
  const TextSpan span{history_.text.size(), static_cast<std::uint32_t>(bytes.size()), true};
  history_.text += bytes;
  return span;
}

TextSpan ClientBuilder::string(std::string_view bytes) {
  history_.text += '"';
  TextSpan span = text(bytes);
  span.string = true;
  return span;
}

void ClientBuilder::count(OperationKind kind, std::uint64_t line) {
  const auto first = [line](std::uint64_t& seen) {
    if (seen == 0) seen = line;
  };
  if (kind == OperationKind::put) first(traits_.put);
  if (kind == OperationKind::cas) first(traits_.cas);
  if (kind == OperationKind::remove) first(traits_.remove);
  if (kind == OperationKind::append) first(traits_.append);
}

std::variant<Model, HistoryError> ClientBuilder::guessed() const {
  const ClientTraits& t = traits_;
  const bool only_appends = t.put == 0 && t.cas == 0 && t.remove == 0;
  if (t.read_list != 0) return Model::append;
  if (t.append_other != 0 && only_appends && t.read_string == 0) return Model::append;
  const bool store = t.append != 0 || t.remove != 0;
  if (history_.form != ClientForm::jsonl) return store ? Model::kv : Model::register_;
  // An unset key shows as "nil" in a register, as "" in a store, or as "nil" there, too. Where neither is
  // seen, all judge alike.
  if (t.word_nil == 0) return Model::kv;
  if (nil_is_unset()) return store ? Model::kv : Model::register_;
  const std::string other = t.read_empty != 0 ? fmt::format("\"\" is an answer, too (line {})", t.read_empty)
                                              : fmt::format("line {} writes it", t.wrote_word_nil);
  const std::string_view choice = store ? "say --model kv (an unset key answers \"\"), or write null where a "
                                          "key was unset"
                                        : "say --model register (an unset key answers \"nil\") or --model kv "
                                          "(an unset key answers \"\")";
  return HistoryError{HistoryError::Kind::malformed, history_.path, t.word_nil,
                      fmt::format("\"nil\" may be an unset {} or a value: {}\n  help: {}",
                                  store ? "key" : "register", other, choice)};
}

/// "nil" was read, nothing can have written it, and nothing else shows that a key is unset.
bool ClientBuilder::nil_is_unset() const {
  return traits_.word_nil != 0 && traits_.wrote_word_nil == 0 && traits_.read_empty == 0;
}

/// An operation that the model does not know.
std::optional<HistoryError> ClientBuilder::misfit(Model model) const {
  const ClientTraits& t = traits_;
  const auto refuse = [this](std::uint64_t line, std::string_view what, std::string_view help) {
    return HistoryError{HistoryError::Kind::malformed, history_.path, line,
                        fmt::format("{}\n  help: {}", what, help)};
  };
  if (model == Model::append) {
    if (t.put != 0 || t.cas != 0 || t.remove != 0)
      return refuse(std::max({t.put, t.cas, t.remove}), "the append model knows append and get only",
                    "--model kv judges put, delete and cas as well");
    if (t.read_string != 0)
      return refuse(t.read_string, "the append model's gets return lists, this one a single value",
                    "--model kv judges appends to strings");
    return std::nullopt;
  }
  if (t.read_list != 0)
    return refuse(t.read_list, fmt::format("a get of the {} model returns no list", model_name(model)),
                  "--model append judges lists");
  if (model == Model::register_ && t.append != 0)
    return refuse(t.append, "the register model knows no append", "--model kv judges appends to strings");
  if (model == Model::register_ && t.remove != 0)
    return refuse(t.remove, "the register model knows no delete", "--model kv judges deletes");
  return std::nullopt;
}

/// JSONL has numbers and strings for the same values: those of a cas can only be strings. And where text is
/// appended to what a key holds, that is text.
bool ClientBuilder::is_typed(Model model) const {
  return history_.form != ClientForm::jsonl && (model != Model::kv || traits_.append == 0);
}

void ClientBuilder::strings_apart() {
  for (ClientOperation& o : history_.operations)
    for (TextSpan* span : {&o.value, &o.expected, &o.returned}) {
      if (!std::exchange(span->string, false) || !history_.typed || span->size == 0) continue;
      --span->begin;
      ++span->size;
    }
}

void ClientBuilder::as_lists() {
  for (ClientOperation& o : history_.operations) {
    if (o.kind == OperationKind::append) {
      const std::string element = kept_element(history_.view(o.value));
      o.value = text(element);
    } else if (o.kind == OperationKind::get && !o.returned.present) {
      o.returned = {0, 0, true};
    }
  }
}

ClientHistory::Clock ClientBuilder::resolution() const {
  constexpr std::int64_t coarse_from_ns = 100'000'000;
  for (const ClientOperation& o : history_.operations)
    if (o.called_at.ns >= coarse_from_ns) return ClientHistory::Clock::coarse;
  return ClientHistory::Clock::fine;
}

void ClientBuilder::word_nil_is_absent() {
  for (ClientOperation& o : history_.operations) {
    for (TextSpan* span : {&o.value, &o.expected, &o.returned})
      if (history_.view(*span) == "nil") *span = nil();
  }
}

std::variant<ClientHistory, HistoryError> ClientBuilder::finish(std::optional<Model> asked) {
  if (history_.operations.empty())
    return HistoryError{HistoryError::Kind::malformed, history_.path, 0, "no operation of a client in it"};
  Model model = asked.value_or(Model::none);
  if (!asked) {
    auto guess = guessed();
    if (auto* error = std::get_if<HistoryError>(&guess)) return std::move(*error);
    model = std::get<Model>(guess);
  }
  if (auto error = misfit(model)) return std::move(*error);
  history_.model = model;
  history_.typed = is_typed(model);
  strings_apart();
  keys_apart();
  if (history_.clock != ClientHistory::Clock::none) history_.clock = resolution();
  if (model == Model::append) {
    as_lists();
    history_.unset_is_empty = true;
  } else if (model == Model::kv) {
    history_.unset_is_empty = traits_.read_nil == 0 && !nil_is_unset();
    if (nil_is_unset()) word_nil_is_absent();
  } else if (history_.form == ClientForm::jsonl) {
    word_nil_is_absent();
  }
  return std::move(history_);
}

}  // namespace raftsim::history
