#include "reports/words.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "history/text.hpp"

namespace raftsim::reports {

std::string duration_text(Duration duration) {
  const std::int64_t us = duration.ns / 1'000;
  if (us < 1'000) return fmt::format("{}us", us);
  if (us < 1'000'000) return fmt::format("{}.{}ms", us / 1'000, us % 1'000 / 100);
  return fmt::format("{}.{:03}s", us / 1'000'000, us % 1'000'000 / 1'000);
}

std::string count_text(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ',');
  return digits;
}

std::uint64_t per_second(std::uint64_t count, std::int64_t ns) {
  if (ns <= 0) return 0;
  // In milliseconds the product fits: 2^64 / 1000 steps is more than any batch takes.
  const auto ms = static_cast<std::uint64_t>(ns) / 1'000'000;
  return count * 1'000 / std::max<std::uint64_t>(ms, 1);
}

std::string words_of(const std::vector<Label>& labels) {
  std::string out;
  for (const Label& label : labels) {
    if (!out.empty()) out += "; ";
    out += history::to_text(label);
  }
  return out;
}

std::string words_of(const OperationResult& result, const history::OperationPart& operation) {
  if (result.kind == ReplyKind::not_leader && result.leader)
    return "not leader, ask " + history::to_text(*result.leader);
  if (result.kind != ReplyKind::ok) return std::string(history::name(result.kind));
  switch (static_cast<OperationKind>(operation.kind)) {
    case OperationKind::get:
      return result.value ? "= " + *result.value : "absent";
    case OperationKind::cas:
      return result.applied ? "swapped" : "did not match";
    case OperationKind::open_session:
      return fmt::format("session {}", result.session);
    case OperationKind::put:
    case OperationKind::remove:
    case OperationKind::append:
      break;
  }
  return "done";
}

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      case '\n':
      case '\t':
        out += c;
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  std::vector<std::string> lines(1);
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(std::min(space + 1, text.size()));
    if (!lines.back().empty() && lines.back().size() + 1 + word.size() > width) lines.emplace_back();
    if (!lines.back().empty()) lines.back() += ' ';
    lines.back() += word;
  }
  return lines;
}

}  // namespace raftsim::reports
