// Why a window of operations on one key cannot be ordered, told small: cut at the first answer that no order
// explains, with all outcomes forgotten that are not needed for the contradiction.
#include <fmt/format.h>

#include <algorithm>

#include "checkers/linearizable.hpp"
#include "checkers/narrative.hpp"
#include "checkers/operations.hpp"
#include "history/client_values.hpp"
#include "history/utf8.hpp"

namespace raftsim::checkers {

namespace {

/// Beyond this many operations the contradiction is not made smaller one by one.
constexpr std::size_t shrink_max = 400;
/// Nor with more than this many steps of searching.
constexpr std::uint64_t shrink_steps_max = 5'000'000;
constexpr std::uint64_t few_nodes = 200;

std::string outcome(const WindowOperation& o) {
  if (o.key.outcome == Outcome::unknown) return "unknown outcome";
  if (o.operation.kind == OperationKind::get) return "returned " + o.returned;
  if (o.operation.kind == OperationKind::cas) return o.key.applied ? "swapped" : "did not swap";
  return "done";
}

class Contradiction {
 public:
  Contradiction(std::span<const WindowOperation> all, std::vector<KeyState> starts, KeySearch& search)
      : all_(all), starts_(std::move(starts)), search_(search) {
    for (KeyState& s : starts_) s.open.clear();
    for (std::size_t i = 0; i < all_.size(); ++i) {
      if (all_[i].void_) continue;
      KeyOperation k = all_[i].key;
      k.tag = static_cast<std::uint32_t>(i);
      operations_.push_back(k);
    }
    nodes_max_ = std::max<std::uint64_t>(50'000, 8 * operations_.size());
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
    cut_ = true;
  }

  void forget_what_is_not_needed() {
    whole_ = operations_;
    if (operations_.size() > shrink_max) forget_in_chunks();
    if (known() > shrink_max) return;
    for (std::size_t i = operations_.size(); i-- > 0;) {
      if (operations_[i].outcome == Outcome::unknown) continue;
      std::vector<KeyOperation> without = without_outcomes(std::span(&i, 1));
      if (judge(without) == Linearizable::no) operations_ = std::move(without);
    }
  }

  const std::vector<KeyOperation>& operations() const { return operations_; }
  /// How far one gets with all that was called before `answer`, so that what is said of it is true of the
  /// history, not only of what is left of it.
  Deadlock deadlock(std::uint64_t answer) {
    operations_ = whole_;
    return search_.run(until(answer), starts_, nodes_max_, Want::deadlock).deadlock;
  }

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
    // What of a long history is a contradiction at all shows at once, or not within reason.
    const std::uint64_t nodes = cut_ && operations.size() > shrink_max ? few_nodes : nodes_max_;
    const KeyVerdict v = search_.run(operations, starts_, nodes, Want::verdict);
    spent_ += v.nodes + operations.size();
    return v.result;
  }
  std::size_t known() const {
    return static_cast<std::size_t>(
        std::count_if(operations_.begin(), operations_.end(),
                      [](const KeyOperation& o) { return o.outcome == Outcome::known; }));
  }
  /// `which`: in order. A read without its answer is nothing; a write may have taken effect or not.
  std::vector<KeyOperation> without_outcomes(std::span<const std::size_t> which) const {
    std::vector<KeyOperation> left;
    left.reserve(operations_.size());
    for (std::size_t i = 0; i < operations_.size(); ++i) {
      const bool forgotten = !which.empty() && which.front() == i;
      if (forgotten) which = which.subspan(1);
      const KeyOperation& o = operations_[i];
      if (forgotten && (o.kind == OperationKind::get || (o.kind == OperationKind::cas && !o.applied)))
        continue;
      left.push_back(o);
      if (forgotten) left.back().outcome = Outcome::unknown;
    }
    return left;
  }
  /// Of many operations, first half of the answers, then quarters, and so on: each as long as the rest is
  /// still a contradiction.
  void forget_in_chunks() {
    for (std::size_t size = known() / 2; size > 0; size /= 2) {
      std::vector<std::size_t> answers;
      for (std::size_t i = 0; i < operations_.size(); ++i)
        if (operations_[i].outcome == Outcome::known) answers.push_back(i);
      // From the end, so that the places before it stay what they are.
      for (std::size_t end = answers.size(); end > 0; end -= std::min(size, end)) {
        if (spent_ > shrink_steps_max) return;
        const std::size_t begin = end - std::min(size, end);
        std::vector<KeyOperation> without = without_outcomes(std::span(answers).subspan(begin, end - begin));
        if (judge(without) == Linearizable::no) operations_ = std::move(without);
      }
    }
  }

  std::span<const WindowOperation> all_;
  std::vector<KeyState> starts_;
  KeySearch& search_;
  std::vector<KeyOperation> operations_;
  std::vector<KeyOperation> whole_;  ///< before outcomes were forgotten
  bool cut_ = false;
  std::uint64_t nodes_max_ = 0;
  std::uint64_t spent_ = 0;  ///< search nodes, and operations looked at
};

bool writes(const KeyOperation& k, const ValueHash& value) {
  if (k.kind == OperationKind::append) return true;  // it may leave anything
  const bool swaps = k.kind == OperationKind::cas && (k.applied || k.outcome == Outcome::unknown);
  return (k.kind == OperationKind::put || k.kind == OperationKind::remove || swaps) && k.value == value;
}

/// The words for one window.
class Teller {
 public:
  Teller(const StuckWindow& window, const Wording& wording) : w_(window), wording_(wording) {}

  std::string name(const WindowOperation& o) const { return fmt::format("{} by c{}", what(o), o.client); }
  /// `get by c2 [3.100s,3.120s] returned 7`.
  std::string full(const WindowOperation& o) const {
    const std::string end = o.key.outcome == Outcome::unknown ? "..." : moment(o.answered, o.answered_at);
    return fmt::format("{} [{},{}] {}", name(o), moment(o.called, o.called_at), end, outcome(o));
  }
  Evidence evidence(const WindowOperation& o) const {
    // Without a key where the history knows none: of a single register.
    std::string text = fmt::format("{}{}{}: {}", what(o), w_.key.empty() ? "" : " ", w_.key, outcome(o));
    const Endpoint client = o.client < Endpoint::client_bit ? Endpoint::client(o.client) : Endpoint::world();
    const bool lines = wording_.moments == Moments::lines;
    return {o.answered, o.answered_at, client, std::move(text),
            (lines ? "called in " : "called ") + moment(o.called, o.called_at)};
  }
  std::string stale_read(const WindowOperation& read, std::vector<Evidence>& more) const;
  std::string longest_order(const Deadlock& d) const;

 private:
  std::string what(const WindowOperation& o) const;
  bool over_before(const WindowOperation& a, const WindowOperation& b) const;
  std::string moment(EventId event, Instant time) const;
  std::string content(const Deadlock& d) const;
  std::optional<std::string> written_last(const Deadlock& d) const;

  const StuckWindow& w_;
  const Wording& wording_;
};

std::string Teller::what(const WindowOperation& o) const {
  const auto text = [this](const std::optional<std::string>& value) { return worded(value, wording_); };
  switch (o.operation.kind) {
    case OperationKind::get:
      return "get";
    case OperationKind::put:
      return "put " + text(o.operation.value);
    case OperationKind::remove:
      return "delete";
    case OperationKind::append:
      if (wording_.values == Values::lists) return "append " + worded_element(o.operation.value, wording_);
      return "append " + text(o.operation.value);
    case OperationKind::cas:
      return fmt::format("cas {} -> {}", text(o.operation.expected), text(o.operation.value));
    case OperationKind::open_session:
      break;
  }
  return "open session";
}

std::string Teller::moment(EventId event, Instant time) const {
  if (wording_.moments == Moments::lines) return fmt::format("line {}", event.value);
  return wording_.moments == Moments::nanoseconds ? fmt::format("{}ns", time.ns) : short_time(time);
}

bool Teller::over_before(const WindowOperation& a, const WindowOperation& b) const {
  if (a.key.outcome == Outcome::unknown) return false;
  if (a.key.back < b.key.call) return true;
  const WindowOperation* one = &b;
  while (one->key.follows != 0 && one != &a) one = &w_.operations[one->key.follows - 1];
  return one == &a && one != &b;
}

/// `..., but put 9 by c1 finished at 3.05s and nothing wrote 7 after it`; empty where it is not as simple.
std::string Teller::stale_read(const WindowOperation& read, std::vector<Evidence>& more) const {
  if (read.operation.kind != OperationKind::get) return "";
  const WindowOperation* newest = nullptr;
  std::vector<const WindowOperation*> writers;
  const auto consider = [&](const WindowOperation& o) {
    if (o.void_ || o.operation.kind == OperationKind::get) return;
    if (o.operation.kind == OperationKind::cas && o.key.outcome == Outcome::known && !o.key.applied) return;
    if (writes(o.key, read.key.value)) {
      writers.push_back(&o);
    } else if (over_before(o, read) && (newest == nullptr || o.key.back > newest->key.back)) {
      newest = &o;
    }
  };
  for (const WindowOperation& o : w_.recent) consider(o);
  for (const WindowOperation& o : w_.operations) consider(o);
  if (newest == nullptr) return writers.empty() ? fmt::format(", but nothing wrote {}", read.returned) : "";
  for (const WindowOperation* w : writers) {
    if (!over_before(*w, *newest) && w->key.call < read.key.back) return "";
  }
  more.push_back(evidence(*newest));
  return fmt::format(", but {} finished {} {} and nothing wrote {} after it", name(*newest),
                     wording_.moments == Moments::lines ? "in" : "at",
                     moment(newest->answered, newest->answered_at), read.returned);
}

/// What the order leaves, from its last operation that decides it alone; nothing: it has none.
std::optional<std::string> Teller::written_last(const Deadlock& d) const {
  std::optional<std::string> text;
  for (const std::uint32_t tag : d.prefix) {
    const WindowOperation& o = w_.operations[tag];
    if (o.operation.kind == OperationKind::put) text = o.operation.value;
    if (o.operation.kind == OperationKind::cas && o.key.applied) text = o.operation.value;
    if (o.operation.kind == OperationKind::remove) text.reset();
    if (o.operation.kind == OperationKind::append && text) *text += o.operation.value;
  }
  return text;
}

/// The content's text, where the order or some operation tells it.
std::string Teller::content(const Deadlock& d) const {
  if (!d.state.present) return wording_.values == Values::plain ? "absent" : "nil";
  if (d.state == value_hash("")) return wording_.values == Values::lists ? "[]" : "empty";
  const auto last = written_last(d);
  if (last && value_hash(*last) == d.state) return worded(last, wording_);
  for (const std::span<const WindowOperation> list : {w_.operations, w_.recent})
    for (const WindowOperation& o : list) {
      if (o.void_ || o.operation.kind == OperationKind::append || !(o.key.value == d.state)) continue;
      return o.operation.kind == OperationKind::get ? o.returned : worded(o.operation.value, wording_);
    }
  std::string appended_since_start;
  for (const std::uint32_t tag : d.prefix)
    if (w_.operations[tag].operation.kind == OperationKind::append)
      appended_since_start += w_.operations[tag].operation.value;
  if (value_hash(appended_since_start) == d.state) return worded(appended_since_start, wording_);
  return "another value";
}

std::string Teller::longest_order(const Deadlock& d) const {
  std::string text = d.longest ? "Longest order that is legal: " : "Longest order found that is legal: ";
  constexpr std::size_t shown_max = 5;
  const std::size_t from = d.prefix.size() > shown_max ? d.prefix.size() - shown_max : 0;
  if (from != 0) text += fmt::format("{} operations, then ", from);
  for (std::size_t k = from; k < d.prefix.size(); ++k)
    text += (k == from ? "" : ", ") + name(w_.operations[d.prefix[k]]);
  if (d.prefix.empty()) text += "none";
  text += fmt::format("; the key is then {}.", content(d));
  for (std::size_t k = 0; k < d.next.size() && k < 3; ++k) {
    const WindowOperation& o = w_.operations[d.next[k]];
    text += fmt::format("\nNext could not be {}: ", name(o));
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

std::string worded_element(std::string_view element, const Wording& wording) {
  return history::shown_scalar(history::element_value(element), wording.typed);
}

namespace {

std::string worded_list(std::string_view list, const Wording& wording) {
  constexpr std::size_t tail_max = 18, whole_max = 21;
  std::vector<std::string> shown;
  for (std::size_t at = 0; at < list.size();) {
    const std::string_view element = history::element_at(list, at);
    shown.push_back(worded_element(element, wording));
    at += element.size();
  }
  std::string text = fmt::format("{}", fmt::join(shown, " "));
  if (text.size() <= whole_max) return '[' + text + ']';
  std::string tail;
  for (auto e = shown.rbegin(); e != shown.rend() && tail.size() + e->size() < tail_max; ++e)
    tail = ' ' + *e + tail;
  return "[..." + (tail.empty() ? std::string(history::last_of(text, tail_max)) : tail) + ']';
}

}  // namespace

std::string worded(const std::optional<std::string>& value, const Wording& wording) {
  if (wording.values == Values::plain) return shortened(value);
  if (!value) return "nil";
  if (wording.values == Values::lists) return worded_list(*value, wording);
  constexpr std::size_t end_max = 9;
  std::string text = *value;
  const std::size_t quote = wording.typed && text.starts_with('"') ? 1 : 0;
  if (text.size() - quote > 2 * end_max + 3)
    text = fmt::format("{}...{}", history::first_of(text, quote + end_max), history::last_of(text, end_max));
  return history::shown_scalar(text, wording.typed);
}

WindowStory tell(const StuckWindow& window, const Wording& wording, KeySearch& search) {
  const Teller teller(window, wording);
  Contradiction contradiction(window.operations, {window.starts.begin(), window.starts.end()}, search);
  contradiction.cut_at_first_answer();
  contradiction.forget_what_is_not_needed();
  const std::vector<KeyOperation> left = contradiction.operations();
  const KeyOperation* last = nullptr;
  for (const KeyOperation& k : left)
    if (k.outcome == Outcome::known && (last == nullptr || k.back > last->back)) last = &k;
  WindowStory story;
  std::size_t essential = 0;
  for (const KeyOperation& k : left) {
    if (k.outcome == Outcome::unknown) continue;
    ++essential;
    story.evidence.push_back(teller.evidence(window.operations[k.tag]));
  }
  if (last == nullptr) return story;
  const WindowOperation& culprit = window.operations[last->tag];
  story.event = culprit.answered;
  story.time = culprit.answered_at;
  std::string why = teller.stale_read(culprit, story.evidence);
  if (why.empty()) why = fmt::format(", and no order of {} operations explains it", essential);
  story.sentence =
      fmt::format("{}{}{}{}.\n{}", window.key, window.key.empty() ? "" : ": ", teller.full(culprit), why,
                  teller.longest_order(contradiction.deadlock(last->back)));
  return story;
}

}  // namespace raftsim::checkers
