// The disk of one simulated machine.
//
// Fault model. A disk holds files, named in one flat directory. Operations on one file run in the order of
// their issue, each after a latency of its own kind; files are independent of each other. Creations (the
// first write to a name), renames and removals are operations of the directory too, and so are listing and
// syncing it: these run in the order of their issue among themselves, and with the file that they name. What
// a read or list sees is what was issued before it: that has completed by then.
//
// Nothing is durable until it is synced. A sync of a file makes all writes and truncations issued to it
// before the sync durable when the sync completes; a sync of the directory does so for creations, renames and
// removals. A sync that is in flight at a crash promises nothing.
//
// A crash leaves an image that is drawn so:
// - Directory: of the changes not synced, all but the last k in order of issue survive (any prefix); with
//   dirents any_subset, each survives or not. A rename that survives takes its file from whatever name the
//   image has it under; a removal that survives removes whatever the image has under that name.
// - Length: of a file's unsynced changes of length (extensions and truncations), all but the last k survive,
//   independently of the data: an extension may leave length without data, a truncation may vanish.
// - Data: of each 512-byte sector, the bytes written and not synced are all kept (as last written), or all
//   lost (as last synced; zeros where there was nothing), or, with `torn_unsynced`, garbage. Sectors are
//   independent. Bytes of the sector that were not written are never harmed (SQLite calls it powersafe
//   overwrite): otherwise no appended record could ever be called durable before its sector is full.
//   Bytes that a surviving truncation cut off never come back.
// With `keep_all` everything survives, writes in flight included.
// Afterwards the image is all there is, all of it durable, and the next incarnation's operations count
// from 1.
//
// Faults that last. slow: everything takes ten times as long, what is under way as it begins or ends in what
// is left of it. io_error: what is issued fails; a write may have written any number of its first sectors,
// drawn. sync_error: syncs fail; what the sync should have kept stays readable until the process stops and is
// gone then, for the system has marked it clean, and later syncs do not find it: of a file its bytes, of the
// directory its changes. full: writes that need space, for a file or for its length, fail like that; whatever
// overwrites in place does not. fsync_lies: a sync says done and did nothing: what it said to be durable
// (labels too) is at risk like everything unsynced, until a sync that does not lie, or one that fails and
// says so. But of what no label speaks of, lies take nothing, as decay does not: whose fault it is that a
// server misses it, nobody could say. Each but slow and full may also come by a probability, operation by
// operation; syncs then fail with sync_error, all else with io_error.
//
// When the process stops itself, the machine goes on: what was written and not synced is read back by the
// next incarnation, and still is not durable.
//
// Decay of what is stored (draw_rot, rot), of labelled bytes only. Those are taken that are vouched for:
// after they were durable, and everything issued up to then was done, another labelled write was issued, and
// became durable. No system can tell the decay of its very last write from a write that a power loss cut
// short. (`Take::anything` does not care.) corrupt: a bit of it. torn: its end was never written.
// misdirected: it is not where it should be, and lies over another one instead. misread: a read returns a bit
// of it flipped, and the disk has it as it was. What decayed is known here, and so is what the labels still
// tell of a log and a snapshot in spite of it (held); entries behind those that decayed count as gone with
// them.
//
// Labels. A label is durable once all bytes of its operation are, and the file that holds them is certain to
// be found under its name: no change of the directory that concerns it is unsynced. A label on a truncation,
// rename or removal is durable once that change is. A label whose bytes were overwritten, cut off or removed
// before that never becomes durable. Each label is reported at most once: durable, at completion of an
// operation or at a crash, or lost, at a crash; and once more, as broken, if a sync lied. A durable label
// whose bytes are later overwritten in place, removed or cut off by the process itself is the process's loss
// and not told.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "seam/effects.hpp"
#include "seam/input.hpp"
#include "seam/label.hpp"
#include "seam/system.hpp"
#include "seam/types.hpp"
#include "sim/committed_chain.hpp"
#include "sim/decisions.hpp"
#include "sim/scenario.hpp"

namespace raftsim::sim {

/// Bytes that live or die together at a crash.
inline constexpr std::uint64_t sector_bytes = 512;
/// How much longer everything takes on a slow disk.
inline constexpr std::int64_t slow_disk_factor = 10;

/// Of a file or of the directory.
constexpr bool is_sync(DiskAction action) {
  return action == DiskAction::sync || action == DiskAction::sync_directory;
}

/// A label, with the operation that carried it.
struct LabelledOp {
  DiskOp op;
  Label label;
};

/// What a completion brings. Reused: fields are assigned, vectors keep their capacity.
struct DoneOut {
  DiskAction action = DiskAction::write;
  DiskStatus status = DiskStatus::ok;
  std::vector<std::byte> bytes;     ///< what a read read
  std::vector<std::string> names;   ///< what a list listed, sorted
  std::vector<LabelledOp> durable;  ///< labels that became durable just now, in order of issue
  bool lied = false;                ///< a sync: it did nothing
};

/// What a crash did. Reused like DoneOut.
struct CrashReport {
  std::vector<LabelledOp> survived;  ///< labels not durable before that the image holds: durable now
  std::vector<LabelledOp> lost;      ///< labels that the image does not hold
  std::vector<LabelledOp> broken;    ///< of those said to be durable: a sync lied, and the image has them not
  std::uint64_t lost_bytes = 0;      ///< written, not synced, gone: sectors lost, cut off, or in lost files
  std::uint64_t torn_bytes = 0;      ///< turned into garbage
  std::uint64_t lost_changes = 0;    ///< directory changes and changes of length undone
  std::uint64_t unsynced_bytes = 0;  ///< that were at risk
  bool names_at_risk = false;        ///< the directory had unsynced changes
  bool out_of_order = false;         ///< one of them survived, and one before it did not
};

/// Whom decay may hit.
enum class Take : std::uint8_t { vouched, anything };

/// A decay, drawn and not yet done.
struct Rot {
  DiskFaultKind kind{};
  std::uint32_t file = 0;
  std::size_t record = 0;
  bool entries = false;  ///< takes entries, or a snapshot of them; else the hard state
  Index first, last;     ///< of the entries that it takes
  Term last_term;
  std::uint64_t bit = 0;     ///< corrupt: which of the record
  std::uint64_t sector = 0;  ///< torn: the first that was never written
  /// misdirected: where it lies instead; nothing: where nothing of worth was.
  struct Landing {
    std::uint32_t file = 0;
    std::size_t record = 0;
  };
  std::optional<Landing> landing;
};

/// The log that the durable labels tell of, with the snapshot before it, as far as nothing decayed.
struct Held {
  Index last;
  Term last_term;
};

/// What went wrong by the probabilities of the scenario's disk.
struct DiskTroubles {
  std::uint64_t io_errors = 0, sync_errors = 0, lies = 0, misreads = 0;
};

class NodeDisk {
 public:
  NodeDisk(const Disk& model, NodeId node, Decisions& decisions);
  NodeDisk(const NodeDisk&) = delete;
  NodeDisk& operator=(const NodeDisk&) = delete;

  /// Takes an operation and says when it completes; then the caller calls complete(). Bytes, names and labels
  /// are copied out of `effects`. Completions on one file never go back in time; of two at one instant, the
  /// first issued is the first. Precondition: request.op is one more than the last of this incarnation.
  Instant issue(Instant now, const DiskRequest& request, const Effects& effects);

  /// How many times longer everything takes than it should.
  std::int64_t pace() const { return in_force(DiskFaultKind::slow) ? slow_disk_factor : 1; }
  struct Due {
    DiskOp op;
    Instant at;
  };
  /// What is left of what is under way takes the present pace: what completes at another time than was said.
  std::vector<Due> go_on(Instant now, std::int64_t pace_before);
  /// Whether it completes now; once. What was said before go_on() may not hold any more.
  bool take_due(DiskOp op, Instant now);

  /// Precondition: issued, not completed, not lost to a crash.
  void complete(DiskOp op, DoneOut& out);

  /// Power off: all in flight vanish, the image is drawn from the streams (crash_image, node, incarnation)
  /// and (torn_bytes, node, incarnation).
  void crash(OnCrash mode, std::uint64_t incarnation, CrashReport& report);

  /// The process stops and the machine does not: operations in flight are not answered any more.
  void process_stopped();

  /// Preconditions: it lasts.
  void begin(DiskFaultKind kind);
  void end(DiskFaultKind kind);
  /// Operations that it slowed down, failed or lied about, since construction.
  std::uint64_t hits(DiskFaultKind kind) const { return hits_[static_cast<std::size_t>(kind)]; }
  /// Nothing goes wrong by a probability any more.
  void calm();
  /// Since it was last asked.
  DiskTroubles take_troubles() { return std::exchange(troubles_, {}); }

  /// Whether a sync lied and none has made up for it.
  bool lied() const;
  /// As if no sync had lied: about anything, or about files that hold a term and vote only.
  enum class About : std::uint8_t { everything, hard_states };
  void make_true(About about);

  /// From now on, remembers where durable labels lie: before anything is written, for decay to be drawn.
  void keep_records() { keeps_records_ = true; }
  /// Nothing where nothing could decay so.
  std::optional<Rot> draw_rot(DiskFaultKind kind, Stream& choices, Take take = Take::vouched);
  /// Bits that flip while the server is down; nothing if, drawn, none do.
  std::optional<Rot> draw_rot_at_rest(Take take);
  /// A write that was drawn to lie elsewhere, and may be told so now; to be asked until there is none.
  std::optional<Rot> next_misdirected(Take take);
  bool misdirects() const { return !model_.misdirected_write.never(); }
  /// A read is about to be issued: what it returns damaged; nothing if, drawn, nothing.
  std::optional<Rot> draw_misread(const DiskRequest& request, const Effects& effects, Take take);
  /// The labels that are lost. `committed`: the highest commit index of anybody, which a log that lost
  /// entries has to reach again before it counts as whole.
  std::vector<LabelledOp> rot(const Rot& rot, Index committed);
  /// The same, of what the read `op`, just issued, will return.
  std::vector<LabelledOp> misread(const Rot& rot, const DiskRequest& read, Index committed);
  Held held() const;
  /// Whether the log and snapshot that it holds are certain to agree with what is committed up to there.
  bool agrees(const CommittedChain& committed, Index upto) const;
  Index must_reach() const { return must_reach_; }
  /// Something of its log or snapshots was lost, be it long ago.
  bool lost_entries() const { return must_reach_ != Index{}; }
  bool state_lost() const { return state_lost_; }
  /// Damaged, and not whole again. While its process runs it may not know yet, and write behind the damage.
  /// The next one may find that more is missing than is: until it has read what is left, nobody knows.
  bool ails() const {
    return state_lost_ || damage_unseen() || (unread_damage_ && !recovered_) || held_before(must_reach_);
  }
  /// The process has read what is there.
  void recovered() {
    recovered_ = true;
    unread_damage_ = damage_unseen();
  }
  /// Operations issued and not completed.
  std::size_t in_flight() const { return in_flight_count_; }

  /// Whether a process would find no file now.
  bool empty() const { return directory_.empty(); }
  /// Of all files, as last written.
  std::uint64_t bytes() const;
  /// What a process sees now: all that was issued.
  Files contents() const;
  /// The image of a crash that loses all it may lose, had no sync lied.
  Files strictest_image() const;
  /// Replaces everything, all of it durable. Precondition: nothing in flight.
  void load(const Files& files);

 private:
  using FileId = std::uint32_t;
  static constexpr FileId no_file = ~FileId{0};
  using Directory = std::map<std::string, FileId, std::less<>>;

  /// A write or truncation that is not synced.
  struct Change {
    DiskOp op;
    DiskAction action = DiskAction::write;  ///< write or truncate
    std::uint64_t begin = 0;                ///< write: of the bytes it changed, a gap before them included
    std::uint64_t end = 0;                  ///< write: of these bytes; truncate: the new length
    std::uint64_t length_before = 0;        ///< of the file
    std::uint64_t undo_length = 0;          ///< bytes in File::undo: overwritten or cut off
    /// A label speaks of it, or spoke: no longer, once a sync lies of it to the next process.
    bool labelled = false;
    std::uint64_t length_after() const;
    bool changes_length() const;
  };
  /// A label that is not durable. Truncations carry it with an empty range.
  struct PendingLabel {
    DiskOp op;
    Label label;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    bool superseded = false;                             ///< its bytes were overwritten or cut off
    std::optional<std::uint64_t> astray = std::nullopt;  ///< drawn to lie elsewhere: by which draw
    DiskOp all_done_before;  ///< when it was issued, the operations before this one were done
  };
  /// Where a durable label lies.
  struct Record {
    std::uint64_t order = 0;  ///< of issue, over all incarnations
    Label label;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    /// Vouched for once a write has become durable that was issued when all before this was done. Nothing: it
    /// survived a crash, and the next incarnation has not made anything durable yet.
    std::optional<DiskOp> settled;
    bool vouched = false;
    bool decayed = false;
    std::optional<std::uint64_t> astray;  ///< drawn to lie elsewhere, and not yet told so: by which draw
    /// decayed: the first incarnation that could find it. What earlier ones wrote behind it is gone with it.
    std::uint64_t found_in = 0;
    static constexpr unsigned op_bits = 40;
    std::uint64_t incarnation() const { return order >> op_bits; }
    DiskOp op() const { return DiskOp{order & ((std::uint64_t{1} << op_bits) - 1)}; }
    LabelledOp labelled_op() const { return {op(), label}; }
  };
  /// Bytes of a file.
  struct Range {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
  };
  struct File {
    bool used = false;                 ///< or free for another
    std::string name;                  ///< the last it had
    bool linked = false;               ///< found under it now
    std::vector<std::byte> bytes;      ///< as last written
    std::vector<Change> changes;       ///< not synced, in order of issue
    std::size_t lied_changes = 0;      ///< of them, the first: a sync said that they are durable
    std::vector<std::byte> undo;       ///< what `changes` replaced, one after the other
    std::vector<PendingLabel> labels;  ///< in order of issue
    std::vector<Record> records;       ///< if they are kept
    std::vector<PendingLabel> claims;  ///< said to be durable, and at risk: a sync lied
    /// What is on the disk beneath `changes`, where a failed sync made it another thing than what is read.
    std::optional<std::vector<std::byte>> platter;
    DiskOp synced_before;              ///< operations before this one are durable
    std::uint32_t unsynced_links = 0;  ///< directory changes not synced that concern this file
    Instant last;                      ///< latest completion given to an operation on it
  };
  /// A creation (DiskAction::write), rename or removal that is not synced.
  struct DirectoryChange {
    DiskOp op;
    DiskAction action = DiskAction::write;
    FileId file = no_file;
    FileId replaced = no_file;  ///< by a rename
    std::string name, to;
    std::vector<LabelledOp> labels;
    bool lied = false;  ///< a sync said that it is durable
  };
  struct InFlight {
    DiskAction action = DiskAction::write;
    DiskStatus status = DiskStatus::ok;
    bool waiting = false;  ///< issued, not completed
    bool lies = false;
    bool told = false;  ///< take_due() has
    Instant due;
    FileId file = no_file;
    std::vector<std::byte> bytes;
    std::vector<std::string> names;
  };
  struct Image;

  bool in_force(DiskFaultKind kind) const { return in_force_[static_cast<std::size_t>(kind)]; }
  std::uint64_t hit(DiskFaultKind kind) { return ++hits_[static_cast<std::size_t>(kind)]; }
  /// What becomes of an operation that is issued now.
  void draw_fate(const DiskRequest& request, const Effects& effects, InFlight& op);
  DiskStatus fate(const DiskRequest& request, const Effects& effects, bool drawn);
  std::optional<std::uint64_t> draw_astray(const Label& label);
  bool astray_waits();
  static void fail_sync(File& file, DiskOp op);
  bool told_to_lie(bool drawn);
  void watch_for_trouble();
  void fail_directory_sync(DiskOp op);
  void drop_directory_changes();
  static std::vector<std::byte> without_failed_sync(const File& file);
  static void rebase_changes(File& file);

  // disk_lies.cpp
  void lie_about(File& file, DiskOp op);
  void lie_about_directory(DiskOp op, std::vector<LabelledOp>& durable);
  bool at_risk(const File& file, const PendingLabel& label) const;
  bool names_at_risk(const File& file) const;
  void drop_settled_claims();
  void make_directory_true();
  bool renamed_with_label(FileId id) const;
  bool labelled(FileId id) const;
  std::vector<Range> told_beyond_labels(FileId id) const;
  static std::uint64_t length_that_reached(const File& file, std::uint64_t end);
  bool lie_unnamed(FileId id, const std::vector<bool>& survives) const;
  void judge_claims(File& file, const Image& image, bool found, CrashReport& report);
  static void unsettle(File& file);
  struct Place {
    FileId file = no_file;
    std::size_t record = 0;
  };
  std::vector<Place> rot_candidates(DiskFaultKind kind, Take take) const;
  Rot rot_of(DiskFaultKind kind, Place place, Stream& choices) const;
  void land(Rot& rot, const std::vector<Place>& others, Stream& choices) const;
  void decay(Record& record, std::uint64_t found_in, std::vector<LabelledOp>& lost);
  void decay_behind(const Record& decayed);
  const Record* begins_earlier(const Record& decayed) const;
  std::uint64_t next_to_read() const { return next_ == DiskOp{1} ? incarnation_ : incarnation_ + 1; }
  bool damage_unseen() const;
  void see_damage();
  void suffer(const std::vector<LabelledOp>& lost, Index committed);
  std::vector<const Record*> entries_in_order() const;
  const Record* snapshot_held() const;
  static void to_platter(std::vector<std::byte>& platter, const File& file, std::size_t changes);
  void keep_record(File& file, const PendingLabel& label, std::optional<DiskOp> settled);
  void label_became_durable(const PendingLabel& label);
  static void supersede_records(File& file, std::uint64_t begin, std::uint64_t end);
  bool held_before(Index index) const { return index != Index{} && held().last < index; }

  InFlight& take_in_flight(DiskOp op);
  FileId find(std::string_view name);
  void free_file(FileId id);
  Duration latency(DiskAction action);
  static Instant in_file_order(File& file, Instant at);
  Instant in_directory_order(Instant at);

  Instant carry_out(const DiskRequest& request, const Effects& effects, InFlight& op, Instant at);
  Instant issue_write(const DiskRequest& request, const Effects& effects, InFlight& op, Instant at);
  Instant issue_on_file(const DiskRequest& request, const Effects& effects, InFlight& op, Instant at);
  Instant issue_on_directory(const DiskRequest& request, const Effects& effects, InFlight& op, Instant at);
  Instant issue_rename(const DiskRequest& request, const Effects& effects, InFlight& op, Instant at);
  DirectoryChange& change_directory(const DiskRequest& request, FileId file);
  static void keep_directory_labels(DirectoryChange& change, const DiskRequest& request,
                                    const Effects& effects);
  void write_bytes(File& file, DiskOp op, std::uint64_t offset, ByteSpan bytes);
  static void make_room(std::vector<std::byte>& bytes, std::uint64_t size);
  void truncate_bytes(File& file, DiskOp op, std::uint64_t length);
  void keep_labels(File& file, const DiskRequest& request, const Effects& effects);
  static void supersede_labels(File& file, std::uint64_t begin, std::uint64_t end);
  static std::size_t changes_before(const File& file, DiskOp op);
  static void drop_first_changes(File& file, std::size_t count);
  static void sync_changes_before(File& file, DiskOp op);
  void release_labels(File& file, std::vector<LabelledOp>& durable);
  void sync_directory_before(DiskOp op, std::vector<LabelledOp>& durable);
  void tell_durable(DirectoryChange& change, std::vector<LabelledOp>& durable);
  static PendingLabel whole_file(const LabelledOp& label, const File& file);

  FileId put_file(std::string_view name);
  void forget_operations();
  void restart_operations();
  /// What was read after the first of its unsynced changes.
  static std::vector<std::byte> read_after(const File& file, std::size_t changes);
  /// What the disk holds with the first of them.
  static std::vector<std::byte> bytes_with(const File& file, std::size_t changes);
  static void apply(const DirectoryChange& change, Directory& directory);
  void put_on_disk(const DirectoryChange& change);
  /// Of those changes the files that they leave without a name.
  void free_nameless(const DirectoryChange& change);
  bool found_or_named(FileId id) const;
  /// What is durable, with those unsynced changes that survive.
  Directory directory_with(const std::vector<bool>& survives) const;
  void spare_names(std::vector<bool>& survives) const;
  std::vector<bool> draw_directory(OnCrash mode, Stream& choices, CrashReport& report) const;
  Image draw_image(FileId id, OnCrash mode, Stream& choices, Stream& garbage) const;
  static bool survived(const File& file, const PendingLabel& label, const Image& image, bool found);
  void judge_labels(File& file, const Image& image, bool found, CrashReport& report);
  void judge_names(const std::vector<bool>& survives, CrashReport& report);
  void judge_renames(FileId id, const Image& image, const std::vector<bool>& survives, CrashReport& report);
  void settle(Directory directory, std::vector<Image>& images);

  Disk model_;
  NodeId node_;
  Decisions& decisions_;
  Stream read_latency_, write_latency_, sync_latency_;
  Stream failed_write_;
  Stream io_error_, sync_error_, lie_, misread_, misdirection_, bit_rot_;
  Stream misread_choice_, misdirection_choice_, bit_rot_choice_;
  static constexpr std::size_t lasting_kinds = static_cast<std::size_t>(DiskFaultKind::fsync_lies) + 1;
  std::array<bool, lasting_kinds> in_force_{};
  std::array<std::uint64_t, lasting_kinds> hits_{};
  bool troubled_ = false;  ///< an operation may fail, or a sync lie
  bool calm_ = false;
  DiskTroubles troubles_;
  bool astray_ = false;     ///< a record may be
  bool lies_told_ = false;  ///< since all was durable

  bool keeps_records_ = false;
  std::uint64_t incarnation_ = 0;  ///< for the order of records
  bool state_lost_ = false;
  Index must_reach_;
  bool unread_damage_ = false;     ///< something was lost since a process recovered from it
  bool recovered_ = false;         ///< this incarnation has
  std::optional<Index> log_base_;  ///< the log went up to here before the first label told of entries

  std::vector<File> files_;  ///< by FileId
  std::vector<FileId> free_files_;
  Directory directory_;         ///< as last changed
  Directory synced_directory_;  ///< what is durable of it
  /// Not synced, in order of issue. Those that a failed sync dropped are not among them.
  std::vector<DirectoryChange> directory_changes_;
  bool names_dropped_ = false;  ///< a sync of the directory failed: gone once the process stops
  Instant directory_last_;
  FileId recent_[2] = {no_file, no_file};  ///< the last files looked up

  std::vector<InFlight> ring_;  ///< of a power of two, by operation number
  DiskOp oldest_{1};            ///< all before it completed
  DiskOp next_{1};
  std::size_t in_flight_count_ = 0;
};

}  // namespace raftsim::sim
