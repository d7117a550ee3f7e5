// One simulated machine: a Process with its disk, clocks, timer and outgoing messages that wait for the disk.
// It interprets Effects in order (DESIGN, seam 1), and shows what changed in inspect().
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "history/claimed_doubt.hpp"
#include "sim/disk_op_window.hpp"
#include "sim/label_audit.hpp"
#include "sim/node_clock.hpp"
#include "sim/operators.hpp"
#include "sim/stage.hpp"
#include "sim/view_diff.hpp"

namespace raftsim::sim {

/// A crash, now or at a point that is still to come.
struct CrashPlan {
  history::CrashPoint point = history::CrashPoint::now;
  std::optional<Duration> down_for;  ///< nothing: until somebody restarts it
  std::uint64_t fault = 0;           ///< number of the active fault
  EventId cause;                     ///< its fault_begin
  std::uint64_t armed_in = 0;        ///< incarnation; during_recovery waits for a later one
};

class NodeRuntime {
 public:
  NodeRuntime(Stage& stage, NodeId id);

  NodeId id() const { return id_; }
  /// It has come into being, and its machine did not come back under another id.
  bool exists() const { return there_ == There::yes; }
  const Options& options() const { return *options_; }
  bool may_come() const { return there_ == There::not_yet; }
  bool up() const { return process_ != nullptr; }
  /// Whether it ever said of anything that it wrote what it means.
  bool labels() const { return labels_; }
  bool paused() const { return paused_; }
  std::uint64_t incarnation() const { return incarnation_; }
  const ViewDiff& shown() const { return diff_; }
  const std::optional<CrashPlan>& crash_plan() const { return plan_; }
  /// When it last crashed, for the target `last_crashed`: the step of that crash, 0 if never.
  std::uint64_t crashed_in_step() const { return crashed_in_step_; }

  /// Gives it the disk of cluster.initial, if the scenario has one for it.
  /// Throws std::invalid_argument where its system cannot start from a given log.
  void format();

  // What happens to it. The caller began the step.
  void boot(EventId cause);
  /// Without a cause, the crash is the cause. Nothing where it is up already, or does not exist.
  void restart(EventId cause);
  /// It starts with these options from now on, over those that the scenario gives it. Precondition: down.
  void reconfigure(const OptionsPatch& patch);
  /// It comes into being: a machine with an empty disk, which nobody knows. Precondition: it never existed.
  void come_into_being(EventId cause);
  /// Its disk is lost. Under another id: nobody will boot under this one any more; under the same: as one
  /// that knows nobody. Precondition: down.
  enum class Under : std::uint8_t { another_id, the_same_id };
  void lose_disk(Under under, EventId cause);
  /// Precondition: up.
  void receive(MessageSlot slot);
  /// A described message of its own leaves, with `left`: promises are audited now and then. Precondition: up.
  void promised(const MessageView& message, EventId left);
  void admin(AdminKind kind, RequestId id, std::span<const NodeId> nodes, EventId cause);
  /// Precondition: up, and for pause not paused, for resume paused.
  void pause(EventId cause);
  void resume(EventId cause);
  /// Precondition: it lasts.
  void set_disk_fault(DiskFaultKind kind, bool in_force);
  NodeDisk& disk() { return disk_; }
  const NodeDisk& disk() const { return disk_; }
  /// Its disk is damaged and not whole again, or it says that it does not trust it yet.
  bool ails() const { return disk_.ails() || (doubt_.holds() && disk_.lost_entries()); }
  /// What it holds is damaged, and told.
  void rot(const Rot& rot, EventId cause);
  const NodeClock& clock() const { return clock_; }
  /// The wall clock, or with clock.monotonic false the one that timers run on, too. Whether it moved: clocks
  /// have ends.
  bool jump_clock(Duration by, EventId cause);
  /// Preconditions: it runs, it stands still.
  void freeze_clock(EventId cause);
  void thaw_clock(EventId cause);

  /// A crash now (precondition: up), or armed for its point.
  void crash(const CrashPlan& plan);
  void arm(const CrashPlan& plan);
  /// The plan, if there is one, will not come to pass; its fault is told.
  void abandon_plan();

  /// An item of the queue; begins a step if it does anything.
  void take(const Item& item);

  /// How slow it is, and because of which fault.
  struct Pace {
    std::uint32_t factor = 1;
    std::uint64_t fault = 0;  ///< 0: none
  };
  void set_pace(const Pace& pace);

  /// Paused, slow, or still busy with what waited meanwhile: items must queue up behind.
  bool must_wait() const { return paused_ || slow_ || !backlog_.empty(); }
  [[gnu::cold]] void wait(const Item& item);
  /// Whether as many messages wait as it has room for, the one being served included.
  bool inbox_is_full() const;
  /// Whether an operator, who is not in the queue, gets through to it.
  bool attends() const { return !paused_ && (slow_ || backlog_.empty()); }
  bool something_waits() const { return !backlog_.empty(); }

  /// Compares the whole log, if it is up (the end of a run).
  void audit();

 private:
  struct Gated {
    MessageSlot slot = 0;
    DiskOp after;
  };
  /// An answer to an operator, who is asked in no message.
  struct GatedAnswer {
    AdminAnswer answer;
    DiskOp after;
  };

  void step(MessageType started_by);
  void interpret(std::size_t count);
  void interpret(const Send& send);
  void tell_sent(NodeId to, SnapshotView snapshot);
  void interpret(const DiskRequest& request);
  void interpret(const Reply& reply);
  void answer_operator(const Reply& reply);
  void interpret(const Applied& applied);
  void interpret(const Note& note);
  void interpret(const Halt&);
  /// Whether the effect's pointers into the arena are sound; otherwise the system is broken.
  bool sound(const DiskRequest& request);
  void tell_by_options();
  void set_timer(std::optional<Instant> local);
  void arm_timer();
  void post(MessageSlot slot, std::optional<DiskOp> after);
  void open_gates(EventId cause);
  void close_gates(DiskOp op, EventId cause);
  /// How many of the step's effects happen.
  std::size_t surviving_effects();

  void take_wake();
  void handle(const Item& item);
  void take_backlog(const Item& item);
  /// The first of what waits gets its turn, now or after its service.
  void serve_next();
  void serve_on(std::uint32_t factor_before);
  void take_turn_after(Duration time);
  void hear_of_link(const Item& item);
  [[gnu::cold]] void receive_damaged(MessageSlot slot);
  void fire_timer();
  void disk_completed(DiskOp op);
  EventId emit_completion(DiskOp op);
  void emit_label(EventKind kind, const LabelledOp& labelled, EventId cause);
  void emit_damage(const std::vector<LabelledOp>& lost, EventId cause);
  void completes(const NodeDisk::Due& due);
  void emit_clock(history::ClockChange what, Duration by, EventId cause);
  void misdirect_writes(EventId cause);
  void rot_at_rest(EventId cause);
  void count_losses(const CrashReport& report, OnCrash mode);
  bool crashes_at_completion();
  bool crashes_in_this_recovery() const {
    return plan_ && plan_->point == history::CrashPoint::during_recovery && incarnation_ > plan_->armed_in;
  }

  /// Emits what a second process recovers from the disk as the worst power loss would leave it now.
  void audit_labels(history::AuditOf of, EventId cause);

  struct Loss {
    /// Nothing: the process stops, the machine stays on.
    std::optional<OnCrash> mode;
    std::string_view why;
  };
  /// The process is gone; only its disk survives. Emits `down` with what was lost.
  void go_down(Event& down, const Loss& loss);

  Stage& stage_;
  const NodeId id_;
  const System& system_;
  const Options* options_;
  Options changed_options_;  ///< if a restart changed any
  /// How it boots while its disk is empty, and whom it is told of.
  Boot first_boot_;
  const Configuration* members_;
  enum class There : std::uint8_t { not_yet, yes, no_more } there_;
  NodeDisk disk_;
  NodeClock clock_;
  Stream entropy_;
  std::uint64_t benign_entropy_ = 0;
  Stream crash_prefix_, recovery_crash_;
  AuditDraw audit_draw_;
  /// Whether it ever labelled a disk operation: nobody else claims anything that could be audited.
  bool labels_ = false;
  history::ClaimedDoubt doubt_;

  std::unique_ptr<Process> process_;  ///< null: down
  std::uint64_t incarnation_ = 0;
  Index first_commit_;  ///< what it knows to be committed at its first boot
  EventId down_event_;  ///< the last crash or halt
  ViewDiff diff_;
  std::vector<Index> snapshots_sent_;  ///< by peer: the last one of this incarnation, 0: none
  Input input_;
  LazyTimer timer_;
  std::optional<Instant> wake_local_;
  EventId wake_set_by_;  ///< the event that started the step that last moved the timer
  DiskOpWindow ops_;
  std::vector<Gated> gated_;  ///< in order of issue
  std::vector<GatedAnswer> gated_answers_;
  std::vector<std::string_view> names_;

  bool paused_ = false;
  /// Its steps take time: all that comes waits, and then is served.
  bool slow_ = false;
  Pace pace_;
  Stream service_;
  std::deque<Item> backlog_;
  /// Of the first of the backlog, while not paused: since when it is served, and until when.
  Instant turn_began_, turn_due_;
  Duration served_;         ///< what the present step cost
  std::uint64_t turn_ = 0;  ///< of the backlog: an item of the queue with another number means nothing
  std::uint32_t waiting_messages_ = 0;
  std::optional<CrashPlan> plan_;
  /// Its system says when it has recovered.
  bool notes_recovery_ = false;
  /// Operations that end before a crash in the middle of this recovery.
  std::uint64_t recovery_left_ = 0;
  /// Set while effects are interpreted and the process went down in the middle.
  bool cut_short_ = false;
  std::uint64_t crashed_in_step_ = 0;
};

}  // namespace raftsim::sim
