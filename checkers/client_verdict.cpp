#include "checkers/client_verdict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <tuple>
#include <vector>

#include "checkers/client_sessions.hpp"
#include "checkers/linearizable.hpp"
#include "checkers/narrative.hpp"
#include "history/utf8.hpp"

namespace raftsim::checkers {

namespace {

using history::ClientHistory;
using history::ClientOperation;
using history::TextSpan;
using End = ClientOperation::End;

/// The numbers of the operations on each key, one key after the other, in the order of the history.
struct ByKey {
  explicit ByKey(const ClientHistory& history)
      : begin(history.keys.size() + 1), members(history.operations.size()) {
    for (const ClientOperation& o : history.operations) ++begin[o.key + 1];
    std::partial_sum(begin.begin(), begin.end(), begin.begin());
    std::vector<std::uint32_t> at(begin.begin(), begin.end() - 1);
    for (std::uint32_t i = 0; i < history.operations.size(); ++i)
      members[at[history.operations[i].key]++] = i;
  }
  std::span<const std::uint32_t> of(std::uint32_t key) const {
    return std::span(members).subspan(begin[key], begin[key + 1] - begin[key]);
  }
  std::vector<std::uint32_t> begin, members;
};

class Judge {
 public:
  Judge(const ClientHistory& history, std::uint64_t nodes_max)
      : history_(history), by_key_(history), nodes_left_(nodes_max) {
    KeyState unset;
    if (history.unset_is_empty) unset.value = value_hash("");
    starts_.push_back(unset);
    find_earlier();
  }

  ClientJudgement take() {
    std::vector<std::uint32_t> keys(history_.keys.size());
    std::iota(keys.begin(), keys.end(), 0u);
    std::sort(keys.begin(), keys.end(),
              [this](std::uint32_t a, std::uint32_t b) { return history_.keys[a] < history_.keys[b]; });
    for (const std::uint32_t key : keys) judge_key(key);
    if (out_.keys_violated > 1)
      out_.result.verdict.violations.front().sentence +=
          fmt::format("\n{} of {} keys cannot be ordered; this is the first of them by name.",
                      out_.keys_violated, out_.keys);
    sessions_ = judge_sessions(
        history_, [this](std::uint32_t key) { return by_key_.of(key); }, wording());
    auto& violations = out_.result.verdict.violations;
    violations.insert(violations.end(), sessions_.violations.begin(), sessions_.violations.end());
    finish();
    return std::move(out_);
  }

 private:
  /// Of operations called at the moment of their client's last answer: what that client had called last on
  /// the key and been answered.
  void find_earlier() {
    const auto& all = history_.operations;
    if (std::none_of(all.begin(), all.end(), [](const ClientOperation& o) { return o.at_once; })) return;
    earlier_.resize(all.size());
    std::vector<std::uint32_t> order(all.size());
    std::iota(order.begin(), order.end(), 0u);
    std::sort(order.begin(), order.end(), [&all](std::uint32_t a, std::uint32_t b) {
      return std::tie(all[a].client, all[a].key, all[a].turn) <
             std::tie(all[b].client, all[b].key, all[b].turn);
    });
    std::optional<std::uint32_t> last;
    for (const std::uint32_t n : order) {
      const ClientOperation& o = all[n];
      if (last && (all[*last].client != o.client || all[*last].key != o.key)) last.reset();
      if (last && o.at_once) earlier_[n] = *last + 1;
      if (o.end == End::ok) last = n;
    }
  }

  void judge_key(std::uint32_t key) {
    operations_.clear();
    for (const std::uint32_t i : by_key_.of(key)) {
      auto k = hashed(history_.operations[i], i);
      if (!k) continue;
      if (!earlier_.empty()) k->follows = earlier_[i];
      operations_.push_back(*k);
    }
    ++out_.keys;
    if (operations_.empty()) return;
    const KeyVerdict v = search_.run(operations_, starts_, nodes_left_, Want::verdict);
    out_.nodes += v.nodes;
    nodes_left_ -= std::min(nodes_left_, v.nodes);
    if (v.result == Linearizable::unknown) {
      ++out_.keys_unknown;
      unknown_operations_ = std::max<std::uint64_t>(unknown_operations_, operations_.size());
      return;
    }
    looked_ += operations_.size();
    if (v.result == Linearizable::yes) return;
    if (out_.keys_violated++ == 0) explain(key);
  }

  ValueHash value(TextSpan span) const {
    if (span.present) return value_hash(history_.view(span));
    return history_.unset_is_empty ? value_hash("") : absent_value();
  }

  /// Nothing where the operation cannot matter.
  std::optional<KeyOperation> hashed(const ClientOperation& o, std::uint32_t tag) const {
    if (o.end == End::failed || (o.end == End::unknown && o.kind == OperationKind::get)) return std::nullopt;
    KeyOperation k;
    k.kind = o.kind;
    k.outcome = o.end == End::ok ? Outcome::known : Outcome::unknown;
    k.call = o.call;
    k.back = o.back;
    k.value = value(o.kind == OperationKind::get ? o.returned : o.value);
    k.expected = value(o.expected);
    k.applied = o.applied;
    k.tag = tag;
    if (o.kind == OperationKind::get && o.returned.present) k.text = history_.view(o.returned);
    if (o.kind == OperationKind::append) k.text = history_.view(o.value);
    // A deleted key reads as one that was never written.
    if (o.kind == OperationKind::remove && history_.unset_is_empty) k.kind = OperationKind::put;
    return k;
  }

  /// As the sentences need it: an unset key of a store is the empty text.
  std::optional<std::string> text(TextSpan span) const {
    if (span.present) return std::string(history_.view(span));
    return history_.unset_is_empty ? std::optional<std::string>("") : std::nullopt;
  }

  Wording wording() const {
    Wording wording;
    wording.values = history_.model == history::Model::append ? Values::lists : Values::texts;
    wording.typed = history_.typed;
    wording.moments = history_.clock == ClientHistory::Clock::none   ? Moments::lines
                      : history_.clock == ClientHistory::Clock::fine ? Moments::nanoseconds
                                                                     : Moments::times;
    return wording;
  }

  void explain(std::uint32_t key) {
    const Wording wording = this->wording();
    std::vector<WindowOperation> all;
    std::vector<std::uint32_t> numbers;  // of those in `all`: they go up
    for (const std::uint32_t i : by_key_.of(key)) {
      const ClientOperation& o = history_.operations[i];
      const auto k = hashed(o, static_cast<std::uint32_t>(all.size()));
      if (!k) continue;
      WindowOperation w;
      w.key = *k;
      w.operation.kind = o.kind;
      w.operation.value = text(o.value).value_or("nil");
      w.operation.expected = text(o.expected);
      w.returned = worded(text(o.returned), wording);
      w.client = o.client;
      w.under_way = o.end == End::unknown;
      w.called = EventId{o.called_line};
      w.answered = EventId{o.answered_line};
      w.called_at = o.called_at;
      w.answered_at = o.answered_at;
      all.push_back(std::move(w));
      numbers.push_back(i);
    }
    for (std::size_t place = 0; !earlier_.empty() && place < all.size(); ++place) {
      if (earlier_[numbers[place]] == 0) continue;
      const auto at = std::lower_bound(numbers.begin(), numbers.end(), earlier_[numbers[place]] - 1);
      all[place].key.follows = static_cast<std::uint32_t>(at - numbers.begin()) + 1;
    }
    WindowStory story = tell({history::on_one_line(history_.keys[key]), all, starts_, {}}, wording, search_);
    out_.result.verdict.violations.push_back({PropertyId::linearizable, story.event, story.time,
                                              std::move(story.sentence),
                                              checkers::in_order(std::move(story.evidence))});
  }

  void finish() {
    history::RunResult& r = out_.result;
    r.scenario = std::filesystem::path(history_.path).filename().string();
    r.scenario_path = history_.path;
    r.system = history::form_name(history_.form);
    r.model = history::model_name(history_.model);
    r.operations = history_.operations.size();
    for (const ClientOperation& o : history_.operations)
      ++(o.end == End::ok       ? r.counts.operations_ok
         : o.end == End::failed ? r.counts.operations_failed
                                : r.counts.operations_unknown);
    for (const history::PropertyInfo& p : history::properties())
      r.verdict.properties.push_back(verdict_of(p.id));
  }

  history::PropertyVerdict verdict_of(PropertyId id) const {
    using history::Judgement;
    if (id == PropertyId::session_guarantees) return sessions_.verdict;
    if (id != PropertyId::linearizable)
      return {id, Judgement::skipped, 0, "the history tells of clients only"};
    if (out_.keys_violated != 0) return {id, Judgement::violated, looked_, ""};
    if (out_.keys_unknown == 0) return {id, Judgement::held, looked_, ""};
    return {
        id, Judgement::unknown, looked_,
        fmt::format("no order found for {} of {} keys within {} search nodes (up to {} operations on a key); "
                    "--timeout allows more",
                    out_.keys_unknown, out_.keys, out_.nodes, unknown_operations_)};
  }

  const ClientHistory& history_;
  ByKey by_key_;
  KeySearch search_;
  std::vector<KeyState> starts_;
  std::vector<KeyOperation> operations_;
  std::vector<std::uint32_t> earlier_;  ///< number + 1, by number; 0: none; empty: nowhere
  std::uint64_t nodes_left_;
  std::uint64_t looked_ = 0;
  std::uint64_t unknown_operations_ = 0;
  SessionJudgement sessions_;
  ClientJudgement out_;
};

}  // namespace

ClientJudgement judge(const ClientHistory& history, std::uint64_t nodes_max) {
  return Judge(history, nodes_max).take();
}

}  // namespace raftsim::checkers
