#include "checkers/linearizable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "checkers/narrative.hpp"

namespace raftsim::checkers {

namespace {

/// What a second of the scenario's limit buys; some 0.2 s of a present machine.
constexpr std::uint64_t nodes_per_second = 200'000;
/// Closing a window explores all orders; beyond this much it had better wait.
constexpr std::uint64_t closing_nodes_min = 2'000;
constexpr std::uint64_t closing_nodes_per_operation = 100;
constexpr std::size_t states_max = 64;

}  // namespace

LinearizableProperty::LinearizableProperty(const ClusterShadow& c, Findings& f, const ClientShadow& clients)
    : Property(PropertyId::linearizable, c, f), clients_(clients) {
  const history::RunInfo& info = c.info();
  asked_ = info.linearizable && info.model != history::Model::none;
  const std::int64_t ms = std::max<std::int64_t>(1, info.linearizable_timeout.ns / 1'000'000);
  nodes_left_ = static_cast<std::uint64_t>(ms) * (nodes_per_second / 1'000);
}

KeyWindow& LinearizableProperty::window_of(const std::string& key, std::uint64_t& number) {
  const auto [found, fresh] = window_number_.try_emplace(key, windows_.size());
  number = found->second;
  if (fresh) {
    windows_.push_back(std::make_unique<KeyWindow>());
    windows_.back()->key = key;
    windows_.back()->starts.push_back({});
  }
  return *windows_[number];
}

void LinearizableProperty::on_event(const Event& event, const Details& details) {
  if (!asked_ || broken()) return;
  if (event.kind == EventKind::invoke)
    on_invoke(event, details);
  else
    on_end(event, details);
}

void LinearizableProperty::on_invoke(const Event& event, const Details& details) {
  if (details.operation == nullptr || details.operation->kind == OperationKind::open_session) return;
  if (details.operation->kind == OperationKind::get && details.operation->read == ReadMode::lease)
    lease_reads_ = true;
  std::uint64_t number = 0;
  KeyWindow& window = window_of(details.operation->key, number);
  under_way_.set(event.operation.operation.value, (number << 32 | window.operations.size()) + 1);
  WindowOperation o;
  o.operation = *details.operation;
  o.client = event.operation.client;
  o.id = event.operation.operation;
  o.called = event.id;
  o.called_at = event.time;
  o.key.call = event.id.value;
  window.operations.push_back(std::move(o));
  ++window.under_way;
}

void LinearizableProperty::on_end(const Event& event, const Details& details) {
  const std::uint64_t id = event.operation.operation.value;
  const auto place = under_way_.find(id);
  if (!place) return;
  under_way_.erase(id, *place);
  KeyWindow& window = *windows_[(*place - 1) >> 32];
  WindowOperation& o = window.operations[(*place - 1) & 0xFFFFFFFFu];
  o.under_way = false;
  o.answered = event.id;
  o.answered_at = event.time;
  const bool known = event.kind == EventKind::ok && details.result != nullptr;
  const auto k = key_operation(o.operation, o.called.value,
                               known ? std::optional(event.id.value) : std::nullopt, details.result);
  o.void_ = event.kind == EventKind::fail || !k;
  if (k) o.key = *k;
  if (known) o.position = event.operation.position;
  if (known && o.operation.kind == OperationKind::get) o.returned = shortened(details.result->value);
  if (--window.under_way == 0 && window.operations.size() >= window.close_at) close(window);
}

void LinearizableProperty::gather(const KeyWindow& window) {
  scratch_.clear();
  for (std::size_t i = 0; i < window.operations.size(); ++i) {
    const WindowOperation& o = window.operations[i];
    if (o.void_) continue;
    KeyOperation k = o.key;
    if (o.under_way) {
      const auto unknown = key_operation(o.operation, o.called.value, std::nullopt, nullptr);
      if (!unknown) continue;
      k = *unknown;
    }
    k.tag = static_cast<std::uint32_t>(window.carried.size() + i);
    scratch_.push_back(k);
  }
}

/// Where an operation says that it took effect; one without an answer: where it was seen to, if it was.
Index LinearizableProperty::place_of(const WindowOperation& o) const {
  if (o.position.value != 0) return o.position;
  const OperationRecord* record = clients_.find(o.id);
  return record != nullptr ? record->effective_at : Index{};
}

/// `scratch_` in the order of the positions, an entry before the reads that it was served to.
bool LinearizableProperty::claimed_order_is_legal(const KeyWindow& window) {
  struct Claim {
    Index place;
    bool reads = false;
    std::uint64_t call = 0;
    std::uint32_t number = 0;
  };
  const auto by_place = [](const Claim& a, const Claim& b) {
    return std::tuple(a.place, a.reads, a.call) < std::tuple(b.place, b.reads, b.call);
  };
  for (const KeyState& start : window.starts) {
    std::vector<KeyOperation> operations = start.open;
    operations.insert(operations.end(), scratch_.begin(), scratch_.end());
    std::vector<Claim> claims;
    for (std::uint32_t i = 0; i < operations.size(); ++i) {
      const KeyOperation& o = operations[i];
      const std::size_t old = window.carried.size();
      const Index place = place_of(o.tag < old ? window.carried[o.tag] : window.operations[o.tag - old]);
      if (place.value == 0 && o.outcome == Outcome::known) return false;
      if (place.value != 0) claims.push_back({place, o.kind == OperationKind::get, o.call, i});
    }
    std::sort(claims.begin(), claims.end(), by_place);
    std::vector<std::uint32_t> order;
    for (const Claim& c : claims) order.push_back(c.number);
    if (is_legal_order(operations, order, start.value)) return true;
  }
  return false;
}

/// The usual case: one operation, one state, nothing open.
bool LinearizableProperty::close_at_once(KeyWindow& window) {
  if (scratch_.size() != 1 || window.starts.size() != 1 || !window.starts.front().open.empty()) return false;
  if (scratch_.front().outcome == Outcome::unknown) return false;
  const auto now = after(scratch_.front(), window.starts.front().value);
  if (!now) return false;
  window.starts.front().value = *now;
  remember_writes(window);
  return true;
}

void LinearizableProperty::close(KeyWindow& window) {
  gather(window);
  if (scratch_.empty()) {
    window.operations.clear();
    return;
  }
  if (close_at_once(window)) return looked();
  const std::uint64_t cost = closing_nodes_min + closing_nodes_per_operation * scratch_.size();
  KeyVerdict v = search_.run(scratch_, window.starts, std::min(cost, nodes_left_), Want::all_states);
  nodes_left_ -= std::min(nodes_left_, v.nodes);
  if (v.result == Linearizable::unknown || v.states.size() > states_max) {
    window.close_at = window.operations.size() * 2;
    return;
  }
  looked(scratch_.size());
  if (v.result == Linearizable::no) return explain(window);
  settle(window, std::move(v.states));
}

/// Empties the window.
void LinearizableProperty::remember_writes(KeyWindow& window) {
  constexpr std::size_t kept = 16;
  for (WindowOperation& o : window.operations)
    if (!o.void_ && o.operation.kind != OperationKind::get) window.recent.push_back(std::move(o));
  window.operations.clear();
  if (window.recent.size() >= 2 * kept)
    window.recent.erase(window.recent.begin(), window.recent.end() - kept);
}

/// The window is closed: what follows starts from one of `states`.
void LinearizableProperty::settle(KeyWindow& window, std::vector<KeyState> states) {
  std::vector<WindowOperation> carried;
  std::vector<std::uint32_t> tags;
  for (KeyState& s : states)
    for (KeyOperation& open : s.open) {
      auto at = std::find(tags.begin(), tags.end(), open.tag);
      if (at == tags.end()) {
        const std::size_t old = window.carried.size();
        carried.push_back(open.tag < old ? window.carried[open.tag] : window.operations[open.tag - old]);
        tags.push_back(open.tag);
        at = tags.end() - 1;
      }
      open.tag = static_cast<std::uint32_t>(at - tags.begin());
    }
  window.carried = std::move(carried);
  window.starts = std::move(states);
  remember_writes(window);
  window.close_at = 0;
}

void LinearizableProperty::explain(const KeyWindow& window) {
  if (lease_reads_ && cluster().clock_bound_broken()) return set_unknown("clock bound broken");
  std::vector<WindowOperation> all = window.carried;
  for (WindowOperation& o : all) {
    o.key = key_operation(o.operation, o.called.value, std::nullopt, nullptr).value_or(KeyOperation{});
    o.void_ = false;
  }
  for (const WindowOperation& o : window.operations) {
    all.push_back(o);
    if (!o.under_way) continue;
    const auto unknown = key_operation(o.operation, o.called.value, std::nullopt, nullptr);
    all.back().void_ = !unknown;
    if (unknown) all.back().key = *unknown;
  }
  WindowStory story = tell({window.key, all, window.starts, window.recent}, {}, search_);
  violate(story.event, story.time, std::move(story.sentence), std::move(story.evidence));
}

void LinearizableProperty::finish(Instant) {
  const history::RunInfo& info = cluster().info();
  if (!info.linearizable) return set_skipped("the scenario turns it off");
  if (info.model == history::Model::none) return set_skipped("no model of the clients' operations");
  if (!broken() && lease_reads_ && cluster().clock_bound_broken()) return set_unknown("clock bound broken");
  for (const auto& window : windows_) {
    if (broken()) return;
    gather(*window);
    if (scratch_.empty()) continue;
    if (claimed_order_is_legal(*window)) {
      looked(scratch_.size());
      continue;
    }
    const KeyVerdict v = search_.run(scratch_, window->starts, nodes_left_, Want::verdict);
    nodes_left_ -= std::min(nodes_left_, v.nodes);
    if (v.result == Linearizable::yes) {
      looked(scratch_.size());
    } else if (v.result == Linearizable::no) {
      looked(scratch_.size());
      explain(*window);
    } else if (!info.linearizable_timeout_fails) {
      set_unknown(fmt::format("{}: {} operations that overlap, no order found in {} search nodes",
                              window->key, scratch_.size(), v.nodes));
    } else {
      const WindowOperation& last = window->operations.back();
      violate(last.called, last.called_at,
              fmt::format("{}: no order of {} overlapping operations was found within the scenario's limit.",
                          window->key, scratch_.size()));
    }
  }
}

}  // namespace raftsim::checkers
