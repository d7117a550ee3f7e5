// The faults of a run: the script, the random faults, and all that is in force because of them (faults.md).
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "history/cluster_view.hpp"
#include "sim/births.hpp"
#include "sim/live_core.hpp"
#include "sim/message_rules.hpp"
#include "sim/stage.hpp"
#include "sim/targets.hpp"

namespace raftsim::sim {

/// Sees the cluster's events while a scripted step waits for its `when`.
class TriggerWatch final : public history::Observer {
 public:
  TriggerWatch(Stage& stage, history::EventKinds kinds) : stage_(stage), kinds_(kinds) {}

  history::EventKinds kinds() const override { return kinds_; }
  void on_event(const Event& event, const Details& details) override;

  /// Waits for `predicate`; it may hold at once, without an event.
  void arm(const Predicate& predicate);
  void disarm() { predicate_ = nullptr; }
  bool fired() const { return fired_; }
  /// The event at which it fired; 0 where it held when armed. Takes the firing.
  EventId take();

  bool holds_now(const Predicate& predicate);
  history::ClusterView& cluster() { return *cluster_; }
  void watch(std::unique_ptr<history::ClusterView> cluster) { cluster_ = std::move(cluster); }

 private:
  Stage& stage_;
  const history::EventKinds kinds_;
  std::unique_ptr<history::ClusterView> cluster_;
  const Predicate* predicate_ = nullptr;  ///< null: nothing is awaited
  history::EventKinds relevant_;
  bool fired_ = false;
  EventId fired_at_;
};

/// Whether any of them may make stored bytes decay.
bool damages_disks(const Scenario& scenario);

class FaultEngine {
 public:
  FaultEngine(Stage& stage, history::Journal& journal);

  /// Schedules the script's first step and the random faults.
  void start();
  void take(const Item& item);
  /// Fires the steps whose `when` came to hold in the step just done.
  void after_step() {
    while (watch_ != nullptr && watch_->fired() && !stage_.ended) fire_triggered();
  }
  /// No random fault starts from here on; everything ends, every node comes up. With a live core, only who is
  /// in it or linked with it, and the links that it leaves cut are an isolation of their own.
  void quiet(EventId cause, const LiveCore* core);
  /// What went wrong on this disk by a probability, since it was last counted.
  void count_troubles(NodeDisk& disk);
  /// The run is over, or looked at: what is still in force is counted, once.
  void settle();

  // What the rest of the world tells.
  void admin_answered(RequestId id, ReplyKind kind);
  /// An operator is done with what a fault asked for; `words` say what came of it.
  enum class Came : std::uint8_t { something, nothing, unsupported };
  void operation_over(std::uint64_t fault, Came came, std::string_view words);
  /// Returns the fault_begin of what cut the link: the oldest that does.
  EventId cut_dropped(Endpoint from, Endpoint to);
  void link_used(Endpoint from, Endpoint to) {
    if (links_changed_ > 0) link_carried(from, to);
  }
  void had_effect(std::uint64_t fault);
  void count_waiting(NodeId id);
  void rule_touched(const MessageOrder& rule);
  /// A crash happened on behalf of a fault.
  void crashed(std::uint64_t fault, NodeId node);
  void went_down(NodeId node);
  void came_up(NodeId node);
  void crash_abandoned(std::uint64_t fault, NodeId node);

  // Damage to disks (disk.protect_quorum).
  bool may_take(NodeId node, const Rot& rot) const;
  Take whom_decay_takes() const;
  /// Before the image of a crash is drawn: those lies become true that must not cost anything.
  void weigh_lies(NodeId node);

  /// A fault that no step and no random fault asked for: the network's own, or the clients'.
  struct Background {
    std::uint64_t number = 0;
    EventId event;  ///< its fault_begin
  };
  Background begin_background(history::FaultClass fault_class, NodeSet nodes, std::string_view words,
                              EventId cause);
  /// Returns its fault_end. Not within what a fault does.
  EventId end_background(std::uint64_t number, std::string_view outcome);
  /// The link stalls from now on; ends by itself.
  void link_clogged(LinkEnds link, Duration lasting, EventId cause);
  /// The number of the clog that is in force on the link.
  std::uint64_t clog_of(LinkEnds link) const;

 private:
  /// Where a fault comes from, and its decisions' name.
  struct Source {
    bool scripted = false;
    bool background = false;   ///< nobody asked for it; then position means nothing
    std::size_t position = 0;  ///< in faults.script or faults.random
    std::uint32_t name = 0;
    std::uint32_t occurrence = 0;
    std::string words;  ///< step "kill", random fault "crash"
  };
  /// One firing: an instant, with its draws.
  struct Firing {
    const Source& source;
    const ClusterNow& cluster;
    TargetDraw targets;
    Stream duration;
    Stream shape;
    Stream change;  ///< of members: which, and of whom
    Stream rot;     ///< of disks: what decays
    Stream core;    ///< who is healed
    EventId cause;
    /// Of a partition or isolation whose harm was weighed before it fired.
    std::optional<std::vector<LinkEnds>> planned_cuts;

    /// How long it lasts; nothing: until something ends it.
    std::optional<Duration> drawn(const std::optional<Distribution>& lasting) {
      if (!lasting) return std::nullopt;
      return duration.sample(*lasting);
    }
  };
  struct Random {
    Source source;
    Stream time;
    Stream fires;
    std::uint32_t firings = 0;
  };
  struct Active {
    std::uint64_t number = 0;
    history::FaultClass fault_class{};
    Source source;
    EventId begin;
    NodeSet nodes;     ///< whom it hit
    NodeSet armed;     ///< crash: those whose crash is still to come
    NodeSet affected;  ///< crash: those down because of it; pause, freeze: those who stand still
    std::vector<LinkEnds> cuts;
    CutBy cut_by = CutBy::partition;
    std::vector<LinkEnds> links;  ///< changed
    std::vector<LinkEnds> clogged;
    Link link;
    std::uint32_t slow_factor = 1;
    DiskFaultKind disk_kind = DiskFaultKind::slow;
    std::uint64_t disk_hits_before = 0;
    bool disk_hits_counted = false;
    std::string outcome;  ///< of an operation, in words
    bool effective = false;
    bool ended = false;
  };

  static Source source_of(const Step& step, std::size_t position, std::uint32_t occurrence);
  static Source source_of(const RandomFault& fault, std::size_t position, std::uint32_t occurrence);
  void open_sources();
  Stream open(Purpose purpose, const Source& source, std::uint32_t firing);

  // The script.
  void arm_next(EventId cause);
  void fire_triggered();
  void fire_step(EventId cause);
  void take_deadline(const Item& item);
  std::string situation();

  // Random faults.
  void schedule(std::size_t position);
  void take_random(std::size_t position);
  bool too_many(const Source& source, std::optional<std::uint32_t> most) const;
  bool breaks_quorum(const Action& action, Firing& firing);
  /// Who is out of reach now, and who would be if `lost` were too.
  QuorumGuard guard_now(const NodeSet& lost) const;

  // Actions.
  void apply(const Action& action, Firing& firing);
  void act(const Crash& crash, Firing& firing);
  void act(const Restart& restart, Firing& firing);
  void act(const Pause& pause, Firing& firing);
  void act(const Resume& resume, Firing& firing);
  void act(const Partition& partition, Firing& firing);
  void act(const Isolate& isolate, Firing& firing);
  void act(const Heal& heal, Firing& firing);
  void act(const SetLink& set_link, Firing& firing);
  void act(const Messages& messages, Firing& firing);
  void act(const DiskFault& fault, Firing& firing);
  void end_disk_fault(Active& active);
  void count_disk_hits(Active& active);
  void damage(const DiskFault& fault, Active& active, Stream& choices);
  bool others_hold(NodeId node, Index needed, Term last_term) const;
  void act(const ClockJump& jump, Firing& firing);
  void act(const ClockFreeze& freeze, Firing& firing);
  void thaw(const Active& active, EventId cause);
  void schedule_clock_jump(NodeId node);
  void take_clock_jump(NodeId node);
  void act(const TimeoutNow& timeout, Firing& firing);
  void act(const ClientAction& client, Firing& firing);
  void act(const CheckAction& check, Firing& firing);
  void act(const AddNode& add, Firing& firing);
  void act(const RemoveNode& remove, Firing& firing);
  void act(const Promote& promote, Firing& firing);
  void act(const ReplaceNodes& replace, Firing& firing);
  void act(const TransferLeadership& transfer, Firing& firing);
  void act(const TakeSnapshot& snapshot, Firing& firing);
  void act(const RandomMembership& membership, Firing& firing);
  void act(const Slow& slow, Firing& firing);
  /// How slow the node is by what is in force.
  void set_pace(NodeId node);

  // Operations.
  /// A change of members: whoever of its servers never existed comes into being, and an operator asks for it.
  void change_members(AdminKind kind, NodeSet nodes, Firing& firing);
  void wipe(const Restart& restart, Firing& firing);
  void forget_disk(const Restart& restart, Firing& firing);
  void ask_each(history::FaultClass fault_class, AdminKind kind, const NodeSet& nodes, Firing& firing);
  void power_off(NodeId node, const Active& active);
  /// It never fired: nobody was there for it.
  void nothing_to_do(history::FaultClass fault_class, Firing& firing, std::string_view words);
  struct Change {
    MembershipChange kind{};
    NodeSet nodes;
  };
  /// Those of `membership` that are possible now, each with its servers drawn.
  std::vector<Change> possible_changes(const RandomMembership& membership, Firing& firing) const;
  std::vector<LinkEnds> cuts_of(const Partition& partition, Firing& firing);
  std::vector<LinkEnds> cuts_of(const Isolate& isolate, Firing& firing);

  /// Emits fault_begin and counts it as fired. The reference is good until the next sweep().
  Active& begin(history::FaultClass fault_class, NodeSet nodes, const Firing& firing, std::string_view words,
                std::optional<Duration> lasting);
  /// The same, with its whole sentence.
  Active& begin_saying(history::FaultClass fault_class, NodeSet nodes, const Source& source, EventId cause,
                       std::string_view sentence, std::optional<Duration> lasting);
  /// Undoes it and emits fault_end.
  void end(Active& active, EventId cause);
  void end_instantly(Active& active) { end(active, active.begin); }
  void undo(Active& active, EventId cause);
  /// Ends all that heal ends; returns how much.
  std::size_t heal_all(EventId cause);
  /// Null: all members.
  void restart_all(EventId cause, const NodeSet* only = nullptr);
  void leave_cut(const LiveCore& core, const Source& source, EventId cause);
  void cut(Active& active, std::vector<LinkEnds> cuts, CutBy by);
  void resume_node(NodeId node, EventId cause);
  void link_carried(Endpoint from, Endpoint to);
  Active* find(std::uint64_t number);
  void sweep();
  static void forget(NodeSet& set, NodeId node);

  Stage& stage_;
  Births births_;
  std::unique_ptr<TriggerWatch> watch_;  ///< null where the scenario asks no predicate
  std::vector<Source> script_sources_;
  std::vector<Random> random_;
  std::vector<Stream> clock_jumps_;  ///< by node; empty where clocks do not jump of themselves
  std::size_t next_step_ = 0;
  bool script_stuck_ = false;
  std::deque<Active> active_;  ///< in order of number
  std::uint64_t last_fault_ = 0;
  std::vector<std::uint64_t> answered_;  ///< timeout_now faults that a node obeyed
  std::size_t links_changed_ = 0;        ///< active set_links
  const Source the_network_{false, true, 0, 0, 0, "the network"};
  const Source the_clients_{false, true, 0, 0, 0, "the clients"};
};

}  // namespace raftsim::sim
