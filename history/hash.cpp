// The streaming state lives inside ours, and its update is inlined: about 13 ns an event.
#define XXH_INLINE_ALL
#include "history/hash.hpp"

#include <xxhash.h>

#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <type_traits>
#include <variant>

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
  const std::array<bool, 8> there{!d.causes.empty(),          d.message != nullptr,   !d.labels.empty(),
                                  d.configuration != nullptr, d.operation != nullptr, d.result != nullptr,
                                  !d.nodes.empty(),           !d.text.empty()};
  unsigned bits = 0;
  for (unsigned i = 0; i < there.size(); ++i) bits |= (there[i] ? 1u : 0u) << i;
  return static_cast<std::uint8_t>(bits);
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

struct RollingHash::State {
  XXH3_state_t xxh;
};

RollingHash::RollingHash() : state_(std::make_unique<State>()) { XXH3_128bits_reset(&state_->xxh); }

RollingHash::RollingHash(const RollingHash& other) : state_(std::make_unique<State>(*other.state_)) {}

RollingHash& RollingHash::operator=(const RollingHash& other) {
  *state_ = *other.state_;
  return *this;
}

RollingHash::~RollingHash() = default;

void RollingHash::add(const Event& event) { XXH3_128bits_update(&state_->xxh, &event, sizeof event); }

void RollingHash::add(const Event& event, const Details& details) {
  // One update for both. The buffer only grows: nothing is allocated in the steady state.
  const std::size_t bound = sizeof event + size_bound(details);
  if (packed_.size() < bound) packed_.resize(2 * bound);
  std::memcpy(packed_.data(), &event, sizeof event);
  const std::byte* end = pack_at(details, packed_.data() + sizeof event);
  const auto size = static_cast<std::size_t>(end - packed_.data());
  CHECK(size <= bound);
  XXH3_128bits_update(&state_->xxh, packed_.data(), size);
}

Hash128 RollingHash::digest() const {
  const XXH128_hash_t h = XXH3_128bits_digest(&state_->xxh);
  return {h.high64, h.low64};
}

}  // namespace raftsim::history
