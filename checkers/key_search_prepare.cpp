// What is known of a key's operations before the search begins: their order in time, which values somebody
// has to find, and who can have made them.
#include <algorithm>
#include <bit>

#include "checkers/key_search.hpp"

namespace raftsim::checkers {

namespace {

/// A longer text is not looked for at the end of others.
constexpr std::size_t suffix_bytes_max = 4'096;

bool produces(const KeyOperation& o) {
  return o.kind == OperationKind::put || o.kind == OperationKind::remove ||
         (o.kind == OperationKind::cas && (o.applied || o.outcome == Outcome::unknown));
}

bool observes(const KeyOperation& o) {
  return o.outcome == Outcome::known &&
         (o.kind == OperationKind::get || (o.kind == OperationKind::cas && o.applied));
}

}  // namespace

std::size_t ValueNumbers::slot_of(const ValueHash& value) const {
  const std::size_t mask = slots_.size() - 1;
  constexpr std::uint64_t golden = 0x9E3779B97F4A7C15ULL;
  std::size_t i = static_cast<std::size_t>(((value.hash + (value.present ? 1u : 0u)) * golden) >> shift_);
  while (slots_[i] != 0 && !(values_[slots_[i] - 1] == value)) i = (i + 1) & mask;
  return i;
}

std::uint32_t ValueNumbers::find(const ValueHash& value) const {
  return slots_.empty() ? none : slots_[slot_of(value)] - 1;  // a free one: 0 - 1, which is none
}

std::uint32_t ValueNumbers::number(const ValueHash& value) {
  if (slots_.size() < 2 * (values_.size() + 1)) grow();
  std::uint32_t& slot = slots_[slot_of(value)];
  if (slot == 0) {
    values_.push_back(value);
    slot = static_cast<std::uint32_t>(values_.size());
  }
  return slot - 1;
}

void ValueNumbers::clear() {
  values_.clear();
  std::fill(slots_.begin(), slots_.end(), 0u);
}

void ValueNumbers::grow() {
  slots_.assign(std::max<std::size_t>(64, slots_.size() * 2), 0u);
  shift_ = 64 - std::countr_zero(slots_.size());
  for (std::uint32_t n = 0; n < values_.size(); ++n) slots_[slot_of(values_[n])] = n + 1;
}

void KeySearch::Impl::prepare(std::span<const KeyOperation> operations, const KeyState& start, Want want) {
  // In the order of their calls, which need not be the order in which they are told; those that are left from
  // before come first.
  calls_.clear();
  for (std::uint32_t i = 0; i < start.open.size(); ++i) calls_.push_back({0, i});
  const auto left = static_cast<std::uint32_t>(start.open.size());
  for (std::uint32_t i = 0; i < operations.size(); ++i) calls_.push_back({operations[i].call, left + i});
  sort_nearly_sorted(calls_);
  ops_.clear();
  ops_.reserve(calls_.size());
  for (const auto& [call, number] : calls_) {
    const KeyOperation& what = number < left ? start.open[number] : operations[number - left];
    if (what.kind == OperationKind::get && (number < left || what.outcome == Outcome::unknown)) continue;
    Op& op = ops_.emplace_back();
    op.what = what;
    if (number >= left) continue;
    op.what.call = 0;
    op.what.outcome = Outcome::unknown;
  }
  for (std::uint64_t n = marks_.size(); n < ops_.size(); ++n)
    marks_.push_back({mixed(2 * n + 1), mixed(2 * n + 2)});
  state_ = start.value;
  unobserved_ = impossible_ = false;
  set_ = {};
  required_ = open_appends_ = 0;
  stack_.clear();
  visited_.clear();
  nodes_ = 0;
  for (const Op& op : ops_) {
    if (op.what.outcome == Outcome::known) ++required_;
    if (op.what.kind == OperationKind::append) ++open_appends_;
  }
  number_values();
  start_number_ = state_number_ = numbers_.find(state_);
  if (look_ahead_) derive_suffixes();
  if (look_ahead_ && !impossible_) impossible_ = zones_overlap();
  forceable_ = can_be_forced();
  if (forceable_ && want != Want::all_states) drop_what_nobody_needs();
  // What is demanded by what was derived may be what the key begins with.
  state_number_ = numbers_.find(state_);
  link_up();
  link_earlier();
}

KeySearch::Impl::Value& KeySearch::Impl::value_at(std::uint32_t number) {
  if (values_.size() <= number) values_.resize(number + 1);
  return values_[number];
}

void KeySearch::Impl::number_values() {
  numbers_.clear();
  values_.clear();
  for (std::uint32_t i = 0; i < ops_.size(); ++i) {
    Op& op = ops_[i];
    if (produces(op.what)) {
      op.produced = numbers_.number(op.what.value);
      Value& v = value_at(op.produced);
      ++v.supply;
      v.supplier = i;
    }
    if (!observes(op.what)) continue;
    const bool get = op.what.kind == OperationKind::get;
    op.observed = numbers_.number(get ? op.what.value : op.what.expected);
    Value& v = value_at(op.observed);
    ++v.demand;
    v.back_min = std::min(v.back_min, op.what.back);
    v.call_max = std::max(v.call_max, op.what.call);
    if (get) v.text = op.what.text;
  }
}

void KeySearch::Impl::number_suffixes() {
  suffix_numbers_.clear();
  suffixes_.clear();
  suffix_lengths_.assign(1, false);
  texts_known_ = true;
  for (const Op& op : ops_) {
    if (op.what.kind != OperationKind::append) continue;
    const std::size_t size = op.what.text.size();
    if (size == 0 || size > suffix_bytes_max) texts_known_ = false;
    if (!texts_known_) return;
    if (suffix_lengths_.size() <= size) suffix_lengths_.resize(size + 1);
    suffix_lengths_[size] = true;
  }
  for (std::uint32_t i = 0; i < ops_.size(); ++i) {
    Op& op = ops_[i];
    if (op.what.kind != OperationKind::append) continue;
    op.suffix = suffix_numbers_.number(op.what.value);
    if (suffixes_.size() <= op.suffix) suffixes_.resize(op.suffix + 1);
    Suffix& s = suffixes_[op.suffix];
    s.left = ++s.count;
    s.op = i;
  }
}

/// Who can have made each value that somebody has to find. Where that is one append, it must have found the
/// rest of the value: one more to find, and so on.
void KeySearch::Impl::derive_suffixes() {
  number_suffixes();
  todo_.clear();
  for (std::uint32_t v = 0; v < values_.size(); ++v)
    if (values_[v].demand != 0) todo_.push_back(v);
  while (!todo_.empty() && !impossible_) {
    const std::uint32_t v = todo_.back();
    todo_.pop_back();
    if (values_[v].derived) continue;
    values_[v].derived = true;
    derive(v);
    find_maker(v);
  }
}

void KeySearch::Impl::derive(std::uint32_t number) {
  Value& v = values_[number];
  // Nothing that is appended is empty: what is absent or empty was not made by an append.
  if (open_appends_ == 0 || !numbers_[number].present || numbers_[number].power == 1) return;
  v.vague = !texts_known_ || v.text.data() == nullptr;
  if (v.vague) return;
  ValueHash end = value_hash("");
  std::size_t found = 0;
  for (std::size_t length = 1; length < suffix_lengths_.size() && length <= v.text.size(); ++length) {
    end = prepended(v.text[v.text.size() - length], end);
    if (!suffix_lengths_[length]) continue;
    const std::uint32_t s = suffix_numbers_.find(end);
    if (s == none) continue;
    if (found == std::size(v.suffixes)) {
      v.vague = true;
      return;
    }
    v.suffixes[found++] = s;
  }
}

void KeySearch::Impl::find_maker(std::uint32_t number) {
  Value& v = values_[number];
  if (v.vague) return;
  const bool begun = number == start_number_ || numbers_[number] == state_;
  std::uint32_t makers = v.supply + (begun ? 1 : 0);
  std::uint32_t maker = v.supplier;
  bool append = false;
  for (const std::uint32_t s : v.suffixes) {
    if (s == none) continue;
    suffixes_[s].values.push_back(number);
    makers += suffixes_[s].count;
    maker = suffixes_[s].op;
    append = true;
  }
  if (makers == 0) impossible_ = true;
  if (makers != 1) return;
  v.made_before = begun;
  if (begun) return;
  impossible_ = impossible_ || ops_[maker].makes != none;  // two values at once
  ops_[maker].makes = number;
  if (!append) return;
  const std::string_view text = v.text;
  demand_rest(ops_[maker], text.substr(0, text.size() - ops_[maker].what.text.size()));
}

/// Precondition: `append` makes a value that somebody has to find, of which `rest` is all but its own text.
void KeySearch::Impl::demand_rest(Op& append, std::string_view rest) {
  if (rest.empty()) return;  // absent or empty: two values
  const std::uint32_t number = numbers_.number(value_hash(rest));
  if (append.observed != none) {
    impossible_ = impossible_ || append.observed != number;
    return;
  }
  append.observed = number;
  Value& v = value_at(number);
  ++v.demand;
  v.text = rest;
  if (append.what.outcome == Outcome::known) v.back_min = std::min(v.back_min, append.what.back);
  v.call_max = std::max(v.call_max, append.what.call);
  if (!v.derived) todo_.push_back(number);
}

/// A value that was made once was there for one stretch of time, from the first return to the last call of
/// those who made or found it. Two such stretches do not overlap (Gibbons & Korach 1997), nor does one begin
/// before the value was made.
bool KeySearch::Impl::zones_overlap() {
  zones_.clear();
  const std::uint32_t begun = numbers_.find(state_);
  if (begun != none && values_[begun].made_before && values_[begun].call_max != 0)
    zones_.push_back({0, values_[begun].call_max});
  // In the order of those who made them, which is nearly that of the zones.
  for (const Op& op : ops_) {
    if (op.makes == none) continue;
    const Value& v = values_[op.makes];
    if (v.back_min < op.what.call) return true;
    const bool known = op.what.outcome == Outcome::known;
    const Zone zone{known ? std::min(v.back_min, op.what.back) : v.back_min,
                    std::max(v.call_max, op.what.call)};
    if (zone.from < zone.to) zones_.push_back(zone);
  }
  sort_nearly_sorted(zones_, [](const Zone& a, const Zone& b) { return a.from < b.from; });
  std::uint64_t reached = 0;
  for (const Zone& z : zones_) {
    if (z.from < reached) return true;
    reached = std::max(reached, z.to);
  }
  return false;
}

/// Whether an operation that leaves what nobody has to find may be ordered at once where nobody has to find
/// what is there: if all that could tell the difference is known. Until the next put nobody looks, and behind
/// it all is as before.
bool KeySearch::Impl::can_be_forced() const {
  bool appends = false;
  for (const Op& op : ops_) {
    if (op.what.kind == OperationKind::cas) return false;
    if (op.what.kind != OperationKind::append) continue;
    appends = true;
    if (op.suffix == none || (op.observed == none && !suffixes_[op.suffix].values.empty())) return false;
  }
  return !appends || std::none_of(values_.begin(), values_.end(),
                                  [](const Value& v) { return v.demand != 0 && (v.vague || !v.derived); });
}

/// Operations of unknown outcome that leave what nobody has to find: where an order holds with them, it holds
/// without. Precondition: forceable_.
void KeySearch::Impl::drop_what_nobody_needs() {
  std::erase_if(ops_, [this](const Op& op) {
    if (op.what.outcome == Outcome::known) return false;
    const bool append = op.what.kind == OperationKind::append;
    const bool needed = append ? !suffixes_[op.suffix].values.empty() : values_[op.produced].demand != 0;
    if (!needed && append) {
      --open_appends_;
      --suffixes_[op.suffix].left;
    }
    return !needed;
  });
}

/// Calls and returns in the order of time, as a list from which what is ordered is lifted (Wing & Gong). At
/// one moment, calls come first.
void KeySearch::Impl::link_up() {
  links_.clear();
  links_.reserve(2 * ops_.size() + 1);
  links_.emplace_back();
  returns_.clear();
  std::vector<std::uint32_t> open;
  for (std::uint32_t i = 0; i < ops_.size(); ++i) {
    const KeyOperation& what = ops_[i].what;
    while (!returns_.empty() && returns_.front().first < what.call) link_first_return();
    const std::uint32_t call = link_last(i);
    links_[call].call = true;
    if (what.outcome == Outcome::known) {
      returns_.push_back({what.back, call});
      std::push_heap(returns_.begin(), returns_.end(), std::greater<>());
      continue;
    }
    const auto twin = std::find_if(open.rbegin(), open.rend(),
                                   [&](std::uint32_t j) { return same_effect(ops_[j].what, what); });
    if (twin != open.rend()) ops_[i].twin = *twin;
    // One that must wait for another holds up none that need not.
    if (what.follows == 0) open.push_back(i);
  }
  while (!returns_.empty()) link_first_return();
}

/// Orders besides those of time. What was concluded from times alone holds all the same: there are no more
/// orders than by these.
void KeySearch::Impl::link_earlier() {
  if (std::none_of(ops_.begin(), ops_.end(), [](const Op& op) { return op.what.follows != 0; })) return;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> by_tag;
  for (std::uint32_t i = 0; i < ops_.size(); ++i)
    if (ops_[i].what.outcome == Outcome::known) by_tag.push_back({ops_[i].what.tag, i});
  std::sort(by_tag.begin(), by_tag.end());
  for (Op& op : ops_) {
    if (op.what.follows == 0) continue;
    const std::pair<std::uint32_t, std::uint32_t> wanted{op.what.follows - 1, 0};
    const auto found = std::lower_bound(by_tag.begin(), by_tag.end(), wanted);
    if (found != by_tag.end() && found->first == wanted.first) op.earlier = found->second;
  }
}

/// A link of `op`, behind all others.
std::uint32_t KeySearch::Impl::link_last(std::uint32_t op) {
  const auto at = static_cast<std::uint32_t>(links_.size());
  links_[at - 1].next = at;
  links_.push_back({.op = op, .previous = at - 1});
  return at;
}

void KeySearch::Impl::link_first_return() {
  const std::uint32_t call = returns_.front().second;
  std::pop_heap(returns_.begin(), returns_.end(), std::greater<>());
  returns_.pop_back();
  links_[call].mate = link_last(links_[call].op);
}

}  // namespace raftsim::checkers
