#include "tests/fuzz/confused_peer.hpp"

#include <xxhash.h>

#include "core/bytes.hpp"
#include "seam/chain.hpp"

namespace raftsim::core::fuzz {

const Message& ConfusedPeer::speak(BytesIn& in, const Around& around) {
  message_ = Message{};
  message_.type = static_cast<MessageType>(in.below(static_cast<std::uint8_t>(MessageType::client_request)));
  const std::uint8_t flags = in.byte();
  message_.granted = (flags & 1) != 0;
  message_.commanded = (flags & 2) != 0;
  message_.released = (flags & 4) != 0;
  message_.leased = (flags & 8) != 0;
  // Much of what comes is of the present term and fits the log, or little would come of it.
  message_.term = (flags & 16) != 0 ? around.term : Term{in.number(around.term.value)};
  message_.index = (flags & 32) != 0 ? around.last : Index{in.number(around.last.value)};
  message_.index_term = (flags & 64) != 0 ? around.last_term : Term{in.number(around.last_term.value)};
  message_.commit = Index{in.number(around.commit.value)};
  message_.match = Index{in.number(around.last.value)};
  message_.hint = Index{in.number(around.last.value)};
  message_.hint_term = Term{in.number(around.last_term.value)};
  message_.context = in.number(1);
  if (in.below(4) == 0) message_.doubt = in.number(around.last.value);
  entries_.clear();
  if (message_.type == MessageType::install_snapshot || message_.type == MessageType::install_snapshot_resp) {
    const ByteSpan data = in.take(in.below(60));
    const bool whole = (flags & 128) != 0;
    message_.chunk.data = message_.type == MessageType::install_snapshot ? data : ByteSpan{};
    message_.chunk.offset = whole ? 0 : in.number(0);
    message_.chunk.size = whole ? data.size() : in.number(data.size());
    message_.chunk.hash = whole ? XXH3_64bits(data.data(), data.size()) : in.number(0);
  }
  if (message_.type != MessageType::append_entries) return message_;
  for (std::uint8_t n = in.below(4); n > 0; --n) {
    EntryRef& entry = entries_.emplace_back();
    entry.term = (flags & 128) != 0 ? message_.term : Term{in.number(message_.term.value)};
    entry.kind = static_cast<EntryKind>(in.below(3));
    entry.payload = in.take(in.below(60));
    entry.hash = entry_hash(entry.kind, entry.payload);
  }
  message_.entries = {entries_.data(), entries_.size()};
  return message_;
}

}  // namespace raftsim::core::fuzz
