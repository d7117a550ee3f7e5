#include "sim/scenario_format.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "seam/check.hpp"
#include "sim/json_positions.hpp"
#include "sim/scenario_sources.hpp"

namespace raftsim::sim {

namespace {

constexpr std::size_t format_line_max = 100;  ///< bytes, as json_text() counts

struct Token {
  enum class Kind : std::uint8_t { open, close, comma, colon, value, line_comment, block_comment, end };
  Kind kind = Kind::end;
  std::string_view text;
  std::size_t newlines = 0;  ///< before it, since the token before

  bool is_comment() const { return kind == Kind::line_comment || kind == Kind::block_comment; }
};

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::size_t string_end(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return std::min(at + 1, text.size());
}

/// Precondition: the text is JSON, with comments.
std::vector<Token> tokens_of(std::string_view text) {
  std::vector<Token> tokens;
  std::size_t at = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  while (true) {
    Token token;
    for (; at < text.size() && is_blank(text[at]); ++at) token.newlines += text[at] == '\n' ? 1u : 0u;
    std::size_t end = std::min(at + 1, text.size());
    if (at == text.size()) {
      token.kind = Token::Kind::end;
    } else if (text.substr(at, 2) == "//") {
      token.kind = Token::Kind::line_comment;
      end = std::min(text.find('\n', at), text.size());
    } else if (text.substr(at, 2) == "/*") {
      token.kind = Token::Kind::block_comment;
      end = std::min(text.find("*/", at + 2), text.size() - 2) + 2;
    } else if (text[at] == '{' || text[at] == '[') {
      token.kind = Token::Kind::open;
    } else if (text[at] == '}' || text[at] == ']') {
      token.kind = Token::Kind::close;
    } else if (text[at] == ',') {
      token.kind = Token::Kind::comma;
    } else if (text[at] == ':') {
      token.kind = Token::Kind::colon;
    } else {
      token.kind = Token::Kind::value;
      if (text[at] == '"')
        end = string_end(text, at);
      else
        while (end < text.size() && !is_blank(text[end]) &&
               std::string_view(",:]}/").find(text[end]) == text.npos)
          ++end;
    }
    token.text = text.substr(at, end - at);
    while (token.is_comment() && is_blank(token.text.back())) token.text.remove_suffix(1);
    tokens.push_back(token);
    if (token.kind == Token::Kind::end) return tokens;
    at = end;
  }
}

struct Comment {
  std::string_view text;
  bool to_line_end = false;
};

struct Piece;
struct Member {
  bool blank_before = false;
  std::vector<Comment> before;
  std::string_view key;      ///< with its quotes; empty in a list
  std::vector<Piece> value;  ///< exactly one
  std::vector<Comment> behind;
};
struct Piece {
  std::string_view scalar;
  char open = 0;  ///< 0: a scalar
  std::vector<Member> members;
  std::vector<Comment> last;  ///< before the closing bracket
};

/// Reads tokens into pieces. Comments between a key and its value move before the key.
class Assembly {
 public:
  explicit Assembly(std::string_view text) : tokens_(tokens_of(text)) {}

  Member whole() {
    Member root = member(false);
    take_comments(root.behind);
    return root;
  }

 private:
  const Token& next() const { return tokens_[at_]; }
  void take_comments(std::vector<Comment>& out) {
    for (; next().is_comment(); ++at_) out.push_back({next().text, next().kind == Token::Kind::line_comment});
  }
  /// The comments that stand behind something on its line, with nothing but the line's end behind them.
  void take_behind(std::vector<Comment>& out) {
    std::size_t end = at_;
    while (tokens_[end].is_comment() && tokens_[end].newlines == 0) ++end;
    const bool line_ends = tokens_[end].newlines > 0 || tokens_[end].kind == Token::Kind::close ||
                           tokens_[end].kind == Token::Kind::end;
    if (!line_ends) return;
    for (; at_ < end; ++at_) out.push_back({next().text, next().kind == Token::Kind::line_comment});
  }
  Member member(bool named);
  Piece piece(std::vector<Comment>& before);

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
};

Member Assembly::member(bool named) {
  Member result;
  result.blank_before = next().newlines > 1;
  take_comments(result.before);
  if (named) {
    result.key = next().text;
    ++at_;
    take_comments(result.before);
    CHECK(next().kind == Token::Kind::colon);
    ++at_;
  }
  result.value.push_back(piece(result.before));
  return result;
}

Piece Assembly::piece(std::vector<Comment>& before) {
  take_comments(before);
  Piece result;
  const Token token = next();
  ++at_;
  if (token.kind == Token::Kind::value) {
    result.scalar = token.text;
    return result;
  }
  CHECK(token.kind == Token::Kind::open);
  result.open = token.text.front();
  std::vector<Comment> carried;
  while (true) {
    const std::size_t start = at_;
    std::vector<Comment> comments;
    take_comments(comments);
    if (next().kind == Token::Kind::close) {
      result.last = std::move(carried);
      result.last.insert(result.last.end(), comments.begin(), comments.end());
      ++at_;
      return result;
    }
    at_ = start;
    Member& added = result.members.emplace_back(member(result.open == '{'));
    added.before.insert(added.before.begin(), carried.begin(), carried.end());
    carried.clear();
    take_behind(added.behind);
    const std::size_t behind = at_;
    std::vector<Comment> early;
    take_comments(early);  // those on lines of their own, before the comma
    if (next().kind != Token::Kind::comma) {
      at_ = behind;
      continue;
    }
    ++at_;
    added.behind.insert(added.behind.end(), early.begin(), early.end());
    take_behind(added.behind);
    // What follows one that takes the rest of the line cannot stand behind it: it goes before the next.
    const auto full = std::find_if(added.behind.begin(), added.behind.end(),
                                   [](const Comment& c) { return c.to_line_end; });
    if (full == added.behind.end()) continue;
    carried.assign(full + 1, added.behind.end());
    added.behind.erase(full + 1, added.behind.end());
  }
}

/// Empty where comments inside need lines of their own.
std::optional<std::string> flat(const Piece& piece) {
  if (piece.open == 0) return std::string(piece.scalar);
  if (!piece.last.empty()) return std::nullopt;
  std::string out(1, piece.open);
  for (std::size_t i = 0; i < piece.members.size(); ++i) {
    const Member& m = piece.members[i];
    if (!m.before.empty() || !m.behind.empty()) return std::nullopt;
    const std::optional<std::string> value = flat(m.value.front());
    if (!value) return std::nullopt;
    if (i > 0) out += ", ";
    if (!m.key.empty()) out += fmt::format("{}: ", m.key);
    out += *value;
    if (out.size() > format_line_max) return std::nullopt;
  }
  return out + (piece.open == '{' ? '}' : ']');
}

class Layout {
 public:
  std::string of(const Member& root) {
    lines(root.before, 0);
    piece(root.value.front(), 0, 0);
    out_ += '\n';
    lines(root.behind, 0);
    return std::move(out_);
  }

 private:
  void lines(const std::vector<Comment>& comments, std::size_t indent) {
    for (const Comment& c : comments) out_ += fmt::format("{}{}\n", std::string(indent, ' '), c.text);
  }
  void behind(const std::vector<Comment>& comments) {
    for (const Comment& c : comments) out_ += fmt::format(" {}", c.text);
  }
  /// `used`: bytes that stand before it on its line, and a comma behind it.
  void piece(const Piece& piece, std::size_t indent, std::size_t used);
  void member(const Member& member, std::size_t indent, bool last);

  std::string out_;
};

void Layout::member(const Member& member, std::size_t indent, bool last) {
  lines(member.before, indent);
  out_ += std::string(indent, ' ');
  std::size_t used = indent + 1;
  if (!member.key.empty()) {
    out_ += fmt::format("{}: ", member.key);
    used += member.key.size() + 2;
  }
  piece(member.value.front(), indent, used);
  if (!last) out_ += ',';
  behind(member.behind);
  out_ += '\n';
}

void Layout::piece(const Piece& piece, std::size_t indent, std::size_t used) {
  const bool root = used == 0;
  if (piece.open == 0 || (piece.members.empty() && piece.last.empty()) || !root) {
    const std::optional<std::string> line = flat(piece);
    if (line && (piece.open == 0 || piece.members.empty() || used + line->size() <= format_line_max)) {
      out_ += *line;
      return;
    }
  }
  out_ += fmt::format("{}\n", piece.open);
  for (std::size_t i = 0; i < piece.members.size(); ++i) {
    if (i > 0 && piece.members[i].blank_before) out_ += '\n';
    member(piece.members[i], indent + 2, i + 1 == piece.members.size());
  }
  lines(piece.last, indent + 2);
  out_ += fmt::format("{}{}", std::string(indent, ' '), piece.open == '{' ? '}' : ']');
}

}  // namespace

FileText read_scenario_file(const std::string& path) {
  std::variant<std::string, Unreadable> read = file_text(path);
  if (const auto* unreadable = std::get_if<Unreadable>(&read))
    return {std::nullopt, {about_file(path, *unreadable)}};
  return {std::move(std::get<std::string>(read)), {}};
}

FormattedScenario format_scenario(std::string_view text, const std::string& path) {
  FormattedScenario result;
  if (text.size() > json_bytes_max) {
    result.diagnostics.push_back(about_file(path, too_large()));
    return result;
  }
  ScenarioSources sources;
  const ScenarioSources::Added file = sources.add(path, std::string(text));
  JsonNode root;
  std::vector<JsonProblem> syntax;
  const bool complete = parse_json(*file.text, file.number, root, syntax);
  std::vector<ScenarioProblem> problems;
  for (JsonProblem& p : syntax) problems.push_back({p.place, false, std::move(p.message), std::move(p.help)});
  result.diagnostics = diagnostics_of(std::move(problems), sources.texts, path);
  if (complete && result.diagnostics.empty()) result.text = Layout().of(Assembly(*file.text).whole());
  return result;
}

}  // namespace raftsim::sim
