#include "history/line_source.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <zstd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "history/reader.hpp"

namespace raftsim::history {
namespace {

constexpr std::size_t block_bytes = std::size_t{128} << 10;
constexpr std::string_view zstd_magic{"\x28\xB5\x2F\xFD", 4};

}  // namespace

struct LineSource::Decompressor {
  struct Free {
    void operator()(ZSTD_DCtx* held) const { ZSTD_freeDCtx(held); }
  };
  std::unique_ptr<ZSTD_DCtx, Free> context{ZSTD_createDCtx()};
  std::vector<char> out = std::vector<char>(ZSTD_DStreamOutSize());
  /// 0: at the end of a frame.
  std::size_t expects = 0;
  /// The last round filled `out`: there may be more of it without further input.
  bool full = false;
};

LineSource::LineSource(std::string path) : path_(std::move(path)) {}

LineSource::~LineSource() {
  if (file_ >= 0) ::close(file_);
}

std::variant<std::unique_ptr<LineSource>, HistoryError> LineSource::open(const std::string& path) {
  std::unique_ptr<LineSource> source(new LineSource(path));
  source->file_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (source->file_ < 0)
    return HistoryError{HistoryError::Kind::io, path, 0,
                        fmt::format("cannot be opened: {}", std::strerror(errno))};
  return source;
}

std::unique_ptr<LineSource> LineSource::from_bytes(std::string name, std::string bytes) {
  std::unique_ptr<LineSource> source(new LineSource(std::move(name)));
  source->memory_ = std::move(bytes);
  return source;
}

HistoryError LineSource::at_line(HistoryError::Kind kind, std::string what) const {
  return {kind, path_, number_, std::move(what)};
}

bool LineSource::read_block() {
  block_used_ = 0;
  if (memory_) {
    block_ = memory_->substr(memory_read_, block_bytes);
    memory_read_ += block_.size();
    return !block_.empty();
  }
  block_.resize(block_bytes);
  std::size_t filled = 0;
  while (filled < block_.size()) {
    const ssize_t got = ::read(file_, block_.data() + filled, block_.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      error_ = HistoryError{HistoryError::Kind::io, path_, 0,
                            fmt::format("cannot be read: {}", std::strerror(errno))};
    if (got <= 0) break;
    filled += static_cast<std::size_t>(got);
  }
  block_.resize(filled);
  return filled > 0;
}

bool LineSource::fill() {
  if (error_) return false;
  if (decompressor_ != nullptr && (decompressor_->full || block_used_ < block_.size())) return decompress();
  const bool more = read_block();
  if (error_) return false;
  if (!more) {
    if (decompressor_ != nullptr && decompressor_->expects != 0)
      error_ = at_line(HistoryError::Kind::truncated, "the history is cut off within a zstd frame");
    return false;
  }
  if (!started_ && block_.starts_with(zstd_magic)) decompressor_ = std::make_unique<Decompressor>();
  started_ = true;
  if (decompressor_ != nullptr) return decompress();
  text_ += block_;
  return true;
}

bool LineSource::decompress() {
  Decompressor& d = *decompressor_;
  ZSTD_inBuffer in{block_.data(), block_.size(), block_used_};
  ZSTD_outBuffer out{d.out.data(), d.out.size(), 0};
  // One round: a block of a bomb is never blown up at once.
  const std::size_t expects = ZSTD_decompressStream(d.context.get(), &out, &in);
  if (ZSTD_isError(expects) != 0) {
    error_ = at_line(HistoryError::Kind::malformed,
                     fmt::format("damaged zstd data: {}", ZSTD_getErrorName(expects)));
    return false;
  }
  // A call between two frames has nothing to say of the last one.
  if (in.pos != block_used_ || out.pos != 0) d.expects = expects;
  d.full = out.pos == out.size;
  text_.append(d.out.data(), out.pos);
  block_used_ = in.pos;
  return true;
}

LineSource::Next LineSource::next() {
  if (again_) {
    again_ = false;
    return Next::line;
  }
  if (begin_ > block_bytes) {
    text_.erase(0, begin_);
    searched_ -= begin_;
    begin_ = 0;
  }
  while (true) {
    const std::size_t end = text_.find('\n', searched_);
    if (end != std::string::npos) {
      line_ = std::string_view(text_).substr(begin_, end - begin_);
      begin_ = searched_ = end + 1;
      ++number_;
      return Next::line;
    }
    searched_ = text_.size();
    if (text_.size() - begin_ > history_line_bytes_max) {
      ++number_;
      error_ = at_line(HistoryError::Kind::malformed,
                       fmt::format("a line of more than {} bytes", history_line_bytes_max));
    }
    if (fill()) continue;
    if (!error_ && begin_ == text_.size()) return Next::end;
    if (!error_ && last_line_ == LastLine::may_stay_open) {
      line_ = std::string_view(text_).substr(begin_);
      begin_ = searched_ = text_.size();
      ++number_;
      return Next::line;
    }
    if (!error_) {
      ++number_;
      error_ = at_line(HistoryError::Kind::truncated, "the history is cut off within a line");
    }
    return Next::failed;
  }
}

}  // namespace raftsim::history
