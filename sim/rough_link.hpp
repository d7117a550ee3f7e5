// What a link needs that does more than lose, double and delay: kept apart, and made when it is first rough,
// so that plain links pay nothing for it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "history/event.hpp"
#include "seam/message_view.hpp"
#include "seam/types.hpp"
#include "sim/decisions.hpp"
#include "sim/scenario.hpp"

namespace raftsim::sim {

/// What becomes of a message on a rough link, besides its Fate.
struct Roughness {
  std::optional<std::uint64_t> burst;   ///< it arrives damaged: see damage()
  std::optional<Instant> replay_at;     ///< and comes again then
  std::optional<Duration> clog;         ///< with it the link stalls, for so long
  Duration queued;                      ///< it has to wait behind others: until its last bit is on the way
  std::optional<std::uint32_t> pushed;  ///< the slot of the oldest message on the link: it makes room
  bool counted = false;                 ///< it is to enter() the link as it departs
  bool breaks = false;                  ///< the stream breaks here
};

/// Flips one burst of at most 32 bits, as `draw` says: where it begins (its upper half), and which bits (the
/// lower half, the first one always). Bits count from the least significant of the first byte, the order of
/// CRC32C. A checksum that follows what it covers detects every such burst; one that stands in front detects
/// every burst that does not reach across its end, and of those that do all but one in 2^32. Nothing where
/// there are no bytes.
void damage(std::span<std::byte> bytes, std::uint64_t draw);

class RoughLink {
 public:
  RoughLink(Decisions& decisions, history::Endpoint from, history::Endpoint to)
      : decisions_(decisions), from_(from), to_(to) {}

  /// The streams of one type, opened when first drawn from. Draw i belongs to message i of that type on the
  /// link, as everywhere: follow() its other streams before drawing.
  struct Draws {
    Stream corrupt, bits, replay, replay_delay, clog, clog_duration;
    void follow(std::uint64_t ordinal);
  };
  Draws& draws(MessageType type);

  /// On its way over a link that counts.
  struct Flying {
    std::uint32_t slot = 0;
    Instant arrival;       ///< as decided at its departure, and sooner since, as its link widened
    Duration gained = {};  ///< so much, the last time
  };
  std::vector<Flying> flying;  ///< in order of departure
  Instant free_at;             ///< until then, what departed before is being transmitted
  bool connected = false;      ///< in stream mode

 private:
  Decisions& decisions_;
  history::Endpoint from_, to_;
  std::array<std::unique_ptr<Draws>, message_types> draws_;
};

}  // namespace raftsim::sim
