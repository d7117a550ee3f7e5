// Lines of a file or of bytes in memory, plain or zstd (told by the first bytes, not by the name). Private to
// history/.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "history/history_file.hpp"

namespace raftsim::history {

/// Memory: one line and two blocks.
class LineSource {
 public:
  static std::variant<std::unique_ptr<LineSource>, HistoryError> open(const std::string& path);
  static std::unique_ptr<LineSource> from_bytes(std::string name, std::string bytes);
  ~LineSource();

  enum class Next : std::uint8_t { line, end, failed };
  /// Next::line: line() is valid until the next call. A last line without its end counts as cut off: failed.
  Next next();
  /// The next call gives the present line once more. Call after Next::line only.
  void again() { again_ = true; }
  /// Histories of others may end without a line's end: their last line is then a line like any other.
  enum class LastLine : std::uint8_t { must_end, may_stay_open };
  void expect(LastLine last) { last_line_ = last; }
  std::string_view line() const { return line_; }
  const std::string& path() const { return path_; }
  /// Of line(), from 1.
  std::uint64_t number() const { return number_; }
  /// After Next::failed.
  const HistoryError& error() const { return *error_; }
  HistoryError at_line(HistoryError::Kind kind, std::string what) const;

 private:
  struct Decompressor;

  explicit LineSource(std::string path);
  /// Appends to `text_`; false at the end or on an error.
  bool fill();
  bool read_block();
  bool decompress();

  std::string path_;
  int file_ = -1;
  std::optional<std::string> memory_;
  std::size_t memory_read_ = 0;
  std::string block_;
  std::size_t block_used_ = 0;  ///< by the decompressor
  std::string text_;            ///< decoded, from `begin_` on not yet handed out
  std::size_t begin_ = 0;
  std::size_t searched_ = 0;  ///< no line's end before it
  std::string_view line_;
  std::uint64_t number_ = 0;
  bool started_ = false;
  bool again_ = false;
  LastLine last_line_ = LastLine::must_end;
  std::unique_ptr<Decompressor> decompressor_;
  std::optional<HistoryError> error_;
};

}  // namespace raftsim::history
