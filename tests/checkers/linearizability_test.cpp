// The search against a dumber one (every permutation), and against histories that are known.
#include <rapidcheck.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <numeric>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "checkers/linearizability.hpp"
#include "history/names.hpp"

namespace raftsim::checkers {

namespace {

// ---- a second implementation: states are strings, orders are permutations

struct Plain {
  OperationKind kind = OperationKind::get;
  bool known = true;
  std::uint64_t call = 0, back = 0;
  std::optional<std::string> value;  // put, append, cas: written; get: returned
  std::optional<std::string> expected;
  bool applied = true;
  std::uint32_t follows = 0;  ///< number + 1 of one that must come before, if that is known
};

using State = std::optional<std::string>;

/// For RapidCheck: a history that falsifies a property is told, not "<???>".
void showValue(const Plain& o, std::ostream& out) {
  const auto text = [](const State& s) { return s ? *s : std::string("absent"); };
  out << '[' << o.call << ',' << o.back << "] " << history::name(o.kind);
  if (o.kind == OperationKind::cas) out << ' ' << text(o.expected) << " ->";
  out << ' ' << text(o.value);
  if (o.kind == OperationKind::cas && !o.applied) out << ", not applied";
  if (!o.known) out << ", outcome unknown";
}

/// The state after `o`; nothing: `o` cannot answer as it did.
std::optional<State> next_state(const Plain& o, const State& state) {
  switch (o.kind) {
    case OperationKind::get:
      return o.value == state ? std::optional<State>(state) : std::nullopt;
    case OperationKind::put:
      return State(o.value);
    case OperationKind::remove:
      return State();
    case OperationKind::append:
      return State(state.value_or("") + *o.value);
    case OperationKind::cas: {
      const bool matches = o.expected == state;
      if (o.known && matches != o.applied) return std::nullopt;
      return matches ? State(o.value) : state;
    }
    case OperationKind::open_session:
      break;
  }
  return state;
}

/// Whether some subset of the unknown operations and all known ones have a legal order.
bool brute_force(const std::vector<Plain>& all, const State& start) {
  std::vector<std::size_t> unknown;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (!all[i].known) unknown.push_back(i);
  for (std::size_t mask = 0; mask < (std::size_t{1} << unknown.size()); ++mask) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const auto at = std::find(unknown.begin(), unknown.end(), i);
      if (at == unknown.end() || (mask >> (at - unknown.begin()) & 1) != 0) order.push_back(i);
    }
    do {
      State state = start;
      bool legal = true;
      for (std::size_t k = 0; k < order.size() && legal; ++k) {
        for (std::size_t j = k + 1; j < order.size() && legal; ++j)
          legal = !(all[order[j]].known &&
                    (all[order[j]].back < all[order[k]].call || all[order[k]].follows == order[j] + 1));
        const auto next = legal ? next_state(all[order[k]], state) : std::nullopt;
        legal = next.has_value();
        if (next) state = *next;
      }
      if (legal) return true;
    } while (std::next_permutation(order.begin(), order.end()));
  }
  return false;
}

/// The most operations of known outcome that a legal order can begin with.
std::size_t most_ordered(const std::vector<Plain>& all, std::vector<bool>& placed, const State& state) {
  std::size_t most = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (placed[i]) continue;
    bool due = true;
    for (std::size_t j = 0; j < all.size(); ++j)
      if (!placed[j] && all[j].known && j != i)
        due = due && all[j].back >= all[i].call && all[i].follows != j + 1;
    const auto next = due ? next_state(all[i], state) : std::nullopt;
    if (!next) continue;
    placed[i] = true;
    most = std::max(most, most_ordered(all, placed, *next) + (all[i].known ? 1u : 0u));
    placed[i] = false;
  }
  return most;
}

enum class Texts : std::uint8_t { told, hidden };

KeyOperation hashed(const Plain& o, std::uint32_t tag, Texts texts) {
  const auto hash = [](const State& s) { return s ? value_hash(*s) : absent_value(); };
  KeyOperation k;
  k.kind = o.kind;
  k.outcome = o.known ? Outcome::known : Outcome::unknown;
  k.call = o.call;
  k.back = o.back;
  k.follows = o.follows;
  if (o.kind != OperationKind::remove) k.value = hash(o.value);
  if (o.kind == OperationKind::cas) {
    k.expected = hash(o.expected);
    k.applied = o.applied;
  }
  k.tag = tag;
  // Sometimes only: the search must not need it.
  const bool told = o.kind == OperationKind::append || (o.kind == OperationKind::get && o.value);
  if (texts == Texts::told && told) k.text = *o.value;
  return k;
}

std::vector<KeyOperation> hashed(const std::vector<Plain>& all, Texts texts = Texts::told) {
  std::vector<KeyOperation> out;
  for (const Plain& o : all) out.push_back(hashed(o, static_cast<std::uint32_t>(out.size()), texts));
  return out;
}

/// A history of up to `length` operations with few values, so that both verdicts are common.
/// `unique`: puts, appends and gets, each value written once, so that a get tells whose it saw.
enum class Kinds : std::uint8_t { all, no_appends, unique };

/// Gets answer what an order by the middles of the operations makes of the key: legal, but for one in three,
/// of which one get keeps what it had.
void answer_in_some_order(std::vector<Plain>& all) {
  std::vector<std::size_t> order(all.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&all](std::size_t a, std::size_t b) {
    return all[a].call + all[a].back < all[b].call + all[b].back;
  });
  const auto spared = *rc::gen::inRange<std::size_t>(0, 3 * all.size());
  State state;
  for (const std::size_t i : order) {
    Plain& o = all[i];
    if (o.kind == OperationKind::get && i != spared) o.value = state;
    if (!o.known && *rc::gen::inRange(0, 2) == 0) continue;
    if (o.kind != OperationKind::get) state = *next_state(o, state);
  }
}

rc::Gen<std::vector<Plain>> histories(int length, Kinds kinds) {
  return rc::gen::exec([length, kinds] {
    const int count = *rc::gen::inRange(1, length + 1);
    std::vector<std::uint64_t> times(2 * static_cast<std::size_t>(count));
    std::iota(times.begin(), times.end(), std::uint64_t{1});
    // Mostly local disorder: overlaps, but an order all the same.
    for (std::size_t k = 0; k + 1 < times.size(); ++k)
      std::swap(times[k], times[k + static_cast<std::size_t>(*rc::gen::inRange(
                                        0, std::min<int>(4, static_cast<int>(times.size() - k))))]);
    std::vector<Plain> all;
    for (int i = 0; i < count; ++i) {
      Plain o;
      const auto a = times[2 * static_cast<std::size_t>(i)], b = times[2 * static_cast<std::size_t>(i) + 1];
      o.call = std::min(a, b);
      o.back = std::max(a, b);
      o.known = *rc::gen::inRange(0, 5) != 0;
      o.kind = *rc::gen::element(OperationKind::get, OperationKind::get, OperationKind::put,
                                 OperationKind::remove, OperationKind::cas, OperationKind::append);
      const auto text = [] {
        const int pick = *rc::gen::inRange(0, 4);
        return pick == 3 ? State() : State(pick == 0 ? "a" : (pick == 1 ? "b" : "ab"));
      };
      if (kinds == Kinds::no_appends && o.kind == OperationKind::append) o.kind = OperationKind::put;
      o.value = text();
      o.expected = text();
      if (o.kind != OperationKind::get && !o.value) o.value = "c";
      if (kinds == Kinds::unique) {
        if (o.kind == OperationKind::cas) o.kind = OperationKind::append;
        const auto letter = [count] {
          return std::string(1, static_cast<char>('a' + *rc::gen::inRange(0, count)));
        };
        if (o.kind == OperationKind::get && o.value)
          o.value = *o.value == "ab"  ? letter() + letter() + letter()
                    : *o.value == "b" ? letter() + letter()
                                      : letter();
        if (o.kind != OperationKind::get) o.value = std::string(1, static_cast<char>('a' + i));
      }
      o.applied = *rc::gen::inRange(0, 2) != 0;
      if (o.kind == OperationKind::get) o.known = true;
      if (!o.known) o.applied = true;
      all.push_back(o);
    }
    if (kinds == Kinds::unique && *rc::gen::inRange(0, 4) != 0) answer_in_some_order(all);
    return all;
  });
}

/// Some follow others that were called before, though they overlap: in orders that no intervals have.
std::vector<Plain> with_orders_besides(std::vector<Plain> all) {
  for (Plain& o : all) {
    const auto other = *rc::gen::inRange<std::size_t>(0, all.size());
    if (all[other].call < o.call) o.follows = static_cast<std::uint32_t>(other) + 1;
  }
  return all;
}

struct Random {
  std::uint64_t x = 88172645463325252ULL;
  std::uint64_t below(std::uint64_t n) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return x % n;
  }
};

/// Clients that are always busy, each operation taking effect at a moment between call and return.
std::vector<TimedOperation> busy(std::uint32_t clients, std::uint32_t keys, std::size_t count,
                                 Random& random) {
  struct Client {
    TimedOperation now;
    bool in_effect = true;
    bool idle = true;
  };
  std::vector<Client> all(clients);
  std::map<std::string, std::string> store;
  std::vector<TimedOperation> history;
  std::uint64_t time = 0, value = 0;
  while (history.size() < count) {
    Client& c = all[random.below(clients)];
    ++time;
    if (c.idle) {
      c = {};
      c.idle = c.in_effect = false;
      c.now.call = time;
      Operation& o = c.now.operation;
      o.key = "k" + std::to_string(random.below(keys));
      const auto pick = random.below(10);
      o.kind = pick < 5 ? OperationKind::get : (pick < 8 ? OperationKind::put : OperationKind::append);
      o.value = std::to_string(++value) + ".";
    } else if (!c.in_effect) {
      c.in_effect = true;
      Operation& o = c.now.operation;
      if (o.kind == OperationKind::get) {
        const auto found = store.find(o.key);
        if (found != store.end()) c.now.result.value = found->second;
      } else if (o.kind == OperationKind::put) {
        store[o.key] = o.value;
      } else {
        store[o.key] += o.value;
      }
    } else {
      c.now.back = time;
      c.idle = true;
      history.push_back(c.now);
    }
  }
  for (Client& c : all)
    if (!c.idle) history.push_back(c.now);  // under way at the end: unknown
  return history;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(linearizability_search)

BOOST_AUTO_TEST_CASE(equal_open_operations_may_be_told_in_any_order) {
  const Plain early{
      .kind = OperationKind::put, .known = false, .call = 2, .back = 6, .value = "b", .expected = {}};
  Plain late = early;
  late.call = 4, late.back = 5;
  const Plain read{.call = 1, .back = 3, .value = "b", .expected = {}};
  KeySearch search;
  for (const std::vector<Plain>& history : {std::vector{read, late, early}, std::vector{early, read, late}})
    BOOST_TEST((search.run(hashed(history), {}, 1'000, Want::verdict).result == Linearizable::yes));
}

BOOST_AUTO_TEST_CASE(agrees_with_all_permutations) {
  int yes = 0, no = 0;
  const bool agrees = rc::check("the search agrees with all permutations", [&yes, &no] {
    KeySearch search;
    for (int k = 0; k < 20; ++k) {
      const Kinds kinds = k % 3 == 0 ? Kinds::all : k % 3 == 1 ? Kinds::no_appends : Kinds::unique;
      std::vector<Plain> history = *histories(6, kinds);
      if (k % 2 == 1) history = with_orders_besides(std::move(history));
      const bool expected = brute_force(history, State());
      const Texts texts = k % 4 < 2 ? Texts::told : Texts::hidden;
      const KeyVerdict v = search.run(hashed(history, texts), {}, 1'000'000, Want::verdict);
      RC_ASSERT((v.result == Linearizable::yes) == expected);
      RC_ASSERT(v.result != Linearizable::unknown);
      ++(expected ? yes : no);
    }
  });
  BOOST_TEST(agrees);
  BOOST_TEST(yes > 10);
  BOOST_TEST(no > 10);
}

BOOST_AUTO_TEST_CASE(an_order_that_is_claimed_is_judged_as_by_its_words) {
  int legal = 0, illegal = 0;
  const bool agrees = rc::check("a claimed order", [&legal, &illegal] {
    for (int k = 0; k < 50; ++k) {
      const std::vector<Plain> history = *histories(4, Kinds::all);
      std::vector<std::uint32_t> order(history.size());
      std::iota(order.begin(), order.end(), 0u);
      for (std::size_t i = 0; i + 1 < order.size(); ++i)
        std::swap(order[i], order[*rc::gen::inRange(i, std::min(order.size(), i + 2))]);
      if (*rc::gen::inRange(0, 4) == 0) order.pop_back();
      bool expected = true;
      State state;
      for (std::size_t i = 0; i < history.size(); ++i)
        if (history[i].known && std::find(order.begin(), order.end(), i) == order.end()) expected = false;
      for (std::size_t i = 0; i < order.size() && expected; ++i) {
        for (std::size_t j = i + 1; j < order.size(); ++j)
          if (history[order[j]].known && history[order[j]].back < history[order[i]].call) expected = false;
        const auto next = next_state(history[order[i]], state);
        if (next) state = *next;
        expected = expected && next.has_value();
      }
      RC_ASSERT(is_legal_order(hashed(history), order, absent_value()) == expected);
      ++(expected ? legal : illegal);
    }
  });
  BOOST_TEST(agrees);
  BOOST_TEST(legal > 10);
  BOOST_TEST(illegal > 10);
  const std::vector<Plain> twice{{OperationKind::append, true, 1, 2, "a", {}, true}};
  BOOST_TEST(!is_legal_order(hashed(twice), std::vector<std::uint32_t>{0, 0}, absent_value()));
  BOOST_TEST(!is_legal_order(hashed(twice), std::vector<std::uint32_t>{1}, absent_value()));
}

BOOST_AUTO_TEST_CASE(windows_carried_on_agree_with_the_whole) {
  int yes = 0, no = 0;
  const bool agrees = rc::check("two windows agree with the whole", [&yes, &no] {
    // The second history begins after every known operation of the first has ended.
    KeySearch search;
    for (int k = 0; k < 20; ++k) {
      const Kinds kinds = k % 2 == 0 ? Kinds::all : Kinds::no_appends;
      const std::vector<Plain> first = *histories(3, kinds);
      std::vector<Plain> second = *histories(3, kinds);
      std::vector<Plain> whole = first;
      for (Plain& o : second) {
        o.call += 100;
        o.back += 100;
        whole.push_back(o);
      }
      const bool expected = brute_force(whole, State());
      KeyVerdict v = search.run(hashed(first), {}, 1'000'000, Want::all_states);
      if (v.result == Linearizable::yes)
        v = search.run(hashed(second), v.states, 1'000'000, Want::all_states);
      RC_ASSERT((v.result == Linearizable::yes) == expected);
      ++(expected ? yes : no);
    }
  });
  BOOST_TEST(agrees);
  BOOST_TEST(yes > 10);
  BOOST_TEST(no > 10);
}

BOOST_AUTO_TEST_CASE(appending_hashes_as_concatenation) {
  rc::check("hash of a concatenation", [](const std::string& a, const std::string& b) {
    RC_ASSERT(appended(value_hash(a), value_hash(b)) == value_hash(a + b));
  });
  BOOST_TEST((appended(absent_value(), value_hash("x")) == value_hash("x")));
  BOOST_TEST(!(value_hash("") == absent_value()));
  BOOST_TEST(!(value_hash("ab") == value_hash("ba")));
}

BOOST_AUTO_TEST_CASE(a_value_that_is_written_again_may_be_left_in_between) {
  std::vector<Plain> history(4);
  history[0] = {OperationKind::put, true, 1, 2, "a", {}, true};
  history[1] = {OperationKind::put, true, 3, 4, "b", {}, true};
  history[2] = {OperationKind::put, true, 5, 6, "a", {}, true};
  history[3] = {OperationKind::get, true, 7, 8, "a", {}, true};
  KeySearch search;
  BOOST_TEST((search.run(hashed(history), {}, 1'000, Want::verdict).result == Linearizable::yes));
}

BOOST_AUTO_TEST_CASE(a_deadlock_tells_the_longest_order_and_who_could_not_follow) {
  std::vector<Plain> history(3);
  history[0] = {OperationKind::put, true, 1, 2, "7", {}, true};
  history[1] = {OperationKind::put, true, 3, 4, "9", {}, true};
  history[2] = {OperationKind::get, true, 5, 6, "7", {}, true};
  KeySearch search;
  const KeyVerdict v = search.run(hashed(history), {}, 1'000, Want::deadlock);
  BOOST_TEST((v.result == Linearizable::no));
  BOOST_TEST((v.deadlock.prefix == std::vector<std::uint32_t>{0, 1}));
  BOOST_TEST((v.deadlock.next == std::vector<std::uint32_t>{2}));
  BOOST_TEST((v.deadlock.state == value_hash("9")));
}

BOOST_AUTO_TEST_CASE(no_legal_order_is_longer_than_the_longest_and_none_of_the_next_could_follow) {
  int seen = 0;
  BOOST_TEST(rc::check("the longest order against all orders", [&seen] {
    KeySearch search;
    for (int k = 0; k < 20; ++k) {
      const Kinds kinds = k % 3 == 0 ? Kinds::all : k % 3 == 1 ? Kinds::no_appends : Kinds::unique;
      std::vector<Plain> history = *histories(6, kinds);
      if (k % 2 == 1) history = with_orders_besides(std::move(history));
      const std::vector<KeyOperation> all = hashed(history);
      const KeyVerdict v = search.run(all, {}, 1'000'000, Want::deadlock);
      if (v.result != Linearizable::no) continue;
      ++seen;
      std::vector<bool> placed(history.size());
      RC_ASSERT(v.deadlock.longest);
      RC_ASSERT(v.deadlock.ordered == most_ordered(history, placed, State()));
      std::size_t ordered = 0;
      State state;
      for (const std::uint32_t tag : v.deadlock.prefix) {
        ordered += history[tag].known ? 1u : 0u;
        const auto next = next_state(history[tag], state);
        RC_ASSERT(next.has_value());
        state = *next;
      }
      RC_ASSERT(ordered == v.deadlock.ordered);
      RC_ASSERT((state ? value_hash(*state) : absent_value()) == v.deadlock.state);
      RC_ASSERT(!v.deadlock.next.empty());
      for (const std::uint32_t tag : v.deadlock.next) RC_ASSERT(!next_state(history[tag], state));
    }
  }));
  BOOST_TEST(seen > 10);
}

BOOST_AUTO_TEST_CASE(states_keep_what_may_still_happen) {
  std::vector<Plain> history(2);
  history[0] = {OperationKind::put, true, 1, 2, "1", {}, true};
  history[1] = {OperationKind::put, false, 3, 0, "2", {}, true};
  KeySearch search;
  const KeyVerdict v = search.run(hashed(history), {}, 1'000, Want::all_states);
  BOOST_REQUIRE(v.states.size() == 1u);
  BOOST_TEST((v.states[0].value == value_hash("1")));
  BOOST_TEST(v.states[0].open.size() == 1u);
}

BOOST_AUTO_TEST_CASE(long_histories_of_busy_clients_are_ordered_and_a_stale_read_in_them_is_found) {
  struct Shape {
    std::uint32_t clients, keys;
    std::size_t count;
  };
  for (const Shape shape :
       {Shape{5, 10, 10'000}, Shape{25, 10, 10'000}, Shape{3, 1, 4'000}, Shape{5, 1, 4'000}}) {
    Random random;
    std::vector<TimedOperation> history = busy(shape.clients, shape.keys, shape.count, random);
    const HistoryVerdict good = linearizability(history, 20'000'000);
    BOOST_TEST((good.result == Linearizable::yes));
    BOOST_TEST_MESSAGE(shape.clients << " clients, " << shape.keys << " keys: " << good.nodes << " nodes");
    // One read, halfway, returns what the key held before the last put but one.
    for (std::size_t k = history.size() / 2; k < history.size(); ++k) {
      TimedOperation& t = history[k];
      if (t.operation.kind != OperationKind::get || !t.back || !t.result.value) continue;
      t.result.value = "0.";
      break;
    }
    BOOST_TEST((linearizability(history, 20'000'000).result == Linearizable::no));
  }
}

BOOST_AUTO_TEST_CASE(a_budget_that_is_too_small_gives_up) {
  Random random;
  const auto history = busy(8, 1, 200, random);
  BOOST_TEST((linearizability(history, 5).result == Linearizable::unknown));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::checkers
