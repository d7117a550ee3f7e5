#include "checkers/tail_log.hpp"

namespace raftsim::checkers {

void TailLog::put(Index index, const LogEntry& entry, const Canonical& can) {
  if (entry.chain == 0) return forget_before(index.value + 1);
  if (index > last() + 1) {
    forget_before(index.value);
  } else if (index <= last()) {
    truncate(index);
  }
  // Far behind CAN's window (a server that recovers an old log) only the last entry's chain is worth keeping:
  // once it reaches the window, that one hash decides for all before it.
  if (tail_.empty() && index.value + 1 < can.first().value) {
    tail_.restart(index.value + 1);
    anchored_ = false;
    base_ = entry;
    return;
  }
  tail_.push_back(entry);
  constexpr std::uint64_t settle_spacing = 32;
  if (tail_.size() % settle_spacing == 0) settle(can);
}

void TailLog::truncate(Index from) {
  if (from > last()) return;
  if (from.value >= tail_.first()) {
    tail_.cut(from.value);
    return;
  }
  tail_.restart(from.value == 0 ? 1 : from.value);
  base_.reset();
  told_ = {};
  if (from.value <= 1) clear();
}

void TailLog::clear() {
  tail_.restart(1);
  anchored_ = true;
  told_ = {};
  base_ = LogEntry{chain_start, 0, Term{}};
}

void TailLog::forget_before(std::uint64_t first) {
  tail_.restart(first);
  anchored_ = false;
  base_.reset();
  told_ = {};
}

void TailLog::install(Index index, Term there, const Canonical& can) {
  if (index <= last()) {
    // Where it is not known what the log held, what becomes of its tail is told by events of its own.
    const auto own = term(index, can);
    if (!own || *own == there) return;
  }
  tail_.restart(index.value + 1);
  base_.reset();
  told_ = {can.chain(index), there};
  if (can.holds(index) && can.at(index).term == there)
    base_ = LogEntry{can.at(index).chain, can.at(index).hash, there};
  // A snapshot is of the canonical prefix: that it is, is judged by itself (snapshot_equals_prefix).
  anchored_ = true;
}

void TailLog::starts_at(Index first, std::optional<std::uint64_t> chain_before) {
  if (first > last() + 1) forget_before(first.value);
  const bool unknown = tail_.first() == first.value && !base_ && !told_.chain && !anchored_;
  if (unknown) told_.chain = chain_before;
}

std::optional<LogEntry> TailLog::entry(Index index, const Canonical& can) const {
  if (tail_.holds(index.value)) return tail_[index.value];
  if (index > last()) return std::nullopt;
  if (index.value + 1 == tail_.first() && base_) return base_;
  if (!anchored_ || !can.holds(index)) return std::nullopt;
  const Committed& c = can.at(index);
  return LogEntry{c.chain, c.hash, c.term};
}

std::optional<std::uint64_t> TailLog::settled_chain(Index index, const Canonical& can) const {
  if (index.value == 0) return chain_start;
  const auto e = entry(index, can);
  if (e) return e->chain;
  if (index.value + 1 == tail_.first() && told_.chain) return told_.chain;
  return anchored_ && index <= last() ? can.chain(index) : std::nullopt;
}

std::optional<Term> TailLog::term(Index index, const Canonical& can) const {
  if (index.value == 0) return Term{};
  const auto e = entry(index, can);
  if (e) return e->term;
  return index.value + 1 == tail_.first() ? told_.term : std::nullopt;
}

void TailLog::settle(const Canonical& can) {
  while (!tail_.empty()) {
    const Index index{tail_.first()};
    if (!can.holds(index)) return;
    if (tail_.front().chain != can.at(index).chain) return;
    base_ = tail_.front();
    tail_.drop_before(index.value + 1);
    anchored_ = true;
  }
}

}  // namespace raftsim::checkers
