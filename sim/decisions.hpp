// The one source of nondeterminism (DESIGN, seam 3). Every choice is value number i of a stream named by
// (purpose, entity), computed from (seed, stream, i) alone, so that streams never shift each other.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "seam/check.hpp"
#include "seam/types.hpp"
#include "sim/distribution.hpp"

namespace raftsim::sim {

/// What a choice is for. Order is part of the repro format: append only.
enum class Purpose : std::uint8_t {
  message_loss,        ///< (from, to, type) -> 0 or 1; benign: 0
  message_duplicate,   ///< (from, to, type) -> 0 or 1; benign: 0
  message_latency,     ///< (from, to, type) -> ns; benign: the distribution's minimum
  duplicate_latency,   ///< (from, to, type) -> ns
  disk_read_latency,   ///< (node) -> ns
  disk_write_latency,  ///< (node) -> ns
  disk_sync_latency,   ///< (node) -> ns
  crash_image,         ///< (node, incarnation): per unsynced sector 0 kept, 1 lost, 2 torn; benign: kept
  torn_bytes,          ///< (node, incarnation) -> 64 bits of garbage
  crash_prefix,        ///< (node): how many effects of the step survive; benign: all
  entropy,           ///< (node) -> 64 bits; benign: such that the election timeout of node k of n is T + kT/n
  clock_offset,      ///< (node) -> ns; benign: 0
  clock_drift,       ///< (node) -> ppm + bound; benign: no drift
  client_think,      ///< (client) -> ns; benign: median
  client_operation,  ///< (client) -> which operation of the mix; benign: the first with weight
  client_key,        ///< (client) -> key number; benign: 0
  client_value,      ///< (client)
  client_server,     ///< (client) -> which server to ask first; benign: the lowest id
  client_read_mode,  ///< (client)
  client_arrival,    ///< () -> ns; benign: the mean
  fault_time,        ///< (fault) -> ns until its next time; benign: median (whether it fires: fault_fires)
  fault_target,      ///< (fault or step, firing) -> ordinal among the candidates; benign: the lowest
  fault_duration,    ///< (fault or step, firing) -> ns
  partition_shape,   ///< (fault or step, firing)
  fault_fires,       ///< (fault) -> 0 or 1, at each of its times; benign: 0
  label_audit,       ///< (node) -> which of the next thousand promises is audited; benign: the last
  membership_change,  ///< (fault or step, firing) -> which change of those possible, and of whom; benign: the
                      ///< first
  failed_write,       ///< (node) -> of each write, had it failed: how many sectors were written; benign: none
  disk_rot,           ///< nothing any more
  live_core,      ///< () at quiet_after, (fault or step, firing) of a heal -> who is in it, and the links of
                  ///< the others; benign: the lowest ids, all links
  swarm,          ///< (hash of the pointer) -> what the field is in this run; benign: the first
  disk_io_error,  ///< (node) -> 0 or 1, at each operation but syncs; benign: 0
  disk_sync_error,    ///< (node) -> 0 or 1, at each sync; benign: 0
  disk_lie,           ///< (node) -> 0 or 1, at each sync; benign: 0
  disk_misread,       ///< (node) -> 0 or 1, at each read; benign: 0
  disk_misdirection,  ///< (node) -> 0 or 1, at each labelled write; benign: 0
  disk_bit_rot,       ///< (node) -> 0 or 1, at each start; benign: 0
  clock_jump_time,    ///< (node) -> ns until its next jump; benign: median
  recovery_crash,     ///< (node) -> how many operations of a recovery end before a crash in it; benign: none
  message_corrupt,    ///< (from, to, type) -> 0 or 1; benign: 0
  corrupt_bits,       ///< (from, to, type) -> 64 bits: which burst flips; benign: 0, the first bit alone
  message_replay,     ///< (from, to, type) -> 0 or 1; benign: 0
  replay_delay,       ///< (from, to, type) -> ns; benign: the distribution's minimum
  link_clog,          ///< (from, to, type) -> 0 or 1; benign: 0
  clog_duration,      ///< (from, to, type) -> ns; benign: the distribution's minimum
  stream_suffix,      ///< (from, to) -> how many of the messages in flight a break takes along; benign: 0
  stream_reconnect,   ///< (lower id, higher id), and the other way round -> ns; benign: the minimum
  service_time,       ///< (node) -> ns; benign: the distribution's minimum
  fault_rot,          ///< (fault or step, firing) -> of what could decay which, and where; benign: the first
  misread_choice,     ///< (node), following disk_misread: of what is read which decayed, and which bit
  misdirection_choice,  ///< (node), following disk_misdirection: where the write lies instead
  bit_rot_choice,       ///< (node), following disk_bit_rot: what decayed, and which bit
  client_death,         ///< (client) -> 0 or 1, at each operation; benign: 0
};

/// Names a stream. Unused members are 0. A fault or step is named by two numbers, a hash of its id (or of
/// what it does) and its occurrence among those of the same name, so that one fault less renames no other.
struct StreamName {
  Purpose purpose{};
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  std::uint32_t c = 0;
  friend auto operator<=>(const StreamName&, const StreamName&) = default;
};

enum class Base : std::uint8_t { seed, benign };

/// Decision `ordinal` (from 0) of a stream has this value, whatever the base says.
struct RecordedDecision {
  StreamName stream;
  std::uint64_t ordinal = 0;
  std::uint64_t value = 0;
  friend auto operator<=>(const RecordedDecision&, const RecordedDecision&) = default;
};

/// Where a run's decisions come from: a base and a sparse list of overrides.
struct DecisionSource {
  Base base = Base::seed;
  std::uint64_t seed = 0;
  std::vector<RecordedDecision> overrides = {};
  /// Keep every decision that differs from its benign value.
  bool record = false;
};

/// All decisions drawn from `seed`.
inline DecisionSource from_seed(std::uint64_t seed) {
  DecisionSource source;
  source.seed = seed;
  return source;
}

/// A strong bijective mix of 64 bits (Stafford's variant 13 of the murmur finaliser).
constexpr std::uint64_t mix_bits(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

/// The 64 uniform bits of draw `ordinal` in the stream with this key. Nothing else enters.
constexpr std::uint64_t draw_bits(std::uint64_t key, std::uint64_t ordinal) {
  const std::uint64_t x = mix_bits(key + (ordinal + 1) * 0x9E3779B97F4A7C15ULL);
  return mix_bits(x ^ (key >> 32 | key << 32));
}

/// The key of a stream under a seed.
constexpr std::uint64_t stream_key(std::uint64_t seed, const StreamName& name) {
  const std::uint64_t purpose = static_cast<std::uint64_t>(name.purpose) + 1;
  std::uint64_t key = mix_bits(seed + 0x2545F4914F6CDD1DULL);
  key = mix_bits(key + (purpose << 32 | name.a) * 0x9E3779B97F4A7C15ULL);
  return mix_bits(key + (std::uint64_t{name.b} << 32 | name.c) * 0xD1342543DE82EF95ULL);
}

/// floor(draw * n / 2^64): uniform in 0..n-1 up to a bias of n / 2^64.
constexpr std::uint64_t scale_draw(std::uint64_t draw, std::uint64_t n) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>(static_cast<Wide>(draw) * n >> 64);
}

/// Which value of a distribution is the harmless one.
enum class Benign : std::uint8_t { minimum, median };

namespace detail {
/// What a stream needs only when a run is not plainly seeded: replay, shrinking, recording.
struct Steering {
  StreamName name;
  Base base = Base::seed;
  std::span<const RecordedDecision> overrides;      ///< of this stream, by ordinal
  std::vector<RecordedDecision>* record = nullptr;  ///< null: not recording
};
}  // namespace detail

/// A cursor into one stream, held by value by its only user (the network keeps an array of them): a draw
/// looks nothing up. Each call takes the next ordinal, whether or not anything had to be computed for it, so
/// that the i-th message on a link keeps draw i when a probability or distribution changes in between. An
/// override outside the legal range of its draw is clamped into it.
/// A default-constructed Stream is at rest: no draw is legal. Must not outlive its Decisions.
class Stream {
 public:
  Stream() = default;

  /// True with probability p. Benign: false. A probability of 0 is not computed, nor overridden.
  bool chance(const Ratio& p) {
    if (p.never()) return skip(), false;
    if (steering_ == nullptr) return p.hit(draw());
    return steer(p.hit(peek_draw()) ? 1 : 0, 0, {0, 1}) != 0;
  }

  /// A value of d. A constant is not computed, nor overridden.
  Duration sample(const Distribution& d, Benign benign = Benign::minimum) {
    if (d.is_constant()) return skip(), d.minimum();
    if (steering_ == nullptr) return d.at(draw());
    return steered_sample(d, benign);
  }

  /// Uniform in 0..n-1. Precondition: n > 0, benign < n.
  std::uint64_t below(std::uint64_t n, std::uint64_t benign = 0) {
    CHECK(n > benign);
    if (n == 1) return skip(), 0;
    if (steering_ == nullptr) return scale_draw(draw(), n);
    return steer(scale_draw(peek_draw(), n), benign, {0, n - 1});
  }

  /// 64 uniform bits.
  std::uint64_t bits(std::uint64_t benign) {
    if (steering_ == nullptr) return draw();
    return steer(peek_draw(), benign, {0, ~std::uint64_t{0}});
  }

  /// What bits(benign) would return now. It becomes a decision only when bits() is called: entropy that a
  /// step did not use is none.
  std::uint64_t peek_bits(std::uint64_t benign) const {
    return steering_ == nullptr ? peek_draw() : steered(peek_draw(), benign, {0, ~std::uint64_t{0}});
  }

  /// Leaves one ordinal out: the draw belongs to something that does not need it.
  void skip() { ++next_; }
  /// The next draw is number `ordinal`: for streams that follow another one and are drawn from now and then.
  void follow(std::uint64_t ordinal) { next_ = ordinal; }
  std::uint64_t position() const { return next_; }

 private:
  friend class Decisions;
  Stream(std::uint64_t key, detail::Steering* steering) : key_(key), steering_(steering) {}

  struct Range {
    std::uint64_t min;
    std::uint64_t max;
  };
  std::uint64_t draw() { return draw_bits(key_, next_++); }
  std::uint64_t peek_draw() const { return draw_bits(key_, next_); }
  Duration steered_sample(const Distribution& d, Benign benign);
  /// The value at the present ordinal: override, benign or seeded.
  std::uint64_t steered(std::uint64_t seeded, std::uint64_t benign, Range legal) const;
  /// The same, recorded where it differs from the benign one, and the ordinal taken.
  std::uint64_t steer(std::uint64_t seeded, std::uint64_t benign, Range legal);

  std::uint64_t key_ = 0;
  std::uint64_t next_ = 0;
  detail::Steering* steering_ = nullptr;  ///< null: plainly seeded
};

/// All decisions of one run. Opening a stream twice yields two cursors over the same values: each name must
/// have one user.
class Decisions {
 public:
  explicit Decisions(DecisionSource source);
  Decisions(const Decisions&) = delete;
  Decisions& operator=(const Decisions&) = delete;

  Stream open(const StreamName& name);

  /// Those that differed from their benign value so far, sorted by stream and ordinal; empty unless
  /// recording. Base benign with this list as overrides repeats the run.
  std::vector<RecordedDecision> recorded() const;

 private:
  DecisionSource source_;  ///< overrides sorted
  std::vector<RecordedDecision> record_;
  std::deque<detail::Steering> steering_;  ///< addresses are stable
};

}  // namespace raftsim::sim
