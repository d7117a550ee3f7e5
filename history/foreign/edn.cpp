#include "history/foreign/edn.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "history/text.hpp"

namespace raftsim::history {
namespace {

constexpr int depth_max = 64;

constexpr bool is_space(char c) {
  return c == ' ' || c == ',' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}
constexpr bool ends_atom(char c) {
  return is_space(c) || c == '"' || c == ';' || c == '(' || c == ')' || c == '[' || c == ']' || c == '{' ||
         c == '}';
}
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

class Reader {
 public:
  Reader(std::string_view text, std::size_t& at, EdnTrouble& trouble)
      : text_(text), at_(at), trouble_(trouble) {}

  EdnResult read(Edn& out, int depth) {
    skip_space();
    if (at_ == text_.size()) return EdnResult::nothing;
    if (depth > depth_max) return wrong(at_, "nested too deeply");
    out.at = at_;
    switch (text_[at_]) {
      case '"':
        return string(out);
      case '[':
        return sequence(out, Edn::Kind::vector, ']', depth);
      case '(':
        return sequence(out, Edn::Kind::list, ')', depth);
      case '{':
        return map(out, depth);
      case '#':
        return dispatch(out, depth);
      case ']':
      case ')':
      case '}':
        return wrong(at_, fmt::format("a {} that closes nothing", text_[at_]));
      default:
        return atom(out);
    }
  }

 private:
  EdnResult wrong(std::size_t at, std::string what) {
    trouble_ = {at, std::move(what)};
    return EdnResult::wrong;
  }
  EdnResult incomplete(std::size_t from, std::string what) {
    trouble_ = {from, std::move(what)};
    return EdnResult::incomplete;
  }

  void skip_space() {
    while (at_ < text_.size()) {
      if (text_[at_] == ';')
        at_ = std::min(text_.find('\n', at_), text_.size());
      else if (is_space(text_[at_]))
        ++at_;
      else
        return;
    }
  }

  EdnResult string(Edn& out) {
    out.kind = Edn::Kind::string;
    const std::size_t from = at_;
    for (++at_; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        return EdnResult::datum;
      }
      if (c != '\\') {
        out.text += c;
        continue;
      }
      if (++at_ == text_.size()) break;
      const char escaped = text_[at_];
      out.text += escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped == 'r' ? '\r' : escaped;
    }
    return incomplete(from, "a string that does not end");
  }

  EdnResult sequence(Edn& out, Edn::Kind kind, char close, int depth) {
    out.kind = kind;
    const std::size_t from = at_++;
    while (true) {
      skip_space();
      if (at_ == text_.size()) return incomplete(from, fmt::format("no {} that closes this", close));
      if (text_[at_] == close) {
        ++at_;
        return EdnResult::datum;
      }
      out.items.emplace_back();
      const EdnResult got = read(out.items.back(), depth + 1);
      // A discard before the closing bracket leaves nothing.
      if (got == EdnResult::nothing) out.items.pop_back();
      if (got != EdnResult::datum && got != EdnResult::nothing) return got;
    }
  }

  EdnResult map(Edn& out, int depth) {
    const EdnResult got = sequence(out, Edn::Kind::map, '}', depth);
    if (got == EdnResult::datum && out.items.size() % 2 != 0)
      return wrong(out.at, "a map whose last key has no value");
    return got;
  }

  /// `#{`, `#_ discarded`, `#tag datum`.
  EdnResult dispatch(Edn& out, int depth) {
    const std::size_t from = at_;
    if (++at_ == text_.size()) return incomplete(from, "nothing after #");
    if (text_[at_] == '{') return sequence(out, Edn::Kind::set, '}', depth);
    const bool discard = text_[at_] == '_';
    if (discard)
      ++at_;
    else
      while (at_ < text_.size() && !ends_atom(text_[at_])) ++at_;
    Edn tagged;
    Edn& target = discard ? tagged : out;
    const EdnResult got = read(target, depth + 1);
    if (got == EdnResult::nothing) return incomplete(from, "nothing after this");
    if (got != EdnResult::datum) return got;
    if (!discard) return got;
    skip_space();
    const bool closes = at_ < text_.size() && (text_[at_] == ']' || text_[at_] == ')' || text_[at_] == '}');
    return closes ? EdnResult::nothing : read(out, depth + 1);
  }

  EdnResult atom(Edn& out) {
    const std::size_t from = at_;
    if (text_[at_] == '\\') ++at_;  // a character: whatever comes next is its own
    if (at_ < text_.size()) ++at_;
    while (at_ < text_.size() && !ends_atom(text_[at_])) ++at_;
    out.text = text_.substr(from, at_ - from);
    const char first = out.text.front();
    const bool sign = out.text.size() > 1 && (first == '-' || first == '+') && is_digit(out.text[1]);
    if (first == ':') {
      out.kind = Edn::Kind::keyword;
      out.text.erase(0, 1);
    } else if (is_digit(first) || sign) {
      out.kind = Edn::Kind::number;
      if (out.text.back() == 'N' || out.text.back() == 'M') out.text.pop_back();
    } else if (out.text == "nil") {
      out.kind = Edn::Kind::nil;
    } else if (out.text == "true" || out.text == "false") {
      out.kind = Edn::Kind::boolean;
    } else {
      out.kind = Edn::Kind::symbol;
    }
    return EdnResult::datum;
  }

  std::string_view text_;
  std::size_t& at_;
  EdnTrouble& trouble_;
};

std::string joined(const Edn& datum, std::string_view open, std::string_view close) {
  std::string out(open);
  for (const Edn& item : datum.items) {
    if (&item != &datum.items.front()) out += ' ';
    out += to_text(item);
  }
  out += close;
  return out;
}

}  // namespace

const Edn* Edn::find(std::string_view word) const {
  if (kind != Kind::map) return nullptr;
  for (std::size_t i = 0; i + 1 < items.size(); i += 2)
    if (items[i].is_keyword(word)) return &items[i + 1];
  return nullptr;
}

std::string to_text(const Edn& datum) {
  switch (datum.kind) {
    case Edn::Kind::nil:
      return "nil";
    case Edn::Kind::string:
      return history::quoted(datum.text);
    case Edn::Kind::keyword:
      return ":" + datum.text;
    case Edn::Kind::vector:
      return joined(datum, "[", "]");
    case Edn::Kind::list:
      return joined(datum, "(", ")");
    case Edn::Kind::set:
      return joined(datum, "#{", "}");
    case Edn::Kind::map:
      return joined(datum, "{", "}");
    case Edn::Kind::boolean:
    case Edn::Kind::number:
    case Edn::Kind::symbol:
      break;
  }
  return datum.text;
}

EdnResult read_edn(std::string_view text, std::size_t& at, Edn& out, EdnTrouble& trouble) {
  out = {};
  return Reader(text, at, trouble).read(out, 0);
}

}  // namespace raftsim::history
