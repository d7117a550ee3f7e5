// The state machine as bytes and back (chapter 5, 6.3): data by ascending key; sessions from the least
// recently used on, so that expiry goes on where it stood. The same state has the same bytes, whatever led
// there.
#include <algorithm>
#include <limits>

#include "core/bytes.hpp"
#include "core/state_machine.hpp"
#include "seam/check.hpp"

namespace raftsim::core {
namespace {

// Store: u64 pairs, then for each u32 key length, u32 value length, key, value.
// Sessions: u64 sessions, then for each u64 id, u64 opener, u64 floor, u64 answers, and for each of these
//   u64 sequence, u64 position, u32 length, bytes.

template <std::unsigned_integral T>
void write_number(T value, std::vector<std::byte>& out) {
  out.resize(out.size() + sizeof value);
  store(out.data() + out.size() - sizeof value, value);
}

void write_bytes(ByteSpan bytes, std::vector<std::byte>& out) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

std::uint32_t length_of(std::size_t length) {
  CHECK(length <= std::numeric_limits<std::uint32_t>::max());
  return static_cast<std::uint32_t>(length);
}

/// Takes from the front; false, with nothing taken, where there is not enough.
template <std::unsigned_integral T>
bool read_number(ByteSpan& from, T& value) {
  if (from.size() < sizeof value) return false;
  value = load<T>(from.data());
  from = from.subspan(sizeof value);
  return true;
}

bool read_bytes(ByteSpan& from, std::uint64_t length, ByteSpan& bytes) {
  if (from.size() < length) return false;
  bytes = from.first(length);
  from = from.subspan(length);
  return true;
}

}  // namespace

void KvStore::save(std::vector<std::byte>& out) const {
  std::vector<std::string_view> keys;
  keys.reserve(slots_.size());
  for (const auto& [key, slot] : slots_) keys.push_back(key);
  std::sort(keys.begin(), keys.end());
  write_number(std::uint64_t{keys.size()}, out);
  for (const std::string_view key : keys) {
    const std::string_view value = *get(key);
    write_number(length_of(key.size()), out);
    write_number(length_of(value.size()), out);
    write_bytes(as_bytes(key), out);
    write_bytes(as_bytes(value), out);
  }
}

bool KvStore::load(ByteSpan& from) {
  std::uint64_t pairs = 0;
  if (!read_number(from, pairs)) return false;
  std::string_view before;
  for (std::uint64_t i = 0; i < pairs; ++i) {
    std::uint32_t key_length = 0;
    std::uint32_t value_length = 0;
    ByteSpan key;
    ByteSpan value;
    if (!read_number(from, key_length) || !read_number(from, value_length)) return false;
    if (!read_bytes(from, key_length, key) || !read_bytes(from, value_length, value)) return false;
    if (i > 0 && as_text(key) <= before) return false;
    before = as_text(key);
    put(as_text(key), as_text(value));
  }
  return true;
}

void Sessions::save(std::vector<std::byte>& out) const {
  write_number(std::uint64_t{size()}, out);
  for (std::uint32_t slot = oldest_; slot != none; slot = slots_[slot].newer) {
    const Session& session = slots_[slot];
    write_number(session.id, out);
    write_number(session.opener, out);
    write_number(session.floor, out);
    write_number(std::uint64_t{session.live}, out);
    for (std::size_t i = 0; i < session.live; ++i) {
      const SessionAnswer& answer = session.answers[i];
      write_number(answer.sequence, out);
      write_number(answer.position.value, out);
      write_number(length_of(answer.bytes.size()), out);
      write_bytes(answer.bytes, out);
    }
  }
}

bool Sessions::load_answers(ByteSpan& from, Session& session) {
  std::uint64_t answers = 0;
  if (!read_number(from, answers) || answers > answers_max) return false;
  for (std::uint64_t i = 0; i < answers; ++i) {
    std::uint64_t sequence = 0;
    std::uint64_t position = 0;
    std::uint32_t length = 0;
    ByteSpan bytes;
    if (!read_number(from, sequence) || !read_number(from, position) || !read_number(from, length))
      return false;
    if (!read_bytes(from, length, bytes)) return false;
    if (i > 0 && sequence <= session.answers.back().sequence) return false;
    SessionAnswer& answer = session.answers.emplace_back();
    answer.sequence = sequence;
    answer.position = Index{position};
    answer.bytes.assign(bytes.begin(), bytes.end());
    answer.hash = hash_of(session.id, answer);
    hash_ += answer.hash;
    ++session.live;
  }
  return true;
}

/// There may be more sessions than this server's cap (it was started with another): the next that opens
/// expires them. A session is numbered by the entry that opened it: none is behind what is covered.
bool Sessions::load(ByteSpan& from, Index covered) {
  std::uint64_t sessions = 0;
  if (!read_number(from, sessions)) return false;
  for (std::uint64_t i = 0; i < sessions; ++i) {
    Session session;
    if (!read_number(from, session.id) || !read_number(from, session.opener) ||
        !read_number(from, session.floor))
      return false;
    if (session.id == 0 || session.id > covered.value || !load_answers(from, session)) return false;
    hash_ += hash_of(session);
    const auto slot = static_cast<std::uint32_t>(slots_.size());
    index_.emplace_back(session.id, slot);
    slots_.push_back(std::move(session));
    link_newest(slot);
  }
  std::sort(index_.begin(), index_.end());
  const auto same_id = [](const auto& a, const auto& b) { return a.first == b.first; };
  return std::adjacent_find(index_.begin(), index_.end(), same_id) == index_.end();
}

void StateMachine::save(std::vector<std::byte>& out) const {
  store_.save(out);
  sessions_.save(out);
}

bool StateMachine::load(ByteSpan bytes, Index covered) {
  store_ = KvStore{};
  sessions_.forget_all();
  return store_.load(bytes) && sessions_.load(bytes, covered) && bytes.empty();
}

}  // namespace raftsim::core
