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
// - Directory: of the changes not synced, all but the last k in order of issue survive (any prefix).
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
// Faults that last. slow: everything takes ten times as long. io_error: what is issued fails; a write may
// have written any number of its first sectors, drawn. sync_error: syncs fail; of a file, what the sync
// should have kept stays readable until the process stops and is gone then, for the system has marked it
// clean, and later syncs do not find it. full: writes that need space, for a file or for its length, fail
// like that; whatever overwrites in place does not.
//
// When the process stops itself, the machine goes on: what was written and not synced is read back by the
// next incarnation, and still is not durable.
//
// Decay of what is stored (draw_rot, rot). Only of labelled bytes that are vouched for: after they were
// durable, and everything issued up to then was done, another labelled write was issued, and became durable.
// No system can tell the decay of its very last write from a write that a power loss cut short. What decayed
// is known here, and so is what the log of labels still holds in spite of it (held).
//
// Labels. A label is durable once all bytes of its operation are, and the file that holds them is certain to
// be found under its name: no change of the directory that concerns it is unsynced. A label on a truncation,
// rename or removal is durable once that change is. A label whose bytes were overwritten, cut off or removed
// before that never becomes durable. Each label is reported at most once: durable, at completion of an
// operation or at a crash, or lost, at a crash. A durable label whose bytes are later overwritten in place,
// removed or cut off by the process itself is the process's loss and not told.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "seam/effects.hpp"
#include "seam/input.hpp"
#include "seam/label.hpp"
#include "seam/system.hpp"
#include "seam/types.hpp"
#include "sim/decisions.hpp"
#include "sim/scenario.hpp"

namespace raftsim::sim {

/// Bytes that live or die together at a crash.
inline constexpr std::uint64_t sector_bytes = 512;
/// How much longer everything takes on a slow disk.
inline constexpr std::int64_t slow_disk_factor = 10;

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
};

/// What a crash did. Reused like DoneOut.
struct CrashReport {
  std::vector<LabelledOp> survived;  ///< labels not durable before that the image holds: durable now
  std::vector<LabelledOp> lost;      ///< labels that the image does not hold
  std::uint64_t lost_bytes = 0;      ///< written, not synced, gone: sectors lost, cut off, or in lost files
  std::uint64_t torn_bytes = 0;      ///< turned into garbage
  std::uint64_t lost_changes = 0;    ///< directory changes and changes of length undone
  std::uint64_t unsynced_bytes = 0;  ///< that were at risk
};

/// A decay, drawn and not yet done.
struct Rot {
  DiskFaultKind kind{};
  std::uint32_t file = 0;
  std::size_t record = 0;
  bool entries = false;
  Index first, last;  ///< entries
  Term last_term;
  std::uint64_t bit = 0;     ///< corrupt: which of the record
  std::uint64_t sector = 0;  ///< torn: the first that was never written
};

/// The log that the durable labels tell of, as far as nothing decayed.
struct Held {
  Index last;
  Term last_term;
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

  /// Precondition: issued, not completed, not lost to a crash.
  void complete(DiskOp op, DoneOut& out);

  /// Power off: all in flight vanish, the image is drawn from the streams (crash_image, node, incarnation)
  /// and (torn_bytes, node, incarnation).
  void crash(OnCrash mode, std::uint64_t incarnation, CrashReport& report);

  /// The process stops and the machine does not: operations in flight are not answered any more.
  void process_stopped();

  /// Preconditions: it lasts.
  void begin(DiskFaultKind kind) { in_force_[static_cast<std::size_t>(kind)] = true; }
  void end(DiskFaultKind kind) { in_force_[static_cast<std::size_t>(kind)] = false; }
  /// Operations that it slowed down or failed, since construction.
  std::uint64_t hits(DiskFaultKind kind) const { return hits_[static_cast<std::size_t>(kind)]; }

  /// From now on, remembers where durable labels lie: before anything is written, for decay to be drawn.
  void keep_records() { keeps_records_ = true; }
  /// Nothing where nothing could decay so.
  std::optional<Rot> draw_rot(DiskFaultKind kind);
  /// The label that is lost. `committed`: the highest commit index of anybody, which a log that lost entries
  /// has to reach again before it counts as whole.
  LabelledOp rot(const Rot& rot, Index committed);
  Held held() const;
  Index must_reach() const { return must_reach_; }
  bool state_lost() const { return state_lost_; }
  /// Damaged, and not whole again.
  bool ails() const { return state_lost_ || held_before(must_reach_); }
  /// Operations issued and not completed.
  std::size_t in_flight() const { return in_flight_count_; }

  /// Whether a process would find no file now.
  bool empty() const { return directory_.empty(); }
  /// Of all files, as last written.
  std::uint64_t bytes() const;
  /// What a process sees now: all that was issued.
  Files contents() const;
  /// The image of a crash that loses all it may lose.
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
    std::uint64_t length_after() const;
    bool changes_length() const;
  };
  /// A label that is not durable. Truncations carry it with an empty range.
  struct PendingLabel {
    DiskOp op;
    Label label;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    bool superseded = false;  ///< its bytes were overwritten or cut off
    DiskOp all_done_before;   ///< when it was issued, the operations before this one were done
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
  };
  struct File {
    bool used = false;                 ///< or free for another
    std::string name;                  ///< the last it had
    bool linked = false;               ///< found under it now
    std::vector<std::byte> bytes;      ///< as last written
    std::vector<Change> changes;       ///< not synced, in order of issue
    std::vector<std::byte> undo;       ///< what `changes` replaced, one after the other
    std::vector<PendingLabel> labels;  ///< in order of issue
    std::vector<Record> records;       ///< if they are kept
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
  };
  struct InFlight {
    DiskAction action = DiskAction::write;
    DiskStatus status = DiskStatus::ok;
    bool waiting = false;  ///< issued, not completed
    FileId file = no_file;
    std::vector<std::byte> bytes;
    std::vector<std::string> names;
  };
  struct Image;

  bool in_force(DiskFaultKind kind) const { return in_force_[static_cast<std::size_t>(kind)]; }
  std::uint64_t hit(DiskFaultKind kind) { return ++hits_[static_cast<std::size_t>(kind)]; }
  /// What becomes of an operation that is issued now.
  DiskStatus fate(const DiskRequest& request, const Effects& effects);
  static void fail_sync(File& file, DiskOp op);
  static std::vector<std::byte> without_failed_sync(const File& file);
  static void unsettle(File& file);
  struct Place {
    FileId file = no_file;
    std::size_t record = 0;
  };
  std::vector<Place> rot_candidates(DiskFaultKind kind) const;
  static void to_platter(File& file, DiskOp before);
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

  Instant issue_write(const DiskRequest& request, const Effects& effects, InFlight& op, Instant at);
  Instant issue_on_file(const DiskRequest& request, const Effects& effects, InFlight& op, Instant at);
  Instant issue_on_directory(const DiskRequest& request, const Effects& effects, InFlight& op, Instant at);
  Instant issue_rename(const DiskRequest& request, const Effects& effects, InFlight& op, Instant at);
  DirectoryChange& change_directory(const DiskRequest& request, FileId file);
  static void keep_directory_labels(DirectoryChange& change, const DiskRequest& request,
                                    const Effects& effects);
  void write_bytes(File& file, DiskOp op, std::uint64_t offset, ByteSpan bytes);
  static void extend(std::vector<std::byte>& bytes, std::uint64_t size);
  void truncate_bytes(File& file, DiskOp op, std::uint64_t length);
  void keep_labels(File& file, const DiskRequest& request, const Effects& effects);
  static void supersede_labels(File& file, std::uint64_t begin, std::uint64_t end);
  static void drop_changes_before(File& file, DiskOp op);
  void release_labels(File& file, std::vector<LabelledOp>& durable);
  void sync_directory_before(DiskOp op, std::vector<LabelledOp>& durable);

  FileId put_file(std::string_view name);
  void forget_operations();
  void restart_operations();
  static std::vector<std::byte> synced_bytes(const File& file);
  /// The directory without its last `undone` unsynced changes.
  Directory directory_without(std::size_t undone) const;
  static Image draw_image(const File& file, OnCrash mode, Stream& choices, Stream& garbage);
  void judge_labels(File& file, const Image& image, bool found, CrashReport& report);
  void settle(Directory directory, std::vector<Image>& images);

  Disk model_;
  NodeId node_;
  Decisions& decisions_;
  Stream read_latency_, write_latency_, sync_latency_;
  Stream failed_write_, rot_;
  static constexpr std::size_t lasting_kinds = static_cast<std::size_t>(DiskFaultKind::full) + 1;
  std::array<bool, lasting_kinds> in_force_{};
  std::array<std::uint64_t, lasting_kinds> hits_{};

  bool keeps_records_ = false;
  std::uint64_t incarnation_ = 0;  ///< for the order of records
  bool state_lost_ = false;
  Index must_reach_;

  std::vector<File> files_;  ///< by FileId
  std::vector<FileId> free_files_;
  Directory directory_;  ///< as last changed
  std::vector<DirectoryChange> directory_changes_;
  Instant directory_last_;
  FileId recent_[2] = {no_file, no_file};  ///< the last files looked up

  std::vector<InFlight> ring_;  ///< of a power of two, by operation number
  DiskOp oldest_{1};            ///< all before it completed
  DiskOp next_{1};
  std::size_t in_flight_count_ = 0;
};

}  // namespace raftsim::sim
