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
// Labels. A label is durable once all bytes of its operation are, and the file that holds them is certain to
// be found under its name: no change of the directory that concerns it is unsynced. A label on a truncation,
// rename or removal is durable once that change is. A label whose bytes were overwritten, cut off or removed
// before that never becomes durable. Each label is reported at most once: durable, at completion of an
// operation or at a crash, or lost, at a crash. A durable label whose bytes are later overwritten in place,
// removed or cut off by the process itself is the process's loss and not told.
#pragma once

#include <cstdint>
#include <map>
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

enum class DiskSpeed : std::uint8_t { normal, slow };

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

  void set_speed(DiskSpeed speed) { speed_ = speed; }
  /// Operations whose latency was multiplied, since construction.
  std::uint64_t slowed() const { return slowed_; }
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
  };
  struct File {
    bool used = false;                 ///< or free for another
    std::string name;                  ///< the last it had
    bool linked = false;               ///< found under it now
    std::vector<std::byte> bytes;      ///< as last written
    std::vector<Change> changes;       ///< not synced, in order of issue
    std::vector<std::byte> undo;       ///< what `changes` replaced, one after the other
    std::vector<PendingLabel> labels;  ///< in order of issue
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
  static void write_bytes(File& file, DiskOp op, std::uint64_t offset, ByteSpan bytes);
  static void extend(std::vector<std::byte>& bytes, std::uint64_t size);
  static void truncate_bytes(File& file, DiskOp op, std::uint64_t length);
  static void keep_labels(File& file, const DiskRequest& request, const Effects& effects);
  static void supersede_labels(File& file, std::uint64_t begin, std::uint64_t end);
  static void drop_changes_before(File& file, DiskOp op);
  static void release_labels(File& file, std::vector<LabelledOp>& durable);
  void sync_directory_before(DiskOp op, std::vector<LabelledOp>& durable);

  FileId put_file(std::string_view name);
  void forget_operations();
  static std::vector<std::byte> synced_bytes(const File& file);
  /// The directory without its last `undone` unsynced changes.
  Directory directory_without(std::size_t undone) const;
  static Image draw_image(const File& file, OnCrash mode, Stream& choices, Stream& garbage);
  static void judge_labels(const File& file, const Image& image, bool found, CrashReport& report);
  void settle(Directory directory, std::vector<Image>& images);

  Disk model_;
  NodeId node_;
  Decisions& decisions_;
  Stream read_latency_, write_latency_, sync_latency_;
  DiskSpeed speed_ = DiskSpeed::normal;
  std::uint64_t slowed_ = 0;

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
