// What is durable of the log, when writes complete late and the log may have been cut and rewritten in
// between (dissertation 10.2.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "seam/types.hpp"

namespace raftsim::core {

/// One write of a server to its stable storage; dense from 1 in each incarnation.
using WriteId = Ordinal<struct WriteTag>;

/// Outstanding writes and the prefix of the *present* log that is durable. A write vouches for the log up to
/// its `valid` position only; every truncation lowers that of all outstanding writes, so that a completion
/// for entries that are gone, even if others now have their positions (ABA), never advances anything.
class Durability {
 public:
  /// A restart: everything recovered is durable.
  void restart(Index last) { durable_ = written_ = last; }

  /// Issues the next write. Until cover() says more, it vouches for nothing beyond the earlier ones.
  WriteId issue();
  /// The last write issued leaves the log durable up to `last`. Precondition: it is outstanding.
  void cover(Index last);
  /// The entries from `from` on are gone.
  void truncate(Index from);
  /// A snapshot that ends at `index` is durable. `keeps_log`: the log agrees with it, so that writes under
  /// way still vouch for what is behind it; else the log was discarded, and they vouch for nothing more.
  enum class Snapshotted : std::uint8_t { keeps_log, discards_log };
  void snapshot(Index index, Snapshotted how);

  struct Completed {
    bool fresh = false;    ///< false: this write, or a later one, was complete already
    bool clipped = false;  ///< some of the entries that it had covered have been truncated since
    Index covered;         ///< the last position that it covered when it was issued
  };
  /// Write `id` and all before it are durable. Precondition: id <= last_issued().
  Completed complete(WriteId id);

  WriteId last_issued() const { return issued_; }
  WriteId last_completed() const { return completed_; }
  /// Entries up to here survive a crash.
  Index durable() const { return durable_; }
  /// Entries up to here are on disk themselves, or are not needed there: behind it, a write that is not
  /// complete may have to read them from the log, also where a snapshot covers them. Invariant: written() <=
  /// durable().
  Index written() const { return written_; }

 private:
  struct Write {
    Index covered;
    Index valid;
  };
  /// Outstanding writes: ids completed_ + 1 .. issued_ are writes_[head_], ...
  std::vector<Write> writes_;
  std::size_t head_ = 0;
  WriteId issued_;
  WriteId completed_;
  Index durable_;
  Index written_;
};

}  // namespace raftsim::core
