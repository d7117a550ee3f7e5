// What is in force: begun, counted, ended.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "history/fault_nature.hpp"
#include "sim/fault_names.hpp"
#include "sim/faults.hpp"
#include "sim/node_runtime.hpp"
#include "sim/operators.hpp"
#include "sim/post.hpp"

namespace raftsim::sim {

using history::FaultClass;

namespace {

bool same_link(const LinkEnds& link, Endpoint from, Endpoint to) {
  return link.from == from && link.to == to;
}

}  // namespace

FaultEngine::Active& FaultEngine::begin(FaultClass fault_class, NodeSet nodes, const Firing& firing,
                                        std::string_view words, std::optional<Duration> lasting) {
  // A partition's words name its groups, a wipe's who comes instead; a heal may be of everything.
  const bool said = fault_class == FaultClass::partition ||
                    (fault_class == FaultClass::wipe && !nodes.empty()) ||
                    (fault_class == FaultClass::heal && nodes.empty());
  const std::string text = said ? fmt::format("{} ({})", words, firing.source.words)
                                : fmt::format("{} {} ({})", words, node_names(nodes), firing.source.words);
  return begin_saying(fault_class, std::move(nodes), firing.source, firing.cause, text, lasting);
}

FaultEngine::Active& FaultEngine::begin_saying(FaultClass fault_class, NodeSet nodes, const Source& source,
                                               EventId cause, std::string_view sentence,
                                               std::optional<Duration> lasting) {
  Active active;
  active.number = ++last_fault_;
  active.fault_class = fault_class;
  active.source = source;
  active.nodes = std::move(nodes);
  Event e = stage_.chronicle.make(EventKind::fault_begin, Endpoint::world(), cause);
  e.fault.fault = active.number;
  e.fault.fault_class = static_cast<std::uint8_t>(fault_class);
  e.fault.scripted = source.scripted ? 1 : 0;
  e.fault.step = source.position;
  if (lasting) {
    e.fault.until_ns = (stage_.now() + *lasting).ns;
    stage_.at(stage_.now() + *lasting, {ItemKind::fault_end, 0, active.number, 0});
  }
  Details details;
  details.nodes = active.nodes;
  details.text = sentence;
  active.begin = stage_.chronicle.emit(e, details);
  stage_.ledger.fired(fault_class);
  active_.push_back(std::move(active));
  return active_.back();
}

FaultEngine::Active* FaultEngine::find(std::uint64_t number) {
  for (Active& a : active_)
    if (a.number == number && !a.ended) return &a;
  return nullptr;
}

/// Ended ones stay in place until nobody holds a reference.
void FaultEngine::sweep() {
  std::erase_if(active_, [](const Active& a) { return a.ended; });
}

/// A pause has an effect once something had to wait for its end.
void FaultEngine::count_waiting(NodeId id) {
  if (!stage_.node(id).something_waits()) return;
  for (const Active& active : active_)
    if (active.fault_class == FaultClass::pause && contains(active.affected, id)) had_effect(active.number);
}

void FaultEngine::end(Active& active, EventId cause) {
  if (active.ended) return;
  if (active.fault_class == FaultClass::pause)
    for (NodeId id : active.affected) count_waiting(id);
  active.ended = true;
  Event e = stage_.chronicle.make(EventKind::fault_end, Endpoint::world(), cause);
  e.fault.fault = active.number;
  e.fault.fault_class = static_cast<std::uint8_t>(active.fault_class);
  e.fault.scripted = active.source.scripted ? 1 : 0;
  e.fault.step = active.source.position;
  Details details;
  details.nodes = active.nodes;
  const std::string text = active.outcome.empty()
                               ? active.source.words
                               : fmt::format("{}: {}", active.source.words, active.outcome);
  details.text = text;
  undo(active, stage_.chronicle.emit(e, details));
}

void FaultEngine::undo(Active& active, EventId cause) {
  for (const LinkEnds& link : active.cuts) stage_.network.end_cut(link.from, link.to, active.cut_by);
  if (active.fault_class == FaultClass::set_link) {
    --links_changed_;
    for (const LinkEnds& link : active.links) {
      // An older change of the same link that is still in force shows again.
      const Link* shows = nullptr;
      for (const Active& other : active_)
        if (!other.ended && std::ranges::any_of(other.links, [&](const LinkEnds& l) {
              return same_link(l, link.from, link.to);
            }))
          shows = &other.link;
      const Instant now = stage_.now();
      stage_.post->hasten(link, shows != nullptr ? stage_.network.set_link(link.from, link.to, *shows, now)
                                                 : stage_.network.reset_link(link.from, link.to, now));
    }
  } else if (active.fault_class == FaultClass::message_rule) {
    stage_.post->rules().remove(active.number);
    stage_.post->release_held_by(active.number, cause);
  } else if (active.fault_class == FaultClass::link_clog) {
    for (const LinkEnds& link : active.clogged) stage_.network.end_clog(link.from, link.to);
    stage_.post->release_held_by(active.number, cause);
  } else if (active.fault_class == FaultClass::slow_process) {
    for (NodeId id : active.nodes) set_pace(id);
  } else if (active.fault_class == FaultClass::pause) {
    for (NodeId id : active.affected) resume_node(id, cause);
  } else if (active.fault_class == FaultClass::clock_freeze) {
    thaw(active, cause);
  } else {
    end_disk_fault(active);
  }
}

void FaultEngine::settle() {
  for (Active& active : active_)
    if (!active.ended) count_disk_hits(active);
  for (const auto& node : stage_.nodes) {
    count_waiting(node->id());
    count_troubles(node->disk());
  }
}

void FaultEngine::count_troubles(NodeDisk& disk) {
  const DiskTroubles troubles = disk.take_troubles();
  stage_.ledger.happened(FaultClass::disk_error, troubles.io_errors);
  stage_.ledger.happened(FaultClass::disk_sync_error, troubles.sync_errors);
  stage_.ledger.happened(FaultClass::disk_misread, troubles.misreads);
  stage_.ledger.fired(FaultClass::disk_lie, troubles.lies);
}

void FaultEngine::resume_node(NodeId id, EventId cause) {
  NodeRuntime& node = stage_.node(id);
  count_waiting(id);
  for (Active& other : active_)
    if (other.fault_class == FaultClass::pause && !other.ended) forget(other.affected, id);
  if (node.up() && node.paused()) node.resume(cause);
}

std::size_t FaultEngine::heal_all(EventId cause) {
  std::size_t ended = 0;
  for (std::size_t i = 0; i < active_.size(); ++i) {
    if (active_[i].ended || !history::nature(active_[i].fault_class).heals) continue;
    ++ended;
    end(active_[i], cause);
  }
  return ended;
}

/// Of those that exist; whoever was removed for good and is down stays so.
void FaultEngine::restart_all(EventId cause, const NodeSet* only) {
  const std::vector<Configuration> active = active_configurations(stage_);
  const auto member = [&](NodeId id) {
    return std::ranges::any_of(
        active, [id](const Configuration& c) { return c.votes(id) || contains(c.learners, id); });
  };
  for (const auto& node : stage_.nodes)
    if (!node->up() && !stage_.ended && (only == nullptr ? member(node->id()) : contains(*only, node->id())))
      node->restart(cause);
}

void FaultEngine::operation_over(std::uint64_t fault, Came came, std::string_view words) {
  Active* active = find(fault);
  CHECK(active != nullptr);
  if (came == Came::something) had_effect(fault);
  if (came == Came::unsupported) stage_.ledger.unsupported(active->fault_class);
  active->outcome = words;
  end(*active, stage_.chronicle.cause());
  sweep();
}

void FaultEngine::quiet(EventId cause, const LiveCore* core) {
  heal_all(cause);
  stage_.operators->quiet();
  for (const auto& node : stage_.nodes) {
    node->abandon_plan();
    node->disk().calm();
  }
  if (core == nullptr) {
    restart_all(cause);
  } else {
    leave_cut(*core, {true, false, 0, 0, 0, "the quiet phase"}, cause);
    const NodeSet heard = core->heard();
    restart_all(cause, &heard);
  }
  sweep();
}

/// Whoever is not in the core or as well as it stays behind cuts; who of them is down stays so.
void FaultEngine::leave_cut(const LiveCore& core, const Source& source, EventId cause) {
  NodeSet nodes;
  std::ranges::set_union(core.apart, core.partly, std::back_inserter(nodes));
  if (nodes.empty()) return;
  const std::string sentence = fmt::format("isolate {} ({})", node_names(nodes), source.words);
  Active& active = begin_saying(FaultClass::isolate, std::move(nodes), source, cause, sentence, std::nullopt);
  cut(active, core.cuts, CutBy::isolation);
}

void FaultEngine::had_effect(std::uint64_t fault) {
  Active* active = find(fault);
  if (active == nullptr || active->effective) return;
  active->effective = true;
  stage_.ledger.effective(active->fault_class);
}

void FaultEngine::rule_touched(const MessageOrder& rule) {
  had_effect(rule.fault);
  const bool used_up = rule.remaining && *rule.remaining == 0;
  // What a rule holds back is held until the rule ends.
  if (!used_up || rule.action == MessageDo::hold) return;
  if (Active* active = find(rule.fault)) end(*active, active->begin);
}

/// What it did to a message that nobody was there for is no effect.
EventId FaultEngine::cut_dropped(Endpoint from, Endpoint to) {
  const bool somebody = !to.is_node() || stage_.node(to.as_node()).up();
  EventId cut_by;
  for (Active& active : active_) {
    if (active.ended || (active.effective && cut_by != EventId{})) continue;
    if (!std::ranges::any_of(active.cuts, [&](const LinkEnds& l) { return same_link(l, from, to); }))
      continue;
    if (somebody) had_effect(active.number);
    if (cut_by == EventId{}) cut_by = active.begin;
  }
  return cut_by;
}

void FaultEngine::link_carried(Endpoint from, Endpoint to) {
  for (Active& active : active_) {
    if (active.ended || active.effective) continue;
    if (std::ranges::any_of(active.links, [&](const LinkEnds& l) { return same_link(l, from, to); }))
      had_effect(active.number);
  }
}

void FaultEngine::forget(NodeSet& set, NodeId node) { std::erase(set, node); }

void FaultEngine::crashed(std::uint64_t fault, NodeId node) {
  count_waiting(node);
  had_effect(fault);
  Active* active = find(fault);
  if (active == nullptr || !contains(active->armed, node)) return;
  forget(active->armed, node);
  insert(active->affected, node);
}

void FaultEngine::went_down(NodeId node) {
  // Its pause went with it.
  for (std::size_t i = 0; i < active_.size(); ++i) {
    Active& active = active_[i];
    if (active.ended || active.fault_class != FaultClass::pause) continue;
    if (!contains(active.affected, node)) continue;
    forget(active.affected, node);
    if (active.affected.empty()) end(active, stage_.chronicle.last());
  }
}

void FaultEngine::came_up(NodeId node) {
  for (std::size_t i = 0; i < active_.size(); ++i) {
    Active& active = active_[i];
    if (active.ended || active.fault_class != FaultClass::crash) continue;
    if (!contains(active.affected, node)) continue;
    forget(active.affected, node);
    if (active.armed.empty() && active.affected.empty()) end(active, stage_.chronicle.last());
  }
}

void FaultEngine::crash_abandoned(std::uint64_t fault, NodeId node) {
  Active* active = find(fault);
  if (active == nullptr) return;
  forget(active->armed, node);
  if (active->armed.empty() && active->affected.empty()) end(*active, stage_.chronicle.last());
}

}  // namespace raftsim::sim
