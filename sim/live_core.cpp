#include "sim/live_core.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/fault_names.hpp"
#include "sim/node_runtime.hpp"
#include "sim/operators.hpp"

namespace raftsim::sim {

namespace {

bool is_quorum(const Configuration& configuration, const NodeSet& present) {
  return configuration.agrees([&present](NodeId voter) { return contains(present, voter); });
}

/// Draws of one phase, in a fixed order.
class CoreDraw {
 public:
  CoreDraw(const Stage& stage, Healed heal, CoreOf of, Stream draw)
      : stage_(stage), heal_(heal), of_(of), draw_(draw) {
    const auto protects = [](const auto& node) {
      return node->options().pre_vote && node->options().check_quorum;
    };
    partial_ = std::ranges::all_of(stage.nodes, protects);
    required_.push_back(stage.committed.configuration);
    for (const Configuration& intended : stage.operators->intended()) required_.push_back(intended);
  }

  LiveCore take() {
    LiveCore out;
    order();
    if (!grow(out.core)) {
      out.missing = why_missing();
      out.core.clear();
      return out;
    }
    out.live = out.core;
    for (const NodeId other : order_)
      if (!contains(out.core, other)) place(other, out);
    // From those, too, who come into being later: they would be a bridge.
    for (const NodeId one : out.apart)
      for (const auto& other : stage_.nodes)
        if (!contains(out.apart, other->id())) cut_both_ways(one, other->id(), out);
    return out;
  }

 private:
  /// Everybody who exists, in a drawn order; benign: in order of id.
  void order() {
    NodeSet rest;
    for (const auto& node : stage_.nodes)
      if (node->exists()) rest.push_back(node->id());
    while (!rest.empty()) {
      const auto k = static_cast<std::ptrdiff_t>(draw_.below(rest.size()));
      order_.push_back(rest[static_cast<std::size_t>(k)]);
      rest.erase(rest.begin() + k);
    }
  }

  const NodeRuntime& node(NodeId id) const { return *stage_.nodes[id.value - 1]; }
  bool sound(NodeId id) const { return !node(id).ails() && (of_ == CoreOf::everybody || node(id).up()); }

  /// What a server acts by once it runs again, if that is later than what is committed. Who is down has it on
  /// its disk, or has lost it: then a quorum of more configurations does no harm.
  const Configuration* own(NodeId id) const {
    const ViewDiff& shown = node(id).shown();
    const bool later = shown.has_configuration() && shown.configuration_index() > stage_.committed.index;
    return later && !shown.configuration().voters.empty() ? &shown.configuration() : nullptr;
  }

  bool suffices(const NodeSet& core) const {
    const auto holds = [&core](const Configuration& c) { return is_quorum(c, core); };
    if (!std::ranges::all_of(required_, holds)) return false;
    return std::ranges::all_of(core, [&](NodeId id) { return own(id) == nullptr || holds(*own(id)); });
  }

  /// One after the other of who counts anywhere, until they suffice: no more than must be are well.
  bool grow(NodeSet& core) const {
    const auto counts = [&](NodeId id) {
      const auto votes = [id](const Configuration& c) { return c.votes(id); };
      return std::ranges::any_of(required_, votes) ||
             std::ranges::any_of(core, [&](NodeId member) { return own(member) && votes(*own(member)); });
    };
    bool grown = true;
    while (!suffices(core)) {
      if (!grown) return false;
      grown = false;
      for (const NodeId id : order_) {
        if (contains(core, id) || !sound(id) || !counts(id)) continue;
        insert(core, id);
        grown = true;
        break;
      }
    }
    return true;
  }

  std::string_view sound_words() const {
    return of_ == CoreOf::everybody ? "are undamaged" : "run and are undamaged";
  }

  std::string why_missing() const {
    for (const Configuration& c : required_) {
      std::size_t sound_voters = 0;
      for (const NodeId voter : c.voters) sound_voters += stage_.exists(voter) && sound(voter) ? 1u : 0u;
      if (sound_voters * 2 <= c.voters.size())
        return fmt::format("only {} of {} voters {}", sound_voters, c.voters.size(), sound_words());
    }
    return fmt::format("no servers that {} are a quorum of every active configuration", sound_words());
  }

  /// A server beside the core. One that acts by a configuration of which the core is no quorum could stall
  /// everybody if it were heard.
  void place(NodeId other, LiveCore& out) {
    const std::uint64_t fate = draw_.below(partial_ ? 3 : 2);
    const bool heard = own(other) == nullptr || is_quorum(*own(other), out.core);
    if (heal_ == Healed::core || !heard || fate == 1) return insert(out.apart, other);
    if (fate == 0) return insert(out.live, other);
    insert(out.partly, other);
    for (const NodeId member : order_) {
      if (member == other || contains(out.apart, member)) continue;
      const auto one = Endpoint::node(other), two = Endpoint::node(member);
      const std::uint64_t lost = draw_.below(4);
      if ((lost & 1) != 0) out.cuts.push_back({one, two});
      if ((lost & 2) != 0) out.cuts.push_back({two, one});
    }
  }

  static void cut_both_ways(NodeId a, NodeId b, LiveCore& out) {
    out.cuts.push_back({Endpoint::node(a), Endpoint::node(b)});
    out.cuts.push_back({Endpoint::node(b), Endpoint::node(a)});
  }

  const Stage& stage_;
  const Healed heal_;
  const CoreOf of_;
  Stream draw_;
  bool partial_ = false;
  std::vector<Configuration> required_;
  std::vector<NodeId> order_;
};

}  // namespace

LiveCore draw_live_core(const Stage& stage, Healed heal, CoreOf of, Stream draw) {
  CHECK(heal != Healed::all);
  return CoreDraw(stage, heal, of, draw).take();
}

std::string words(const LiveCore& core) {
  if (!core.found()) return "no live core: " + core.missing;
  std::string text = "live core " + node_names(core.core);
  NodeSet beside;
  std::ranges::set_difference(core.live, core.core, std::back_inserter(beside));
  if (!beside.empty()) text += fmt::format("; {} healed, too", node_names(beside));
  if (!core.apart.empty()) text += fmt::format("; {} cut off", node_names(core.apart));
  if (!core.partly.empty()) text += fmt::format("; {} linked in part", node_names(core.partly));
  return text;
}

}  // namespace raftsim::sim
