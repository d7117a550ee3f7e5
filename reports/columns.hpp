// Columns of numbers, as the page's payload holds them: each a run of LEB128 varints, either the values
// themselves or the zigzag of differences, whichever its owner chose. viewer/payload.js is the reader.
// Differences by place are taken from the last value of the same node or client: counters that each node has
// of its own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace raftsim::reports {

/// Appends `value` as LEB128: seven bits a byte, low bits first.
inline void put_varint(std::vector<std::uint8_t>& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<std::uint8_t>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<std::uint8_t>(value));
}

class Column {
 public:
  enum class Form : std::uint8_t { plain, delta, by_place };

  Column(std::string_view name, Form form) : name_(name), form_(form) {}

  /// `place` matters to differences by place only.
  void add(std::uint64_t value, std::uint64_t place = 0) {
    if (form_ == Form::plain) {
      put_varint(bytes_, value);
    } else {
      const std::size_t of = form_ == Form::by_place ? static_cast<std::size_t>(place) : 0;
      if (of >= last_.size()) last_.resize(of + 1);
      const auto difference = static_cast<std::int64_t>(value - last_[of]);
      put_varint(bytes_, (static_cast<std::uint64_t>(difference) << 1) ^
                             static_cast<std::uint64_t>(difference >> 63));
      last_[of] = value;
    }
    if (value > max_) max_ = value;
    ++count_;
  }

  const std::string& name() const { return name_; }
  Form form() const { return form_; }
  std::uint64_t count() const { return count_; }
  /// The greatest value: the page chooses the width of its array by it.
  std::uint64_t max() const { return max_; }
  const std::vector<std::uint8_t>& bytes() const { return bytes_; }

 private:
  std::string name_;
  Form form_;
  std::vector<std::uint64_t> last_;
  std::uint64_t max_ = 0;
  std::uint64_t count_ = 0;
  std::vector<std::uint8_t> bytes_;
};

/// Texts, each once, numbered from 1 in order of first use; 0 is "no text".
class StringTable {
 public:
  std::uint64_t number(std::string_view text) {
    if (text.empty()) return 0;
    const auto [at, fresh] = numbers_.try_emplace(std::string(text), texts_.size() + 1);
    if (fresh) texts_.push_back(at->first);
    return at->second;
  }
  const std::vector<std::string>& texts() const { return texts_; }

 private:
  // Looked up only, never walked: its order cannot reach the output.
  std::unordered_map<std::string, std::uint64_t> numbers_;
  std::vector<std::string> texts_;
};

}  // namespace raftsim::reports
