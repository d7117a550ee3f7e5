#include "core/sessions.hpp"

#include <xxhash.h>

#include <algorithm>
#include <array>

#include "seam/check.hpp"

namespace raftsim::core {
namespace {

std::uint64_t hash_words(std::array<std::uint64_t, 4> words) {
  return XXH3_64bits(words.data(), sizeof words);
}

}  // namespace

Sessions::Sessions(std::uint32_t cap) : cap_(cap) { CHECK(cap >= 1); }

std::uint64_t Sessions::hash_of(const Session& session) {
  return hash_words({session.id, session.opener, 0, 1});
}

std::uint64_t Sessions::hash_of(std::uint64_t session, const SessionAnswer& answer) {
  const std::uint64_t bytes = XXH3_64bits(answer.bytes.data(), answer.bytes.size());
  return hash_words({session, answer.sequence, answer.position.value, bytes});
}

std::uint32_t Sessions::find(std::uint64_t session) const {
  const auto at = std::lower_bound(index_.begin(), index_.end(), session,
                                   [](const auto& pair, std::uint64_t id) { return pair.first < id; });
  return at != index_.end() && at->first == session ? at->second : none;
}

void Sessions::link_newest(std::uint32_t slot) {
  slots_[slot].older = newest_;
  slots_[slot].newer = none;
  if (newest_ != none) slots_[newest_].newer = slot;
  newest_ = slot;
  if (oldest_ == none) oldest_ = slot;
}

void Sessions::unlink(std::uint32_t slot) {
  const Session& session = slots_[slot];
  (session.older != none ? slots_[session.older].newer : oldest_) = session.newer;
  (session.newer != none ? slots_[session.newer].older : newest_) = session.older;
}

void Sessions::forget_front(Session& session, std::size_t count) {
  const auto begin = session.answers.begin();
  const auto middle = begin + static_cast<std::ptrdiff_t>(count);
  std::for_each(begin, middle, [this](const SessionAnswer& answer) { hash_ -= answer.hash; });
  std::rotate(begin, middle, begin + static_cast<std::ptrdiff_t>(session.live));
  session.live -= count;
}

void Sessions::expire_oldest() {
  const std::uint32_t slot = oldest_;
  Session& session = slots_[slot];
  forget_front(session, session.live);
  hash_ -= hash_of(session);
  unlink(slot);
  const std::uint64_t id = session.id;
  std::erase_if(index_, [id](const auto& pair) { return pair.first == id; });
  vacant_.push_back(slot);
}

std::uint32_t Sessions::vacant() {
  if (vacant_.empty()) {
    slots_.emplace_back();
    return static_cast<std::uint32_t>(slots_.size() - 1);
  }
  const std::uint32_t slot = vacant_.back();
  vacant_.pop_back();
  return slot;
}

std::uint64_t Sessions::open(Index index, std::uint64_t opener) {
  if (opener != 0) {
    const auto same = std::find_if(index_.begin(), index_.end(), [this, opener](const auto& pair) {
      return slots_[pair.second].opener == opener;
    });
    if (same != index_.end()) return same->first;
  }
  CHECK(index_.empty() || index_.back().first < index.value);
  while (index_.size() >= cap_) expire_oldest();
  const std::uint32_t slot = vacant();
  Session& session = slots_[slot];
  session.id = index.value;
  session.opener = opener;
  session.floor = 0;
  session.live = 0;
  link_newest(slot);
  index_.emplace_back(index.value, slot);
  hash_ += hash_of(session);
  return index.value;
}

Sessions::Lookup Sessions::look_up(std::uint64_t session_id, std::uint64_t sequence) {
  const std::uint32_t slot = find(session_id);
  if (slot == none) return {};
  if (slot != newest_) {
    unlink(slot);
    link_newest(slot);
  }
  const Session& session = slots_[slot];
  const auto end = session.answers.begin() + static_cast<std::ptrdiff_t>(session.live);
  const auto at = std::lower_bound(session.answers.begin(), end, sequence,
                                   [](const SessionAnswer& a, std::uint64_t s) { return a.sequence < s; });
  if (at != end && at->sequence == sequence) return {Standing::answered, &*at};
  return {sequence < session.floor ? Standing::forgotten : Standing::fresh, nullptr};
}

void Sessions::remember(std::uint64_t session_id, std::uint64_t sequence, std::uint64_t first_unanswered,
                        Index position, ByteSpan answer) {
  CHECK(newest_ != none && slots_[newest_].id == session_id);
  Session& session = slots_[newest_];
  // A client cannot know the answer of the command that it asks for: never forget what is being remembered.
  session.floor = std::max(session.floor, std::min(first_unanswered, sequence));
  std::size_t stale = 0;
  while (stale < session.live && session.answers[stale].sequence < session.floor) ++stale;
  if (stale > 0) forget_front(session, stale);

  if (session.live == session.answers.size()) session.answers.emplace_back();
  SessionAnswer& kept = session.answers[session.live];
  kept.sequence = sequence;
  kept.position = position;
  kept.bytes.assign(answer.begin(), answer.end());
  kept.hash = hash_of(session_id, kept);
  hash_ += kept.hash;
  for (std::size_t at = session.live++; at > 0 && session.answers[at - 1].sequence > sequence; --at) {
    std::swap(session.answers[at - 1], session.answers[at]);
  }
  if (session.live > answers_max) {
    session.floor = std::max(session.floor, session.answers.front().sequence + 1);
    forget_front(session, 1);
  }
}

}  // namespace raftsim::core
