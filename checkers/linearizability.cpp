#include "checkers/linearizability.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "checkers/key_search.hpp"

namespace raftsim::checkers {

namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::uint64_t modulus = (std::uint64_t{1} << 61) - 1;
constexpr std::uint64_t base = 0x1d8e4e27c47d124fULL % modulus;

constexpr std::uint64_t times(std::uint64_t a, std::uint64_t b) {
  const Wide product = static_cast<Wide>(a) * b;
  const std::uint64_t folded =
      static_cast<std::uint64_t>(product & modulus) + static_cast<std::uint64_t>(product >> 61);
  return folded >= modulus ? folded - modulus : folded;
}

constexpr std::uint64_t plus(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t sum = a + b;
  return sum >= modulus ? sum - modulus : sum;
}

constexpr std::size_t block_bytes = 8;

/// base ^ 0 ... base ^ block_bytes.
constexpr auto powers = [] {
  std::array<std::uint64_t, block_bytes + 1> p{1};
  for (std::size_t i = 1; i < p.size(); ++i) p[i] = times(p[i - 1], base);
  return p;
}();

constexpr std::uint64_t folded(Wide x) {
  const std::uint64_t once = static_cast<std::uint64_t>(x & modulus) + static_cast<std::uint64_t>(x >> 61);
  const std::uint64_t twice = (once & modulus) + (once >> 61);
  return twice >= modulus ? twice - modulus : twice;
}

/// One step of Horner's scheme over the next `count` bytes; only its sum is reduced.
std::uint64_t with_block(std::uint64_t hash, const char* bytes, std::size_t count) {
  Wide sum = static_cast<Wide>(hash) * powers[count];
  for (std::size_t i = 0; i < count; ++i)
    sum +=
        static_cast<Wide>(powers[count - 1 - i]) * (static_cast<unsigned char>(bytes[i]) + std::uint64_t{1});
  return folded(sum);
}

}  // namespace

ValueHash absent_value() { return {}; }

ValueHash value_hash(std::string_view bytes) {
  ValueHash v{0, 1, true};
  std::size_t at = 0;
  for (; at + block_bytes <= bytes.size(); at += block_bytes) {
    v.hash = with_block(v.hash, bytes.data() + at, block_bytes);
    v.power = times(v.power, powers[block_bytes]);
  }
  v.hash = with_block(v.hash, bytes.data() + at, bytes.size() - at);
  v.power = times(v.power, powers[bytes.size() - at]);
  return v;
}

ValueHash appended(ValueHash state, ValueHash value) {
  return {plus(times(state.hash, value.power), value.hash), times(state.power, value.power), true};
}

ValueHash prepended(char byte, ValueHash end) {
  const std::uint64_t one = static_cast<unsigned char>(byte) + std::uint64_t{1};
  return {plus(times(one, end.power), end.hash), times(base, end.power), true};
}

std::optional<KeyOperation> key_operation(const Operation& operation, std::uint64_t call,
                                          std::optional<std::uint64_t> back, const OperationResult* result) {
  if (operation.kind == OperationKind::open_session) return std::nullopt;
  const bool known = back.has_value() && result != nullptr;
  if (known && result->kind != ReplyKind::ok) return std::nullopt;
  if (!known && operation.kind == OperationKind::get) return std::nullopt;
  KeyOperation k;
  k.kind = operation.kind;
  k.outcome = known ? Outcome::known : Outcome::unknown;
  k.call = call;
  k.back = back.value_or(0);
  if (operation.kind == OperationKind::get)
    k.value = result->value ? value_hash(*result->value) : absent_value();
  else if (operation.kind != OperationKind::remove)
    k.value = value_hash(operation.value);
  if (operation.kind == OperationKind::cas) {
    k.expected = operation.expected ? value_hash(*operation.expected) : absent_value();
    if (known) k.applied = result->applied;
  }
  return k;
}

std::optional<ValueHash> after(const KeyOperation& o, const ValueHash& state) {
  switch (o.kind) {
    case OperationKind::get:
      return o.value == state ? std::optional(state) : std::nullopt;
    case OperationKind::put:
    case OperationKind::remove:
      return o.value;
    case OperationKind::append:
      return appended(state, o.value);
    case OperationKind::cas: {
      const bool matches = o.expected == state;
      if (o.outcome == Outcome::known && o.applied != matches) return std::nullopt;
      return matches ? o.value : state;
    }
    case OperationKind::open_session:
      break;
  }
  return state;
}

bool is_legal_order(std::span<const KeyOperation> operations, std::span<const std::uint32_t> order,
                    const ValueHash& start) {
  std::vector<bool> placed(operations.size());
  ValueHash state = start;
  std::uint64_t last_call = 0;
  for (const std::uint32_t number : order) {
    if (number >= operations.size() || placed[number]) return false;
    placed[number] = true;
    const KeyOperation& o = operations[number];
    if (o.outcome == Outcome::known && o.back < last_call) return false;
    last_call = std::max(last_call, o.call);
    const auto next = after(o, state);
    if (!next) return false;
    state = *next;
  }
  for (std::size_t i = 0; i < operations.size(); ++i)
    if (!placed[i] && operations[i].outcome == Outcome::known) return false;
  return true;
}

KeySearch::KeySearch() : impl_(new Impl) {}
KeySearch::~KeySearch() { delete impl_; }

KeyVerdict KeySearch::run(std::span<const KeyOperation> operations, std::span<const KeyState> starts,
                          std::uint64_t nodes_max, Want want) {
  static const KeyState nothing{};
  if (starts.empty()) starts = {&nothing, 1};
  KeyVerdict total;
  total.result = Linearizable::no;
  total.deadlock.longest = true;
  for (const KeyState& start : starts) {
    KeyVerdict v = impl_->run(operations, start, nodes_max, want);
    nodes_max -= std::min(nodes_max, v.nodes);
    total.nodes += v.nodes;
    if (v.result != Linearizable::yes && want == Want::deadlock) {
      v.deadlock.longest = v.deadlock.longest && total.deadlock.longest;
      if (v.deadlock.ordered >= total.deadlock.ordered) std::swap(v.deadlock, total.deadlock);
      total.deadlock.longest = total.deadlock.longest && v.deadlock.longest;
    }
    if (v.result == Linearizable::unknown) {
      total.result = Linearizable::unknown;
      total.states.clear();
      if (want != Want::deadlock) return total;
      continue;
    }
    if (v.result == Linearizable::yes) {
      total.result = Linearizable::yes;
      if (want != Want::all_states) return total;
      for (KeyState& s : v.states) keep_state(total.states, std::move(s));
    }
  }
  return total;
}

HistoryVerdict linearizability(std::span<const TimedOperation> history, std::uint64_t nodes_max) {
  struct Key {
    std::string_view name;
    std::size_t count = 0;
    std::vector<KeyOperation> operations;
  };
  std::vector<Key> keys;
  std::vector<std::uint32_t> key_of(history.size());
  std::unordered_map<std::string_view, std::uint32_t> numbers;  // looked up only, never walked
  for (std::size_t i = 0; i < history.size(); ++i) {
    const std::string_view name = history[i].operation.key;
    const auto [found, fresh] = numbers.try_emplace(name, static_cast<std::uint32_t>(keys.size()));
    if (fresh) keys.push_back({name, 0, {}});
    key_of[i] = found->second;
    ++keys[found->second].count;
  }
  for (Key& key : keys) key.operations.reserve(key.count);
  for (std::size_t i = 0; i < history.size(); ++i) {
    const TimedOperation& t = history[i];
    auto k = key_operation(t.operation, t.call, t.back, t.back ? &t.result : nullptr);
    if (!k) continue;
    k->tag = static_cast<std::uint32_t>(i);
    if (t.operation.kind == OperationKind::append) k->text = t.operation.value;
    if (t.operation.kind == OperationKind::get && t.result.value) k->text = *t.result.value;
    keys[key_of[i]].operations.push_back(*k);
  }
  std::sort(keys.begin(), keys.end(), [](const Key& a, const Key& b) { return a.name < b.name; });
  HistoryVerdict verdict;
  KeySearch search;
  for (const Key& key : keys) {
    const KeyVerdict v = search.run(key.operations, {}, nodes_max, Want::verdict);
    verdict.nodes += v.nodes;
    if (v.result == Linearizable::yes) continue;
    if (verdict.result == Linearizable::yes || v.result == Linearizable::no) {
      verdict.result = v.result;
      verdict.key = key.name;
    }
    if (v.result == Linearizable::no) break;
  }
  return verdict;
}

}  // namespace raftsim::checkers
