// A file that is written under a temporary name and renamed when it is whole; compressed if its name ends in
// .zst. Private to history/.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "history/history_file.hpp"

namespace raftsim::history {

/// The first error is kept; after it, nothing is written.
class ByteSink {
 public:
  explicit ByteSink(std::string path);
  /// Not committed: removes the temporary file.
  ~ByteSink();
  ByteSink(const ByteSink&) = delete;
  ByteSink& operator=(const ByteSink&) = delete;

  void write(std::string_view bytes);
  /// Flushes, closes and renames.
  void commit();

  const std::optional<HistoryError>& error() const { return error_; }

 private:
  struct Compressor;

  void compress(std::string_view bytes, bool last);
  void write_raw(const char* data, std::size_t size);
  void fail(std::string_view what);

  std::string path_;
  std::string temporary_;
  int file_ = -1;
  std::unique_ptr<Compressor> compressor_;
  std::optional<HistoryError> error_;
};

}  // namespace raftsim::history
