// The crash image: what a power failure leaves of a disk. The rules are in disk.hpp.
#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "seam/check.hpp"
#include "sim/disk.hpp"

namespace raftsim::sim {
namespace {

/// Values of the stream crash_image, for a sector.
enum SectorFate : std::uint64_t { sector_kept, sector_lost, sector_torn };

void sort_by_op(std::vector<LabelledOp>& labels) {
  std::stable_sort(labels.begin(), labels.end(),
                   [](const LabelledOp& a, const LabelledOp& b) { return a.op < b.op; });
}

}  // namespace

/// What a crash leaves of one file.
struct NodeDisk::Image {
  /// Nothing: the file's own, all of them.
  std::optional<std::vector<std::byte>> changed;
  /// Changes of length from this operation on did not survive.
  DiskOp first_length_undone{std::numeric_limits<std::uint64_t>::max()};
  std::uint64_t lengths_undone = 0;
  std::uint64_t unsynced_bytes = 0;
  std::uint64_t lost_bytes = 0;
  std::uint64_t torn_bytes = 0;
  /// Not synced, and as good as that: told to be durable, and no label speaks of them. What was written to
  /// them later is at risk as ever.
  std::vector<Range> spared;

  /// Draws how many changes of length survive. Leaves `changed` as with no unsynced data at all: what was
  /// synced, or is spared, and was not cut off since, then zeros.
  void draw_length(const File& file, Stream& choices);
  void keep_spared(const File& file);
  /// Draws the fate of each sector that has unsynced bytes. After draw_length().
  void draw_sectors(const File& file, OnCrash mode, Stream& choices, Stream& garbage);
  /// For each byte of `file` from `low` on.
  enum Flag : std::uint8_t { synced, unsynced, as_good_as_synced };
  std::vector<std::uint8_t> flags(const File& file, std::uint64_t low) const;
};

void NodeDisk::Image::draw_length(const File& file, Stream& choices) {
  std::vector<std::byte>& bytes = changed.emplace(bytes_with(file, 0));
  std::vector<const Change*> lengths;  // changes of the length that is on the disk
  std::uint64_t length = bytes.size();
  for (const Change& c : file.changes) {
    if (c.length_after() == length) continue;
    length = c.length_after();
    lengths.push_back(&c);
  }
  lengths_undone = choices.below(lengths.size() + 1);
  const std::size_t kept = lengths.size() - lengths_undone;
  for (std::size_t i = 0; i < kept; ++i) bytes.resize(lengths[i]->length_after());
  if (kept < lengths.size()) first_length_undone = lengths[kept]->op;
  if (!spared.empty()) keep_spared(file);
}

/// The file's first, of those that a sync told of: a file comes back in no length that it never had.
std::uint64_t NodeDisk::length_that_reached(const File& file, std::uint64_t end) {
  for (std::size_t i = 0; i < file.lied_changes; ++i)
    if (file.changes[i].length_after() >= end) return file.changes[i].length_after();
  return end;
}

/// As they were when a sync told of them, but for what a later truncation cut off that survives.
void NodeDisk::Image::keep_spared(const File& file) {
  const std::vector<std::byte> told = bytes_with(file, file.lied_changes);
  std::uint64_t length = told.size();
  for (std::size_t i = file.lied_changes; i < file.changes.size(); ++i) {
    const Change& c = file.changes[i];
    if (c.action == DiskAction::truncate && c.op < first_length_undone) length = std::min(length, c.end);
  }
  std::vector<std::byte>& bytes = *changed;
  for (const Range& range : spared) {
    const std::uint64_t end = std::min(range.end, length);
    if (end <= range.begin) continue;
    if (bytes.size() < end) bytes.resize(std::min(length, length_that_reached(file, end)));
    std::copy(told.begin() + static_cast<std::ptrdiff_t>(range.begin),
              told.begin() + static_cast<std::ptrdiff_t>(end),
              bytes.begin() + static_cast<std::ptrdiff_t>(range.begin));
  }
}

std::vector<std::uint8_t> NodeDisk::Image::flags(const File& file, std::uint64_t low) const {
  const std::uint64_t size = file.bytes.size();
  std::vector<std::uint8_t> flags(size - low, synced);
  const auto set = [&](std::uint64_t begin, std::uint64_t end, Flag flag) {
    std::fill(flags.begin() + static_cast<std::ptrdiff_t>(std::min(begin, size) - low),
              flags.begin() + static_cast<std::ptrdiff_t>(std::min(end, size) - low), flag);
  };
  const auto set_changes = [&](std::size_t first, std::size_t end) {
    for (std::size_t i = first; i < end; ++i) {
      const Change& c = file.changes[i];
      c.action == DiskAction::truncate ? set(c.begin, size, synced) : set(c.begin, c.end, unsynced);
    }
  };
  set_changes(0, file.lied_changes);
  for (const Range& range : spared) set(range.begin, range.end, as_good_as_synced);
  set_changes(file.lied_changes, file.changes.size());
  return flags;
}

void NodeDisk::Image::draw_sectors(const File& file, OnCrash mode, Stream& choices, Stream& garbage) {
  std::vector<std::byte>& bytes = *changed;
  const std::uint64_t size = file.bytes.size();
  std::uint64_t low = size;
  for (const Change& c : file.changes) low = std::min(low, c.begin);
  const std::vector<std::uint8_t> flag = flags(file, low);
  const std::uint64_t fates = mode == OnCrash::torn_unsynced ? 3 : 2;

  for (std::uint64_t at = low; at < size;) {
    const std::uint64_t end = std::min(size, (at / sector_bytes + 1) * sector_bytes);
    const auto count = static_cast<std::uint64_t>(std::count_if(
        flag.begin() + static_cast<std::ptrdiff_t>(at - low),
        flag.begin() + static_cast<std::ptrdiff_t>(end - low), [](std::uint8_t f) { return f != synced; }));
    if (count == 0) {
      at = end;
      continue;
    }
    unsynced_bytes += count;
    const std::uint64_t fate = choices.below(fates);
    std::uint64_t word = 0;
    std::uint64_t words = 0;
    for (; at < end; ++at) {
      if (flag[at - low] != unsynced) continue;
      if (fate == sector_lost || at >= bytes.size()) {
        ++lost_bytes;
      } else if (fate == sector_kept) {
        bytes[at] = file.bytes[at];
      } else {
        if (words++ % 8 == 0) word = garbage.bits(0);
        bytes[at] = static_cast<std::byte>(word & 0xFF);
        word >>= 8;
        ++torn_bytes;
      }
    }
  }
}

NodeDisk::Image NodeDisk::draw_image(FileId id, OnCrash mode, Stream& choices, Stream& garbage) const {
  const File& file = files_[id];
  Image image;
  if (mode == OnCrash::keep_all && file.platter) {
    image.changed = without_failed_sync(file);
    return image;
  }
  if (file.changes.empty() && file.platter) image.changed = *file.platter;
  if (mode == OnCrash::keep_all || file.changes.empty()) return image;
  if (file.lied_changes > 0) image.spared = told_beyond_labels(id);
  image.draw_length(file, choices);
  image.draw_sectors(file, mode, choices, garbage);
  return image;
}

/// Those behind them undone, from the last on.
std::vector<std::byte> NodeDisk::read_after(const File& file, std::size_t changes) {
  std::vector<std::byte> bytes = file.bytes;
  auto undo_end = file.undo.end();
  for (std::size_t i = file.changes.size(); i > changes; --i) {
    const Change& c = file.changes[i - 1];
    const auto undo_begin = undo_end - static_cast<std::ptrdiff_t>(c.undo_length);
    bytes.resize(c.length_before);
    std::copy(undo_begin, undo_end, bytes.begin() + static_cast<std::ptrdiff_t>(c.begin));
    undo_end = undo_begin;
  }
  return bytes;
}

std::vector<std::byte> NodeDisk::bytes_with(const File& file, std::size_t changes) {
  if (!file.platter) return read_after(file, changes);
  std::vector<std::byte> bytes = *file.platter;
  to_platter(bytes, file, changes);
  return bytes;
}

NodeDisk::Directory NodeDisk::directory_with(const std::vector<bool>& survives) const {
  Directory directory = synced_directory_;
  for (std::size_t i = 0; i < directory_changes_.size(); ++i)
    if (survives[i]) apply(directory_changes_[i], directory);
  return directory;
}

std::vector<bool> NodeDisk::draw_directory(OnCrash mode, Stream& choices, CrashReport& report) const {
  const std::size_t changes = directory_changes_.size();
  std::vector<bool> survives(changes, true);
  if (mode != OnCrash::keep_all && model_.dirents == Dirents::any_subset) {
    for (std::size_t i = 0; i < changes; ++i) survives[i] = choices.below(2) == 0;
  } else if (mode != OnCrash::keep_all) {
    const std::uint64_t undone = choices.below(changes + 1);
    for (std::size_t i = changes - undone; i < changes; ++i) survives[i] = false;
  }
  if (mode != OnCrash::keep_all && lies_told_) spare_names(survives);
  report.names_at_risk = changes > 0;
  report.lost_changes = static_cast<std::uint64_t>(std::count(survives.begin(), survives.end(), false));
  report.out_of_order = !std::is_sorted(survives.rbegin(), survives.rend());
  return survives;
}

/// What a sync told of names of which no label speaks survives; in order, so does what comes before it.
void NodeDisk::spare_names(std::vector<bool>& survives) const {
  std::size_t prefix = 0;
  for (std::size_t i = 0; i < survives.size(); ++i) {
    if (!directory_changes_[i].lied || labelled(directory_changes_[i].file)) continue;
    survives[i] = true;
    prefix = i;
  }
  if (model_.dirents == Dirents::any_subset) return;
  std::fill(survives.begin(), survives.begin() + static_cast<std::ptrdiff_t>(prefix), true);
}

bool NodeDisk::survived(const File& file, const PendingLabel& label, const Image& image, bool found) {
  if (!found || label.superseded) return false;
  if (label.begin >= label.end) return label.op < image.first_length_undone;
  const std::vector<std::byte>& bytes = image.changed ? *image.changed : file.bytes;
  const auto at = static_cast<std::ptrdiff_t>(label.begin);
  return label.end <= bytes.size() &&
         std::equal(file.bytes.begin() + at, file.bytes.begin() + static_cast<std::ptrdiff_t>(label.end),
                    bytes.begin() + at);
}

void NodeDisk::judge_labels(File& file, const Image& image, bool found, CrashReport& report) {
  for (const PendingLabel& l : file.labels) {
    const bool there = survived(file, l, image, found);
    (there ? report.survived : report.lost).push_back({l.op, l.label});
    if (there && keeps_records_) keep_record(file, l, std::nullopt);
  }
}

void NodeDisk::judge_names(const std::vector<bool>& survives, CrashReport& report) {
  for (std::size_t i = 0; i < survives.size(); ++i) {
    const DirectoryChange& c = directory_changes_[i];
    if (c.lied) continue;                                         // its labels are claims of its file
    if (survives[i] && c.action == DiskAction::rename) continue;  // as their file is judged
    for (const LabelledOp& l : c.labels) (survives[i] ? report.survived : report.lost).push_back(l);
  }
}

/// The labels of renames that survive: of what the file held, if a sync told that it is durable.
void NodeDisk::judge_renames(FileId id, const Image& image, const std::vector<bool>& survives,
                             CrashReport& report) {
  File& file = files_[id];
  for (std::size_t i = 0; i < survives.size(); ++i) {
    const DirectoryChange& c = directory_changes_[i];
    if (c.file != id || !survives[i] || c.lied || c.action != DiskAction::rename) continue;
    for (const LabelledOp& l : c.labels) {
      const PendingLabel label = whole_file(l, file);
      const bool broken = file.lied_changes > 0 && !survived(file, label, image, true);
      (broken ? report.broken : report.survived).push_back(l);
      if (!broken && keeps_records_) keep_record(file, label, std::nullopt);
    }
  }
}

void NodeDisk::crash(OnCrash mode, std::uint64_t incarnation, CrashReport& report) {
  report = {};
  const auto node = static_cast<std::uint32_t>(node_.value);
  const auto boot = static_cast<std::uint32_t>(incarnation);
  Stream choices = decisions_.open({Purpose::crash_image, node, boot, 0});
  Stream garbage = decisions_.open({Purpose::torn_bytes, node, boot, 0});

  const std::vector<bool> survives = draw_directory(mode, choices, report);
  Directory directory = directory_with(survives);
  judge_names(survives, report);

  // The image of a file that is lost is drawn all the same: the others' draws do not depend on it.
  std::vector<Image> images(files_.size());
  for (FileId id = 0; id < files_.size(); ++id) {
    File& file = files_[id];
    if (!file.used) continue;
    Image& image = images[id] = draw_image(id, mode, choices, garbage);
    const auto entry =
        std::find_if(directory.begin(), directory.end(), [&](const auto& e) { return e.second == id; });
    const bool found = entry != directory.end() && entry->first == file.name;
    judge_labels(file, image, found, report);
    const bool there = entry != directory.end();
    // What the process removed or replaced is gone by its own doing, unless that did not survive.
    if (file.linked || there) judge_claims(file, image, there && !lie_unnamed(id, survives), report);
    if (there) judge_renames(id, image, survives, report);
    report.unsynced_bytes += image.unsynced_bytes;
    if (entry != directory.end()) {
      report.lost_bytes += image.lost_bytes;
      report.torn_bytes += image.torn_bytes;
      report.lost_changes += image.lengths_undone;
    } else if (file.linked) {
      report.lost_bytes += file.bytes.size();
    }
  }
  sort_by_op(report.survived);
  sort_by_op(report.lost);
  sort_by_op(report.broken);
  suffer(report.broken, Index{});
  see_damage();
  settle(std::move(directory), images);
}

/// The image becomes the disk.
void NodeDisk::settle(Directory directory, std::vector<Image>& images) {
  std::vector<const std::string*> names(files_.size());
  for (const auto& [name, id] : directory) names[id] = &name;
  for (FileId id = 0; id < files_.size(); ++id) {
    File& file = files_[id];
    if (!file.used) continue;
    if (names[id] == nullptr) {
      free_file(id);
      continue;
    }
    file.name = *names[id];
    file.linked = true;
    if (images[id].changed) file.bytes = std::move(*images[id].changed);
    file.changes.clear();
    file.lied_changes = 0;
    file.undo.clear();
    file.labels.clear();
    file.claims.clear();
    file.platter.reset();
    unsettle(file);
    file.synced_before = DiskOp{};
    file.unsynced_links = 0;
    file.last = Instant{};
  }
  directory_ = std::move(directory);
  synced_directory_ = directory_;
  forget_operations();
}

void NodeDisk::forget_operations() {
  directory_changes_.clear();
  names_dropped_ = false;
  lies_told_ = false;
  restart_operations();
}

void NodeDisk::restart_operations() {
  ++incarnation_;
  recovered_ = false;
  directory_last_ = Instant{};
  for (InFlight& op : ring_) op.waiting = false;
  oldest_ = DiskOp{1};
  next_ = DiskOp{1};
  in_flight_count_ = 0;
}

std::uint64_t NodeDisk::bytes() const {
  std::uint64_t all = 0;
  for (const auto& [name, id] : directory_) all += files_[id].bytes.size();
  return all;
}

Files NodeDisk::contents() const {
  Files files;
  for (const auto& [name, id] : directory_) files.emplace(name, files_[id].bytes);
  return files;
}

Files NodeDisk::strictest_image() const {
  Files files;
  std::vector<bool> survives;
  for (const DirectoryChange& c : directory_changes_) survives.push_back(c.lied);
  for (const auto& [name, id] : directory_with(survives))
    files.emplace(name, bytes_with(files_[id], files_[id].lied_changes));
  return files;
}

void NodeDisk::load(const Files& files) {
  CHECK(in_flight_count_ == 0);
  for (FileId id = 0; id < files_.size(); ++id)
    if (files_[id].used) free_file(id);
  directory_.clear();
  for (const auto& [name, bytes] : files) {
    const FileId id = put_file(name);
    files_[id].bytes = bytes;
    directory_.emplace(name, id);
  }
  synced_directory_ = directory_;
  log_base_.reset();
  forget_operations();
}

}  // namespace raftsim::sim
