#include "checkers/operations.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "history/utf8.hpp"

namespace raftsim::checkers {

std::size_t HashIndex::home(std::uint64_t key, std::size_t mask) {
  return static_cast<std::size_t>((key * 0x9E3779B97F4A7C15ULL) >> 20) & mask;
}

std::optional<std::uint64_t> HashIndex::find(std::uint64_t key) const {
  if (slots_.empty()) return std::nullopt;
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = home(key, mask); slots_[i].value != 0; i = (i + 1) & mask)
    if (slots_[i].key == key) return slots_[i].value;
  return std::nullopt;
}

void HashIndex::set(std::uint64_t key, std::uint64_t value) {
  if (slots_.size() < 2 * (used_ + 1)) grow();
  const std::size_t mask = slots_.size() - 1;
  std::size_t i = home(key, mask);
  while (slots_[i].value != 0 && slots_[i].key != key) i = (i + 1) & mask;
  if (slots_[i].value == 0) ++used_;
  slots_[i] = {key, value};
}

void HashIndex::erase(std::uint64_t key, std::uint64_t value) {
  if (slots_.empty()) return;
  const std::size_t mask = slots_.size() - 1;
  std::size_t i = home(key, mask);
  while (slots_[i].value != 0 && slots_[i].key != key) i = (i + 1) & mask;
  if (slots_[i].value == 0 || slots_[i].value != value) return;
  // Close the gap, so that no probe ends early.
  std::size_t gap = i;
  for (std::size_t j = (i + 1) & mask; slots_[j].value != 0; j = (j + 1) & mask) {
    const std::size_t wanted = home(slots_[j].key, mask);
    if (((j - wanted) & mask) < ((j - gap) & mask)) continue;
    slots_[gap] = slots_[j];
    gap = j;
  }
  slots_[gap] = {};
  --used_;
}

void HashIndex::grow() {
  std::vector<Slot> old(std::max<std::size_t>(64, slots_.size() * 2));
  old.swap(slots_);
  used_ = 0;
  for (const Slot& s : old)
    if (s.value != 0) set(s.key, s.value);
}

std::string shortened(const std::optional<std::string>& value) {
  if (!value) return "(absent)";
  constexpr std::size_t length_max = 24;
  if (value->size() <= length_max) return history::on_one_line(*value);
  return history::on_one_line(history::first_of(*value, length_max - 3)) + "...";
}

void ClientShadow::on_event(const Event& event, const Details& details) {
  if (event.kind == EventKind::apply) {
    application_ = {};
    if (cluster_.now().first_apply) on_apply(event);
  } else if (event.kind == EventKind::invoke) {
    on_invoke(event, details);
  } else {
    on_answer(event);
  }
}

void ClientShadow::on_answer(const Event& event) {
  if (OperationRecord* record = find_in(*this, event.operation.operation)) {
    record->open = false;
    if (event.kind == EventKind::fail) record->failed = event.id;
    if (event.kind == EventKind::ok && event.operation.position > answered_to_[record->client].index)
      answered_to_[record->client] = {event.operation.position, record->operation.kind == OperationKind::get};
  }
  if (event.kind != EventKind::ok || event.operation.position <= answered_) return;
  answered_ = event.operation.position;
  answered_by_ = event.id;
}

void ClientShadow::on_invoke(const Event& event, const Details& details) {
  const OperationId id = event.operation.operation;
  if (details.operation == nullptr) return;
  last_invoked_ = std::max(last_invoked_, id);
  while (ring_.size() <= id.value && ring_.size() < kept)
    ring_.resize(std::max<std::size_t>(64, 2 * ring_.size()));
  OperationRecord& r = ring_[id.value & (ring_.size() - 1)];
  make_room(r);
  r.id = id;
  r.content_hash = event.operation.content_hash;
  r.operation = *details.operation;
  r.client = event.operation.client;
  r.invoked = event.id;
  r.invoked_at = event.time;
  r.floor = answered_;
  r.floor_by = answered_by_;
  if (r.client >= answered_to_.size()) answered_to_.resize(r.client + 1);
  r.own_floor = answered_to_[r.client].index;
  r.own_floor_read = answered_to_[r.client].read;
  r.failed = EventId{};
  r.effective_at = Index{};
  r.effective_applied = true;
  r.open = true;
  if (r.content_hash != 0) by_content_.set(r.content_hash, id.value);
}

/// The slot of the ring is wanted for another operation.
void ClientShadow::make_room(OperationRecord& slot) {
  if (slot.id.value == 0) return;
  if (!slot.open) return by_content_.erase(slot.content_hash, slot.id.value);
  if (outstanding_.size() == open_kept) {
    const OperationRecord& oldest = outstanding_.begin()->second;
    by_content_.erase(oldest.content_hash, oldest.id.value);
    outstanding_.erase(outstanding_.begin());
  }
  outstanding_.emplace(slot.id, slot);
}

void ClientShadow::on_apply(const Event& event) {
  const history::ApplyPart& a = event.apply;
  if (a.index != modelled_ + 1 && blind_.empty())
    blind_ = fmt::format("entry {} was applied before entry {}", a.index.value, modelled_.value + 1);
  application_.fresh = true;
  application_.state_changed = !state_known_ || a.state_hash != state_hash_;
  modelled_ = a.index;
  state_hash_ = a.state_hash;
  state_known_ = a.state_hash != 0;
  const auto id = by_content_.find(a.hash);
  OperationRecord* record = nullptr;
  if (id) {
    record = find_in(*this, OperationId{*id});
    if (record != nullptr) ++recognised_;
  }
  application_.operation = record;
  if (record != nullptr) application_.duplicate_of = record->effective_at;
  if (record == nullptr) {
    // An entry that yields no result and one that changes nothing need no model.
    const bool harmless = a.result_hash == 0 || !application_.state_changed;
    if (!harmless && blind_.empty())
      blind_ = fmt::format("entry {} is no operation that a client asked for", a.index.value);
    return;
  }
  const bool session =
      record->operation.session != 0 || record->operation.kind == OperationKind::open_session;
  if (session && application_.duplicate_of.value != 0) return;
  // With sessions, whatever takes effect changes at least the session: an unchanged state is a refusal.
  if (!application_.state_changed) return;
  take_effect(*record, a.index);
}

void ClientShadow::take_effect(OperationRecord& record, Index index) {
  record.effective_at = index;
  const Operation& op = record.operation;
  if (op.kind == OperationKind::get || op.kind == OperationKind::open_session) return;
  Versions& versions = versions_of(op.key);
  const Version& now = versions.list.back();
  Version next{index, now.value, now.text};
  if (op.kind == OperationKind::put) {
    next.value = value_hash(op.value);
    next.text = shortened(op.value);
  } else if (op.kind == OperationKind::remove) {
    next.value = absent_value();
    next.text = shortened(std::nullopt);
  } else if (op.kind == OperationKind::append) {
    next.text = shortened((now.value.present ? now.text : std::string()) + op.value);
    next.value = appended(now.value, value_hash(op.value));
  } else {
    const ValueHash expected = op.expected ? value_hash(*op.expected) : absent_value();
    record.effective_applied = now.value == expected;
    if (!record.effective_applied) return;
    next.value = value_hash(op.value);
    next.text = shortened(op.value);
  }
  constexpr std::size_t versions_max = 256;
  if (versions.list.size() == versions_max) {
    versions.list.erase(versions.list.begin(), versions.list.begin() + versions_max / 2);
    versions.known_from = versions.list.front().index;
  }
  versions.list.push_back(std::move(next));
}

ClientShadow::Versions& ClientShadow::versions_of(const std::string& key) {
  Versions& v = keys_[key];
  if (v.list.empty()) v.list.push_back({Index{}, absent_value(), shortened(std::nullopt)});
  return v;
}

const Version* ClientShadow::value_at(std::string_view key, Index at) const {
  static const Version nothing{Index{}, absent_value(), shortened(std::nullopt)};
  if (!blind_.empty() || at > modelled_) return nullptr;
  const auto found = keys_.find(std::string(key));
  if (found == keys_.end()) return &nothing;
  const Versions& v = found->second;
  if (at < v.known_from) return nullptr;
  auto after = std::upper_bound(v.list.begin(), v.list.end(), at,
                                [](Index i, const Version& version) { return i < version.index; });
  return after == v.list.begin() ? nullptr : &*(after - 1);
}

}  // namespace raftsim::checkers
