// Why a window of operations on one key cannot be ordered, told small: cut at the first answer that no order
// explains, with all outcomes forgotten that are not needed for the contradiction.
#include <fmt/format.h>

#include <algorithm>

#include "checkers/linearizable.hpp"
#include "checkers/narrative.hpp"

namespace raftsim::checkers {

namespace {

constexpr std::uint64_t try_nodes_max = 50'000;
/// Beyond this many operations the contradiction is not made smaller.
constexpr std::size_t shrink_max = 400;

std::string what(const WindowOperation& o) {
  switch (o.operation.kind) {
    case OperationKind::get:
      return "get";
    case OperationKind::put:
      return "put " + shortened(o.operation.value);
    case OperationKind::remove:
      return "delete";
    case OperationKind::append:
      return "append " + shortened(o.operation.value);
    case OperationKind::cas:
      return fmt::format("cas {} -> {}", shortened(o.operation.expected), shortened(o.operation.value));
    case OperationKind::open_session:
      break;
  }
  return "open session";
}

std::string outcome(const WindowOperation& o) {
  if (o.key.outcome == Outcome::unknown) return "unknown outcome";
  if (o.operation.kind == OperationKind::get) return "returned " + o.returned;
  if (o.operation.kind == OperationKind::cas) return o.key.applied ? "swapped" : "did not swap";
  return "done";
}

/// `get by c2 [3.100s,3.120s] returned 7`.
std::string full(const WindowOperation& o) {
  const std::string end = o.key.outcome == Outcome::unknown ? "..." : short_time(o.answered_at);
  return fmt::format("{} by c{} [{},{}] {}", what(o), o.client, short_time(o.called_at), end, outcome(o));
}

class Contradiction {
 public:
  Contradiction(const std::vector<WindowOperation>& all, std::vector<KeyState> starts, KeySearch& search)
      : all_(all), starts_(std::move(starts)), search_(search) {
    for (KeyState& s : starts_) s.open.clear();
    for (std::size_t i = 0; i < all_.size(); ++i) {
      if (all_[i].void_) continue;
      KeyOperation k = all_[i].key;
      k.tag = static_cast<std::uint32_t>(i);
      operations_.push_back(k);
    }
  }

  void cut_at_first_answer() {
    std::vector<std::uint64_t> answers;
    for (const KeyOperation& k : operations_)
      if (k.outcome == Outcome::known) answers.push_back(k.back);
    std::sort(answers.begin(), answers.end());
    auto impossible = [this](std::uint64_t answer) { return judge(until(answer)) == Linearizable::no; };
    std::size_t low = 0, high = answers.size();
    while (low < high) {
      const std::size_t middle = low + (high - low) / 2;
      if (impossible(answers[middle]))
        high = middle;
      else
        low = middle + 1;
    }
    if (low == answers.size()) return;
    operations_ = until(answers[low]);
  }

  void forget_what_is_not_needed() {
    if (operations_.size() > shrink_max) return;
    for (std::size_t i = operations_.size(); i-- > 0;) {
      if (operations_[i].outcome == Outcome::unknown) continue;
      std::vector<KeyOperation> without = operations_;
      const KeyOperation& o = operations_[i];
      if (o.kind == OperationKind::get || (o.kind == OperationKind::cas && !o.applied))
        without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
      else
        without[i].outcome = Outcome::unknown;
      if (judge(without) == Linearizable::no) operations_ = std::move(without);
    }
  }

  const std::vector<KeyOperation>& operations() const { return operations_; }
  Deadlock deadlock() { return search_.run(operations_, starts_, try_nodes_max, Want::witness).deadlock; }

 private:
  std::vector<KeyOperation> until(std::uint64_t answer) const {
    std::vector<KeyOperation> kept;
    for (KeyOperation k : operations_) {
      if (k.call > answer) continue;
      if (k.outcome == Outcome::known && k.back > answer) {
        if (k.kind == OperationKind::get) continue;
        k.outcome = Outcome::unknown;
      }
      kept.push_back(k);
    }
    return kept;
  }
  Linearizable judge(const std::vector<KeyOperation>& operations) {
    return search_.run(operations, starts_, try_nodes_max, Want::witness).result;
  }

  const std::vector<WindowOperation>& all_;
  std::vector<KeyState> starts_;
  KeySearch& search_;
  std::vector<KeyOperation> operations_;
};

bool writes(const KeyOperation& k, const ValueHash& value) {
  if (k.kind == OperationKind::append) return true;  // it may leave anything
  const bool swaps = k.kind == OperationKind::cas && (k.applied || k.outcome == Outcome::unknown);
  return (k.kind == OperationKind::put || k.kind == OperationKind::remove || swaps) && k.value == value;
}

/// `..., but put 9 by c1 finished at 3.05s and nothing wrote 7 after it`; empty where it is not as simple.
std::string stale_read(const std::vector<WindowOperation>& all, const std::vector<WindowOperation>& recent,
                       const WindowOperation& read, std::vector<Evidence>& evidence, const std::string& key) {
  if (read.operation.kind != OperationKind::get) return "";
  const WindowOperation* newest = nullptr;
  std::vector<const WindowOperation*> writers;
  const auto consider = [&](const WindowOperation& o) {
    if (o.void_ || o.operation.kind == OperationKind::get) return;
    const bool known = o.key.outcome == Outcome::known;
    if (o.operation.kind == OperationKind::cas && known && !o.key.applied) return;
    if (writes(o.key, read.key.value)) {
      writers.push_back(&o);
    } else if (known && o.key.back < read.key.call && (newest == nullptr || o.key.back > newest->key.back)) {
      newest = &o;
    }
  };
  for (const WindowOperation& o : recent) consider(o);
  for (const WindowOperation& o : all) consider(o);
  if (newest == nullptr) return writers.empty() ? fmt::format(", but nothing wrote {}", read.returned) : "";
  for (const WindowOperation* w : writers) {
    const bool may_follow = w->key.outcome == Outcome::unknown || w->key.back > newest->key.call;
    if (may_follow && w->key.call < read.key.back) return "";
  }
  evidence.push_back({newest->answered, newest->answered_at, Endpoint::client(newest->client),
                      fmt::format("{} {}: {}", what(*newest), key, outcome(*newest)),
                      "called " + short_time(newest->called_at)});
  return fmt::format(", but {} by c{} finished at {} and nothing wrote {} after it", what(*newest),
                     newest->client, short_time(newest->answered_at), read.returned);
}

/// The content's text, where some operation wrote or read exactly that.
std::string content(const std::vector<WindowOperation>& all, const std::vector<WindowOperation>& recent,
                    const ValueHash& value) {
  if (!value.present) return "absent";
  for (const std::vector<WindowOperation>* list : {&all, &recent})
    for (const WindowOperation& o : *list) {
      if (o.void_ || o.operation.kind == OperationKind::append || !(o.key.value == value)) continue;
      return o.operation.kind == OperationKind::get ? o.returned : shortened(o.operation.value);
    }
  return "another value";
}

std::string longest_order(const std::vector<WindowOperation>& all, const std::vector<WindowOperation>& recent,
                          const Deadlock& d) {
  std::string text = "Longest order that is legal: ";
  constexpr std::size_t shown_max = 5;
  const std::size_t from = d.prefix.size() > shown_max ? d.prefix.size() - shown_max : 0;
  if (from != 0) text += fmt::format("{} operations, then ", from);
  for (std::size_t k = from; k < d.prefix.size(); ++k)
    text +=
        fmt::format("{}{} by c{}", k == from ? "" : ", ", what(all[d.prefix[k]]), all[d.prefix[k]].client);
  if (d.prefix.empty()) text += "none";
  const std::string held = content(all, recent, d.state);
  text += fmt::format("; the key is then {}.", held);
  for (std::size_t k = 0; k < d.next.size() && k < 3; ++k) {
    const WindowOperation& o = all[d.next[k]];
    text += fmt::format("\nNext could not be {} by c{}: ", what(o), o.client);
    if (o.operation.kind == OperationKind::get)
      text += fmt::format("it returned {}.", o.returned);
    else if (o.operation.kind == OperationKind::cas)
      text += o.key.applied ? "it swapped." : "it did not swap.";
    else
      text += "nothing after it would fit.";
  }
  return text;
}

}  // namespace

WindowStory tell(const std::string& key, const std::vector<WindowOperation>& all,
                 const std::vector<KeyState>& starts, const std::vector<WindowOperation>& recent,
                 KeySearch& search) {
  Contradiction contradiction(all, starts, search);
  contradiction.cut_at_first_answer();
  contradiction.forget_what_is_not_needed();
  const std::vector<KeyOperation>& left = contradiction.operations();
  const KeyOperation* last = nullptr;
  for (const KeyOperation& k : left)
    if (k.outcome == Outcome::known && (last == nullptr || k.back > last->back)) last = &k;
  WindowStory story;
  std::size_t essential = 0;
  for (const KeyOperation& k : left) {
    if (k.outcome == Outcome::unknown) continue;
    ++essential;
    const WindowOperation& o = all[k.tag];
    story.evidence.push_back({o.answered, o.answered_at, Endpoint::client(o.client),
                              fmt::format("{} {}: {}", what(o), key, outcome(o)),
                              "called " + short_time(o.called_at)});
  }
  if (last == nullptr) return story;
  story.event = all[last->tag].answered;
  story.time = all[last->tag].answered_at;
  std::string why = stale_read(all, recent, all[last->tag], story.evidence, key);
  if (why.empty()) why = fmt::format(", and no order of {} operations explains it", essential);
  story.sentence = fmt::format("{}: {}{}.\n{}", key, full(all[last->tag]), why,
                               longest_order(all, recent, contradiction.deadlock()));
  return story;
}

}  // namespace raftsim::checkers
