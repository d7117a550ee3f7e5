#include "history/byte_sink.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <zstd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

namespace raftsim::history {

struct ByteSink::Compressor {
  struct Free {
    void operator()(ZSTD_CCtx* held) const { ZSTD_freeCCtx(held); }
  };
  std::unique_ptr<ZSTD_CCtx, Free> context{ZSTD_createCCtx()};
  std::vector<char> out = std::vector<char>(ZSTD_CStreamOutSize());
};

ByteSink::ByteSink(std::string path)
    : path_(std::move(path)), temporary_(fmt::format("{}.part{}", path_, ::getpid())) {
  if (path_.ends_with(".zst")) {
    compressor_ = std::make_unique<Compressor>();
    ZSTD_CCtx_setParameter(compressor_->context.get(), ZSTD_c_compressionLevel, 3);
    ZSTD_CCtx_setParameter(compressor_->context.get(), ZSTD_c_checksumFlag, 1);
  }
  file_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file_ < 0) fail("cannot be created");
}

ByteSink::~ByteSink() {
  if (file_ < 0) return;
  ::close(file_);
  ::unlink(temporary_.c_str());
}

void ByteSink::fail(std::string_view what) {
  const std::string reason = std::strerror(errno);
  if (!error_) error_ = HistoryError{HistoryError::Kind::io, path_, 0, fmt::format("{}: {}", what, reason)};
}

void ByteSink::write_raw(const char* data, std::size_t size) {
  while (size > 0 && !error_) {
    const ssize_t written = ::write(file_, data, size);
    if (written < 0) {
      if (errno != EINTR) fail("cannot be written");
      continue;
    }
    data += written;
    size -= static_cast<std::size_t>(written);
  }
}

void ByteSink::compress(std::string_view bytes, bool last) {
  Compressor& c = *compressor_;
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  const ZSTD_EndDirective directive = last ? ZSTD_e_end : ZSTD_e_continue;
  for (bool done = false; !done && !error_;) {
    ZSTD_outBuffer out{c.out.data(), c.out.size(), 0};
    const std::size_t left = ZSTD_compressStream2(c.context.get(), &out, &in, directive);
    if (ZSTD_isError(left) != 0) {
      error_ = HistoryError{HistoryError::Kind::io, path_, 0,
                            fmt::format("cannot be compressed: {}", ZSTD_getErrorName(left))};
      return;
    }
    write_raw(c.out.data(), out.pos);
    done = last ? left == 0 : in.pos == in.size;
  }
}

void ByteSink::write(std::string_view bytes) {
  if (error_) return;
  if (compressor_)
    compress(bytes, false);
  else
    write_raw(bytes.data(), bytes.size());
}

void ByteSink::commit() {
  if (error_) return;
  if (compressor_) compress({}, true);
  if (error_) return;
  const int closed = ::close(file_);
  file_ = -1;
  if (closed != 0) {
    fail("cannot be written");
    ::unlink(temporary_.c_str());
  } else if (std::rename(temporary_.c_str(), path_.c_str()) != 0) {
    fail("cannot be named");
    ::unlink(temporary_.c_str());
  }
}

}  // namespace raftsim::history
