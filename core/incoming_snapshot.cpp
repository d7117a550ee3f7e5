#include "core/incoming_snapshot.hpp"

#include <xxhash.h>

#include <algorithm>
#include <utility>

#include "core/bytes.hpp"
#include "seam/check.hpp"

namespace raftsim::core {

namespace {
/// Chunks kept behind a gap: what comes in smaller pieces than that is not worth keeping.
constexpr std::size_t runs_max = 256;
}  // namespace

SnapshotIdentity identity_of(const Message& message) {
  return {message.index, message.index_term, message.chunk.size, message.chunk.hash};
}

std::optional<Index> IncomingSnapshot::index() const {
  return identity_ ? std::optional(identity_->index) : std::nullopt;
}

void IncomingSnapshot::begin(const SnapshotIdentity& identity) {
  forget();
  identity_ = identity;
}

void IncomingSnapshot::forget() { *this = IncomingSnapshot{}; }

void IncomingSnapshot::take(const SnapshotChunk& chunk) {
  CHECK(identity_.has_value());
  CHECK(chunk.offset <= identity_->size);
  CHECK(chunk.data.size() <= identity_->size - chunk.offset);
  const std::uint64_t end = chunk.offset + chunk.data.size();
  if (end <= wanted_) return;
  // What closes the gap is always taken.
  const bool ahead = chunk.offset > wanted_;
  if (ahead && (chunk.offset > wanted_ + ahead_max || ahead_.size() >= runs_max)) return;
  if (bytes_.size() < end) bytes_.resize(end);
  copy(bytes_.data() + chunk.offset, chunk.data);
  const auto place = std::lower_bound(ahead_.begin(), ahead_.end(), chunk.offset,
                                      [](const Run& run, std::uint64_t at) { return run.begin < at; });
  ahead_.insert(place, Run{chunk.offset, end});
  auto joined = ahead_.begin();
  for (; joined != ahead_.end() && joined->begin <= wanted_; ++joined) {
    wanted_ = std::max(wanted_, joined->end);
  }
  ahead_.erase(ahead_.begin(), joined);
}

std::optional<std::vector<std::byte>> IncomingSnapshot::release() {
  CHECK(complete());
  std::vector<std::byte> bytes = std::move(bytes_);
  const bool intact = XXH3_64bits(bytes.data(), bytes.size()) == identity_->hash;
  forget();
  return intact ? std::optional(std::move(bytes)) : std::nullopt;
}

}  // namespace raftsim::core
