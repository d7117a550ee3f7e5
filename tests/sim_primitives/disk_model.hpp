// A second, dumber disk to judge the real one by: it remembers every operation of its life, replays them from
// the beginning for each question, and enumerates crash images instead of drawing them. And a rig that runs
// one script on both.
#pragma once

#include <cstdint>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "sim/disk.hpp"

namespace raftsim::sim::test {

enum class Do : std::uint8_t {
  write,
  truncate,
  sync,
  rename,
  remove,
  sync_directory,
  settle,
  fail_syncs,
  lie,
  honest
};

/// One line of a script. `settle`: all operations issued so far complete. `fail_syncs`, `lie`: syncs issued
/// from here on fail, or lie; `honest`: neither any more.
struct Line {
  Do what = Do::settle;
  std::string file;
  std::uint64_t offset = 0;  ///< of a write; the length of a truncate
  std::uint64_t length = 0;  ///< of a write
  std::string to;            ///< of a rename
};
using Script = std::vector<Line>;
std::ostream& operator<<(std::ostream& out, const Line& line);

/// What operation `op` of a script writes at its byte `at`: different nearly everywhere.
std::byte script_byte(DiskOp op, std::uint64_t at);

/// A file's content in an image; `any` where it may be garbage.
inline constexpr int any = -1;
using Pattern = std::vector<int>;
using ImagePattern = std::map<std::string, Pattern>;

class DiskModel {
 public:
  explicit DiskModel(Dirents dirents = Dirents::prefix) : dirents_(dirents) {}
  void run(const Script& script);
  /// The process stops, and the machine does not.
  void stop();
  /// What is read: by name, as last written but for what failed syncs lost at a stop.
  ImagePattern readable() const;

  /// All crash images that the fault model in disk.hpp allows.
  std::set<ImagePattern> images(OnCrash mode) const;
  bool legal(const Files& image, OnCrash mode) const;
  /// Whether the bytes of this write are found, under the file's present name, in every image.
  bool certain(DiskOp write) const;
  /// Operations that wrote to some file, in order.
  const std::vector<DiskOp>& writes() const { return writes_; }

 private:
  struct Edit {
    DiskOp op;
    std::uint64_t offset = 0;
    std::vector<std::byte> bytes;
    std::uint64_t length = 0;  ///< of the file, after it
    bool never = false;        ///< a sync that failed was to keep it: the disk does not get it
  };
  struct Inode {
    std::vector<Edit> edits;
    DiskOp sync_issued, synced, failed, lied;
  };
  struct Rename {
    DiskOp op;
    std::string from, to;  ///< from empty: a creation of `to`; to empty: a removal
    std::size_t inode = 0;
    bool never = false;
  };
  using Content = std::map<std::uint64_t, std::byte>;
  using Names = std::map<std::string, std::size_t>;

  /// What a power loss loses is left out: `on_disk`.
  enum class Of : std::uint8_t { memory, disk };
  static Content replay(const Inode& inode, std::size_t edits, Of of);
  static std::uint64_t length(const Inode& inode) {
    return inode.edits.empty() ? 0 : inode.edits.back().length;
  }
  void settle();
  static std::set<std::uint64_t> dirty(const Inode& inode);
  static std::size_t synced_edits(const Inode& inode);
  static std::set<Pattern> patterns(const Inode& inode, OnCrash mode);
  Names names(const std::vector<bool>& survive) const;
  Names names() const { return names(std::vector<bool>(changes_.size(), true)); }
  /// Every way in which changes of the directory may survive a power loss.
  std::vector<std::vector<bool>> survivals(OnCrash mode) const;
  bool synced(const Rename& change) const { return !change.never && change.op < directory_synced_; }
  std::size_t inode_for_write(const std::string& name, DiskOp op);

  std::vector<Inode> inodes_;
  std::vector<Rename> changes_;
  DiskOp directory_sync_issued_, directory_synced_, directory_failed_, directory_lied_;
  Dirents dirents_;
  enum class Syncs : std::uint8_t { work, fail, lie } syncs_ = Syncs::work;
  std::vector<DiskOp> writes_;
  DiskOp last_;
};

/// The real disk, with whatever it needs, running a script. Each write carries one label, EntriesLabel with
/// `first` its operation's number.
class DiskRig {
 public:
  DiskRig(const Disk& model, std::uint64_t seed);

  /// Adds to the labels durable so far.
  void run(const Script& script);
  void settle();
  /// Issues one operation. Returns when it completes.
  Instant issue(DiskRequest request, std::string_view file, std::string_view to = {}, ByteSpan bytes = {},
                std::vector<Label> labels = {});
  /// Completes one operation that is in flight.
  const DoneOut& complete(DiskOp op);
  const CrashReport& crash(OnCrash mode);

  DiskOp last() const { return last_; }
  const std::set<std::uint64_t>& durable() const { return durable_; }

  Decisions decisions;
  NodeDisk disk;
  Instant now;

 private:
  Effects effects_;
  DiskOp last_;
  std::map<DiskOp, Instant> in_flight_;
  DoneOut done_;
  CrashReport report_;
  std::set<std::uint64_t> durable_;
  std::uint64_t incarnation_ = 1;
};

/// The operation that carried a label, checked against what DiskRig::run put into it.
std::uint64_t number(const LabelledOp& label);

}  // namespace raftsim::sim::test
