// A disk for tests: operations take effect when issued and are durable when a sync issued after them is told
// to be done. A crash leaves any of the images that the fault model allows (specs of the disk: each sector
// written and not synced is old, new or garbage; unsynced creations, renames and removals survive as a
// prefix; an extension may leave length without data). Without space, a write that makes a file, or makes it
// longer, writes any number of its first sectors, and fails.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "seam/effects.hpp"
#include "seam/input.hpp"
#include "seam/system.hpp"

namespace raftsim::core {

/// Answers "which of n?" with a number in [0, n).
using Chooser = std::function<std::size_t(std::size_t n)>;

/// Walks through all answers to a sequence of questions, like an odometer.
class EveryChoice {
 public:
  std::size_t choose(std::size_t n);
  /// Starts the next round; false when all have been.
  bool next();

 private:
  struct Digit {
    std::size_t value = 0;
    std::size_t base = 0;
  };
  std::vector<Digit> digits_;
  std::size_t at_ = 0;
};

class CrashDisk {
 public:
  CrashDisk() = default;
  explicit CrashDisk(const Files& files);

  /// Takes every disk operation of a step.
  void issue(const Effects& effects);

  /// From now on, or no more. `choose`: how many sectors a write that fails writes.
  void fill_up(Chooser choose) { full_ = std::move(choose); }
  void make_space() { full_ = nullptr; }

  /// An operation that ended, with what it brings.
  struct Done {
    DiskRequest request;
    DiskStatus status = DiskStatus::ok;
    std::vector<std::byte> bytes;
    std::vector<std::string> names;
  };
  /// How many operations may be the next to end: the first of each file. Chosen by `choose`.
  bool idle() const { return pending_.empty(); }
  /// Of the one that complete_first() would complete. Precondition: not idle.
  DiskAction first_action() const { return pending_.front().request.action; }
  Done complete(const Chooser& choose);
  /// In order of issue.
  Done complete_first();
  /// Of those on a file whose name begins so (of the directory, if that is empty), the first; nothing if
  /// there is none.
  std::optional<Done> complete_on(std::string_view prefix);

  /// The process is gone, and with it whoever waits; what was written stays written, and is not synced.
  void forget_operations() { pending_.clear(); }

  /// What a crash now leaves.
  Files crash(const Chooser& choose) const;
  /// What is on the disk if nothing goes wrong.
  Files contents() const;

 private:
  static constexpr std::uint64_t sector = 512;
  struct File {
    std::vector<std::byte> now;
    std::vector<std::byte> durable;
    std::map<std::uint64_t, std::uint64_t> dirty;  ///< sector -> version of its last write
  };
  /// Names, by number of the file.
  using Directory = std::map<std::string, std::size_t>;
  /// A creation, renaming or removal that is not durable.
  struct Change {
    std::string name;
    std::string to;    ///< of a renaming
    std::size_t file;  ///< of a creation
    DiskAction action = DiskAction::write;
  };
  struct Pending {
    DiskRequest request;
    std::string name;
    std::size_t file = 0;
    /// A sync: what it makes durable.
    std::map<std::uint64_t, std::uint64_t> versions;
    std::vector<std::byte> content;
    std::uint64_t changes = 0;  ///< all up to this one, counted from the first
    Done done;
  };
  static void apply(const Change& change, Directory& directory);
  void change(Change what);
  void write(const DiskRequest& request, const std::string& name, ByteSpan bytes);
  bool finds_space(const DiskRequest& request, const std::string& name) const;
  Done finish(std::deque<Pending>::iterator at);

  std::vector<File> files_;
  Directory now_;
  Directory durable_;
  std::deque<Change> changes_;
  std::uint64_t changes_durable_ = 0;
  std::deque<Pending> pending_;
  std::uint64_t version_ = 0;
  Chooser full_;
};

}  // namespace raftsim::core
