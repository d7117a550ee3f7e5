#include "checkers/key_search.hpp"

#include <algorithm>

#include "seam/check.hpp"

namespace raftsim::checkers {

namespace {

/// Whether each operation of `fewer` is in `more`, equal ones counted.
bool contains_all(const std::vector<KeyOperation>& more, const std::vector<KeyOperation>& fewer) {
  if (fewer.size() > more.size()) return false;
  std::vector<bool> used(more.size());
  for (const KeyOperation& f : fewer) {
    std::size_t k = 0;
    while (k < more.size() && (used[k] || !same_effect(more[k], f))) ++k;
    if (k == more.size()) return false;
    used[k] = true;
  }
  return true;
}

}  // namespace

void keep_state(std::vector<KeyState>& states, KeyState state) {
  for (const KeyState& s : states)
    if (s.value == state.value && contains_all(s.open, state.open)) return;
  std::erase_if(states, [&state](const KeyState& s) {
    return s.value == state.value && contains_all(state.open, s.open);
  });
  states.push_back(std::move(state));
}

bool VisitedSet::insert(std::uint64_t a, std::uint64_t b) {
  if (slots_.size() < 2 * (used_.size() + 1)) grow();
  if (a == 0 && b == 0) b = 1;
  const std::size_t mask = slots_.size() - 1;
  std::size_t i = static_cast<std::size_t>(a) & mask;
  for (; slots_[i].a != 0 || slots_[i].b != 0; i = (i + 1) & mask)
    if (slots_[i].a == a && slots_[i].b == b) return false;
  slots_[i] = {a, b};
  used_.push_back(static_cast<std::uint32_t>(i));
  return true;
}

void VisitedSet::clear() {
  for (const std::uint32_t i : used_) slots_[i] = {};
  used_.clear();
}

void VisitedSet::grow() {
  std::vector<Slot> old(std::max<std::size_t>(64, slots_.size() * 2));
  old.swap(slots_);
  used_.clear();
  for (const Slot& s : old)
    if (s.a != 0 || s.b != 0) insert(s.a, s.b);
}

KeyVerdict KeySearch::Impl::run(std::span<const KeyOperation> operations, const KeyState& start,
                                std::uint64_t nodes_max, Want want) {
  look_ahead_ = true;
  prepare(operations, start, want);
  KeyVerdict v;
  if (impossible_)
    v.result = Linearizable::no;
  else
    v = search(nodes_max, want);
  if (v.result == Linearizable::yes || want != Want::deadlock) return v;
  // Without what was found to be of no use: to leave it out is to look ahead, too, but nobody misses it.
  std::vector<KeyOperation> kept;
  for (const Op& op : ops_) kept.push_back(op.what);
  v.deadlock = furthest(kept, start.value, nodes_max);
  return v;
}

/// How far one gets is told without looking ahead: the first operation that finds no place is easier to
/// understand than the one after which some later one would not. And once more up to there, the same way:
/// remembering the furthest place all the time would cost more.
Deadlock KeySearch::Impl::furthest(std::span<const KeyOperation> operations, const ValueHash& start,
                                   std::uint64_t nodes_max) {
  constexpr std::uint64_t explaining_max = 500'000;
  const KeyState bare{start, {}};
  look_ahead_ = false;
  prepare(operations, bare, Want::deadlock);
  const std::size_t all = required_;
  const bool longest = search(explaining_max, Want::deadlock).result == Linearizable::no;
  std::size_t left = least_left_;
  if (!longest) {
    // Who looks ahead may get further within reason.
    look_ahead_ = true;
    prepare(operations, bare, Want::deadlock);
    search(nodes_max, Want::deadlock);
    look_ahead_ = least_left_ < left;
    left = std::min(left, least_left_);
  }
  prepare(operations, bare, Want::deadlock);
  Deadlock d = search(std::max(nodes_max, explaining_max), Want::deadlock, left).deadlock;
  d.ordered = all - left;
  d.longest = longest;
  return d;
}

/// `stop_at`: as soon as no more than so many operations of known outcome are left, tell how it stands.
KeyVerdict KeySearch::Impl::search(std::uint64_t nodes_max, Want want, std::optional<std::size_t> stop_at) {
  KeyVerdict verdict;
  want_ = want;
  least_left_ = required_;
  std::uint32_t from = links_[0].next;
  for (;;) {
    bool forward = false;
    least_left_ = std::min(least_left_, required_);
    if (stop_at && required_ <= *stop_at) {
      verdict.result = Linearizable::no;
      verdict.deadlock = deadlock();
      break;
    }
    if (required_ == 0) {
      verdict.result = Linearizable::yes;
      if (want != Want::all_states) break;
      keep_state(verdict.states, here());
    } else {
      forward = advance(from);
    }
    // A set of this many orders visited takes a gigabyte: what it costs is a bound like any other.
    constexpr std::size_t visited_max = std::size_t{1} << 25;
    if (nodes_ > nodes_max || visited_.size() > visited_max) {
      verdict.result = Linearizable::unknown;
      verdict.states.clear();
      break;
    }
    if (forward || retreat(from)) continue;
    if (want == Want::all_states && !verdict.states.empty()) break;
    verdict.result = Linearizable::no;
    break;
  }
  verdict.nodes = nodes_;
  return verdict;
}

/// Orders one more operation: of those whose turn it may be (called before the first return that is left),
/// one that changes nothing first, else the next one from `from` on. False: none.
bool KeySearch::Impl::advance(std::uint32_t& from) {
  ValueHash after, after_first;
  std::uint32_t first = 0;
  if (from == links_[0].next) {
    // An operation that changes nothing, where it is legal: if any order goes on from here, so does the one
    // in which it comes now. The same holds for a value that nobody reads over one that nobody needs.
    for (std::uint32_t k = from; links_[k].call; k = links_[k].next) {
      const Choice c = choice(ops_[links_[k].op], after);
      if (c == Choice::one_of && first == 0) first = k, after_first = after;
      if (c != Choice::pure && c != Choice::forced) continue;
      if (!take(k, after, c)) return false;
      from = links_[0].next;
      return true;
    }
    from = first;
  }
  for (std::uint32_t k = from; links_[k].call; k = links_[k].next) {
    if (k == first)
      after = after_first;
    else if (choice(ops_[links_[k].op], after) == Choice::no)
      continue;
    if (!take(k, after, Choice::one_of)) continue;
    from = links_[0].next;
    return true;
  }
  return false;
}

/// Takes back the last operation that had an alternative; `from`: where to look for it. False: there is none.
bool KeySearch::Impl::retreat(std::uint32_t& from) {
  while (!stack_.empty()) {
    const Frame frame = stack_.back();
    stack_.pop_back();
    put_back(frame.link);
    state_ = frame.state;
    state_number_ = frame.state_number;
    unobserved_ = frame.unobserved;
    if (frame.only_choice) continue;
    from = links_[frame.link].next;
    // An exhausted list must not look like a fresh one.
    if (from == 0 || from == links_[0].next) continue;
    return true;
  }
  return false;
}

KeySearch::Impl::Choice KeySearch::Impl::choice(const Op& op, ValueHash& after) const {
  const KeyOperation& what = op.what;
  if (op.earlier != none && !ops_[op.earlier].linearized) return Choice::no;
  if (what.outcome == Outcome::unknown) return choose_open(op, after);
  after = what.value;
  switch (what.kind) {
    case OperationKind::get:
      return what.value == state_ ? Choice::pure : Choice::no;
    case OperationKind::put:
    case OperationKind::remove: {
      // An open operation that is overwritten unseen had better stay open.
      if (unobserved_) return Choice::no;
      const bool free =
          want_ != Want::all_states && forceable_ && unread(op.produced) && unread(state_number_);
      return free ? Choice::forced : Choice::one_of;
    }
    case OperationKind::append: {
      if (op.observed != none && op.observed != state_number_) return Choice::no;
      after = appended(state_, what.value);
      const bool free = want_ != Want::all_states && forceable_ && op.suffix != none && op.observed == none &&
                        unread(state_number_);
      return free ? Choice::forced : Choice::one_of;
    }
    case OperationKind::cas:
      return choose_cas(what, after);
    case OperationKind::open_session:
      break;
  }
  return Choice::no;
}

KeySearch::Impl::Choice KeySearch::Impl::choose_cas(const KeyOperation& what, ValueHash& after) const {
  const bool matches = what.expected == state_;
  if (what.applied != matches) return Choice::no;
  after = what.applied ? what.value : state_;
  return what.applied ? Choice::one_of : Choice::pure;
}

KeySearch::Impl::Choice KeySearch::Impl::choose_open(const Op& op, ValueHash& after) const {
  const KeyOperation& what = op.what;
  // Of equal open operations, the one that began first goes first.
  if (op.twin != none && !ops_[op.twin].linearized) return Choice::no;
  after = what.value;
  if (what.kind == OperationKind::append) {
    if (op.observed != none && op.observed != state_number_) return Choice::no;
    // Nobody looks for what it would leave.
    if (op.observed == none && forceable_ && want_ != Want::all_states && op.suffix != none) {
      if (suffixes_[op.suffix].values.empty()) return Choice::no;
    }
    after = appended(state_, what.value);
  } else if (what.kind == OperationKind::cas) {
    if (!(what.expected == state_)) return Choice::no;
  } else if (unobserved_) {
    return Choice::no;
  }
  return after == state_ ? Choice::no : Choice::one_of;
}

bool KeySearch::Impl::unread(std::uint32_t value) const {
  return value == none || values_[value].demand == 0;
}

/// Somebody still has to find this value, and nobody can bring it back once it is left.
bool KeySearch::Impl::still_needed(std::uint32_t value) const {
  if (!look_ahead_ || value == none) return false;
  const Value& v = values_[value];
  if (v.demand == 0 || v.supply != 0) return false;
  if (open_appends_ == 0) return true;
  if (v.vague) return false;
  for (const std::uint32_t s : v.suffixes)
    if (s != none && suffixes_[s].left != 0) return false;
  return true;
}

/// The last append of its kind makes something else of the key than what somebody has to find.
bool KeySearch::Impl::spoils(const Op& op, const ValueHash& after) const {
  if (op.suffix == none || suffixes_[op.suffix].left != 0) return false;
  for (const std::uint32_t v : suffixes_[op.suffix].values)
    if (!(numbers_[v] == after) && v != state_number_ && still_needed(v)) return true;
  return false;
}

bool KeySearch::Impl::take(std::uint32_t link, const ValueHash& after, Choice c) {
  const Op& op = ops_[links_[link].op];
  const Frame frame{link, state_number_, state_, unobserved_, c != Choice::one_of};
  lift(link);
  const bool unobserved = op.what.outcome == Outcome::unknown;
  const bool leaves = !(state_ == after);
  const bool dead = (leaves && still_needed(state_number_)) || spoils(op, after);
  const std::uint64_t state_mark = mixed(after.hash ^ (after.power << 3) ^ (after.present ? 2u : 0u));
  ++nodes_;
  if (dead || !visited_.insert(set_.a ^ state_mark, set_.b ^ mixed(state_mark) ^ (unobserved ? 1u : 0u))) {
    put_back(link);
    return false;
  }
  if (leaves) state_number_ = op.produced != none ? op.produced : numbers_.find(after);
  state_ = after;
  unobserved_ = unobserved;
  stack_.push_back(frame);
  return true;
}

/// Into the set of what is ordered, or out of it.
void KeySearch::Impl::mark(std::uint32_t op) {
  set_.a ^= marks_[op].a;
  set_.b ^= marks_[op].b;
}

void KeySearch::Impl::lift(std::uint32_t at) {
  Link& link = links_[at];
  Op& op = ops_[link.op];
  links_[link.previous].next = link.next;
  if (link.next != 0) links_[link.next].previous = link.previous;
  if (link.mate != none) {
    const Link& back = links_[link.mate];
    links_[back.previous].next = back.next;
    if (back.next != 0) links_[back.next].previous = back.previous;
  }
  op.linearized = true;
  mark(link.op);
  if (op.what.outcome == Outcome::known) --required_;
  if (op.what.kind == OperationKind::append) --open_appends_;
  if (op.suffix != none) --suffixes_[op.suffix].left;
  if (op.observed != none) --values_[op.observed].demand;
  if (op.produced != none) --values_[op.produced].supply;
}

void KeySearch::Impl::put_back(std::uint32_t at) {
  Link& link = links_[at];
  Op& op = ops_[link.op];
  if (link.mate != none) {
    const Link& back = links_[link.mate];
    links_[back.previous].next = link.mate;
    if (back.next != 0) links_[back.next].previous = link.mate;
  }
  links_[link.previous].next = at;
  if (link.next != 0) links_[link.next].previous = at;
  op.linearized = false;
  mark(link.op);
  if (op.what.outcome == Outcome::known) ++required_;
  if (op.what.kind == OperationKind::append) ++open_appends_;
  if (op.suffix != none) ++suffixes_[op.suffix].left;
  if (op.observed != none) ++values_[op.observed].demand;
  if (op.produced != none) ++values_[op.produced].supply;
}

KeyState KeySearch::Impl::here() const {
  KeyState s;
  s.value = state_;
  for (const Op& op : ops_)
    if (op.what.outcome == Outcome::unknown && !op.linearized) s.open.push_back(op.what);
  return s;
}

Deadlock KeySearch::Impl::deadlock() const {
  Deadlock d;
  for (const Frame& f : stack_) d.prefix.push_back(ops_[links_[f.link].op].what.tag);
  d.state = state_;
  ValueHash after;
  for (std::uint32_t k = links_[0].next; k != 0 && links_[k].call; k = links_[k].next) {
    const Op& op = ops_[links_[k].op];
    const bool waits = op.earlier != none && !ops_[op.earlier].linearized;
    if (op.what.outcome == Outcome::known && !waits && choice(op, after) == Choice::no)
      d.next.push_back(op.what.tag);
  }
  return d;
}

}  // namespace raftsim::checkers
