// All of xxHash that touches the streaming state comes from its header: the state's layout is no promise of
// the library.
#define XXH_INLINE_ALL
#include "history/hash.hpp"

#include <xxhash.h>

#include <array>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <type_traits>
#include <variant>

#include "history/hash_update.hpp"
#include "seam/check.hpp"

namespace raftsim::history {
namespace {

/// Little-endian integers, one after the other; event.hpp asserts that memory is little-endian. The place
/// must be large enough: size_bound().
class Packer {
 public:
  explicit Packer(std::byte* place) : at_(place) {}
  std::byte* end() const { return at_; }

  template <class Integer>
  void put(Integer value) {
    static_assert(std::is_unsigned_v<Integer>);
    std::memcpy(at_, &value, sizeof value);
    at_ += sizeof value;
  }
  template <class Tag>
  void put(Ordinal<Tag> value) {
    put(value.value);
  }
  void flag(bool value) { put(static_cast<std::uint8_t>(value ? 1 : 0)); }
  void count(std::size_t n) { put(static_cast<std::uint32_t>(n)); }

  void put(std::string_view text) {
    count(text.size());
    bytes(text.data(), text.size());
  }
  template <class Tag>
  void put(std::span<const Ordinal<Tag>> ordinals) {
    static_assert(sizeof(Ordinal<Tag>) == 8);
    count(ordinals.size());
    bytes(ordinals.data(), ordinals.size_bytes());
  }
  void put(std::span<const MessageEntry> entries) {
    // Its three words lie as they would be packed.
    static_assert(sizeof(MessageEntry) == 24 && offsetof(MessageEntry, term) == 8);
    static_assert(offsetof(MessageEntry, hash) == 16);
    count(entries.size());
    bytes(entries.data(), entries.size_bytes());
  }
  template <class T>
  void put(const std::optional<T>& value) {
    flag(value.has_value());
    if (!value) return;
    if constexpr (std::is_same_v<T, std::string>)
      put(std::string_view(*value));
    else
      put(*value);
  }

 private:
  void bytes(const void* data, std::size_t size) {
    if (size != 0) std::memcpy(at_, data, size);
    at_ += size;
  }

  std::byte* at_;
};

std::size_t size_bound(const Configuration& c) {
  return 12 + 8 * (c.voters.size() + c.voters_outgoing.size() + c.learners.size());
}

std::size_t size_bound(const Label& label) {
  // 33 bytes is the longest form without a configuration.
  const auto* snapshot = std::get_if<SnapshotLabel>(&label);
  return 33 + (snapshot == nullptr ? 0 : size_bound(snapshot->configuration));
}

/// Bytes that pack() needs at most.
std::size_t size_bound(const Details& d) {
  std::size_t size = 1;
  if (!d.causes.empty()) size += 4 + d.causes.size_bytes();
  if (d.message != nullptr) size += 54 + 24 * d.message->entries.size();
  if (!d.labels.empty()) size += 4;
  for (const Label& label : d.labels) size += size_bound(label);
  if (d.configuration != nullptr) size += size_bound(*d.configuration);
  if (d.operation != nullptr) {
    const Operation& o = *d.operation;
    size += 39 + o.key.size() + o.value.size() + (o.expected ? o.expected->size() : 0);
  }
  if (d.result != nullptr) size += 24 + (d.result->value ? d.result->value->size() : 0);
  if (!d.nodes.empty()) size += 4 + d.nodes.size_bytes();
  return size + 4 + d.text.size();
}

void pack(const MessageView& m, Packer& out) {
  out.put(static_cast<std::uint8_t>(m.type));
  out.put(m.term);
  out.put(m.previous_index);
  out.put(m.previous_term);
  out.put(m.commit);
  out.flag(m.granted);
  out.put(m.match);
  out.put(m.context);
  out.put(std::span<const MessageEntry>(m.entries));
}

void pack(const Configuration& c, Packer& out) {
  out.put(std::span<const NodeId>(c.voters));
  out.put(std::span<const NodeId>(c.voters_outgoing));
  out.put(std::span<const NodeId>(c.learners));
}

struct LabelPacker {
  Packer& out;

  void operator()(const HardStateLabel& l) const {
    out.put(l.term);
    out.put(l.vote);
  }
  void operator()(const EntriesLabel& l) const {
    out.put(l.first);
    out.put(l.last);
    out.put(l.last_term);
    out.put(l.chain);
  }
  void operator()(const TruncateLabel& l) const { out.put(l.from); }
  void operator()(const SnapshotLabel& l) const {
    out.put(l.index);
    out.put(l.term);
    out.put(l.state_hash);
    pack(l.configuration, out);
  }
};

void pack(const Operation& o, Packer& out) {
  out.put(static_cast<std::uint8_t>(o.kind));
  out.put(static_cast<std::uint8_t>(o.read));
  out.put(std::string_view(o.key));
  out.put(std::string_view(o.value));
  out.put(o.expected);
  out.put(o.session);
  out.put(o.sequence);
  out.put(o.first_unanswered);
}

void pack(const OperationResult& r, Packer& out) {
  out.put(static_cast<std::uint8_t>(r.kind));
  out.flag(r.applied);
  out.put(r.value);
  out.put(r.leader);
  out.put(r.session);
}

std::uint8_t presence(const Details& d) {
  const auto bit = [](bool there, unsigned position) { return (there ? 1u : 0u) << position; };
  return static_cast<std::uint8_t>(bit(!d.causes.empty(), 0) | bit(d.message != nullptr, 1) |
                                   bit(!d.labels.empty(), 2) | bit(d.configuration != nullptr, 3) |
                                   bit(d.operation != nullptr, 4) | bit(d.result != nullptr, 5) |
                                   bit(!d.nodes.empty(), 6) | bit(!d.text.empty(), 7));
}

/// Returns the end.
std::byte* pack_at(const Details& details, std::byte* place) {
  Packer packer(place);
  packer.put(presence(details));
  if (!details.causes.empty()) packer.put(details.causes);
  if (details.message != nullptr) pack(*details.message, packer);
  if (!details.labels.empty()) {
    packer.count(details.labels.size());
    for (const Label& label : details.labels) {
      packer.put(static_cast<std::uint8_t>(label.index()));
      std::visit(LabelPacker{packer}, label);
    }
  }
  if (details.configuration != nullptr) pack(*details.configuration, packer);
  if (details.operation != nullptr) pack(*details.operation, packer);
  if (details.result != nullptr) pack(*details.result, packer);
  if (!details.nodes.empty()) packer.put(details.nodes);
  if (!details.text.empty()) packer.put(details.text);
  return packer.end();
}

}  // namespace

void pack(const Details& details, std::vector<std::byte>& out) {
  const std::size_t before = out.size();
  out.resize(before + size_bound(details));
  const std::byte* end = pack_at(details, out.data() + before);
  const auto size = static_cast<std::size_t>(end - out.data());
  CHECK(size <= out.size());
  out.resize(size);
}

std::string to_text(Hash128 hash) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text(32, '0');
  for (std::size_t i = 0; i < 16; ++i) {
    const unsigned shift = static_cast<unsigned>(60 - 4 * i);
    text[i] = digits[hash.high >> shift & 15];
    text[16 + i] = digits[hash.low >> shift & 15];
  }
  return text;
}

std::optional<Hash128> hash_named(std::string_view text) {
  if (text.size() != 32) return std::nullopt;
  Hash128 hash;
  const char* middle = text.data() + 16;
  const auto high = std::from_chars(text.data(), middle, hash.high, 16);
  const auto low = std::from_chars(middle, middle + 16, hash.low, 16);
  if (high.ec != std::errc{} || high.ptr != middle || low.ec != std::errc{} || low.ptr != middle + 16)
    return std::nullopt;
  return hash;
}

/// Events are collected here and hashed many at a time. How the bytes are cut into updates does not change
/// the digest.
struct RollingHash::State {
  static constexpr std::size_t capacity = 8192;

  XXH3_state_t xxh;
  std::size_t used = 0;
  alignas(64) std::array<std::byte, capacity> buffer;

  /// Room for `size` more bytes. Precondition: size <= capacity.
  std::byte* room(std::size_t size) {
    if (size > capacity - used) flush();
    return buffer.data() + used;
  }
  void flush() {
    xxh3_128_update(&xxh, buffer.data(), used);
    used = 0;
  }
};

RollingHash::RollingHash() : state_(std::make_unique<State>()) { XXH3_128bits_reset(&state_->xxh); }

RollingHash::RollingHash(const RollingHash& other) : state_(std::make_unique<State>(*other.state_)) {}

RollingHash& RollingHash::operator=(const RollingHash& other) {
  *state_ = *other.state_;
  return *this;
}

RollingHash::~RollingHash() = default;

namespace {

/// The event's bytes, at `place`; where they end. Its fields were stored one by one a few instructions ago,
/// and a load that is wider than the store it depends on waits until that store has left for the cache (2 %
/// of a run): fields are taken as fields and words as words, and the empty asm keeps the compiler from
/// gathering them.
std::byte* put(const Event& event, std::byte* place) {
  static_assert(std::endian::native == std::endian::little);
  static_assert(offsetof(Event, node) == 24 && offsetof(Event, kind) == 26 && offsetof(Event, step) == 28 &&
                offsetof(Event, words) == 32);
  const auto word = [&place](std::uint64_t value) {
    __asm__("" : "+r"(value));
    std::memcpy(place, &value, sizeof value);
    place += sizeof value;
  };
  word(event.id.value);
  word(static_cast<std::uint64_t>(event.time.ns));
  word(event.cause.value);
  word(std::uint64_t{event.node.raw} | std::uint64_t{static_cast<std::uint8_t>(event.kind)} << 16 |
       std::uint64_t{event.has_details} << 24 | std::uint64_t{event.step} << 32);
  const auto* const part = reinterpret_cast<const std::byte*>(&event) + offsetof(Event, words);
  for (std::size_t at = 0; at < sizeof event.words; at += sizeof(std::uint64_t)) {
    std::uint64_t value;
    std::memcpy(&value, part + at, sizeof value);
    word(value);
  }
  return place;
}

}  // namespace

void RollingHash::add(const Event& event) {
  put(event, state_->room(sizeof event));
  state_->used += sizeof event;
}

void RollingHash::add(const Event& event, const Details& details) {
  const std::size_t bound = sizeof event + size_bound(details);
  if (bound > State::capacity) return add_long(event, details);
  std::byte* const place = state_->room(bound);
  const std::byte* const end = pack_at(details, put(event, place));
  const auto size = static_cast<std::size_t>(end - place);
  CHECK(size <= bound);
  state_->used += size;
}

/// Details longer than the buffer.
void RollingHash::add_long(const Event& event, const Details& details) {
  add(event);
  state_->flush();
  std::vector<std::byte> packed;
  pack(details, packed);
  xxh3_128_update(&state_->xxh, packed.data(), packed.size());
}

Hash128 RollingHash::digest() const {
  XXH3_state_t whole = state_->xxh;
  xxh3_128_update(&whole, state_->buffer.data(), state_->used);
  const XXH128_hash_t h = XXH3_128bits_digest(&whole);
  return {h.high64, h.low64};
}

}  // namespace raftsim::history
