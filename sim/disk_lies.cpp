// A disk that says of a sync that it is done, and did nothing. The rules are in disk.hpp.
#include <algorithm>
#include <variant>

#include "sim/disk.hpp"

namespace raftsim::sim {

/// Of a sync.
bool NodeDisk::told_to_lie(bool drawn) {
  if (in_force(DiskFaultKind::fsync_lies)) {
    hit(DiskFaultKind::fsync_lies);
    return true;
  }
  if (drawn) ++troubles_.lies;
  return drawn;
}

void NodeDisk::lie_about(File& file, DiskOp op) {
  file.lied_changes = std::max(file.lied_changes, changes_before(file, op));
  const DiskOp earlier_process{};
  for (std::size_t i = 0; i < file.lied_changes; ++i)
    if (file.changes[i].op == earlier_process) file.changes[i].labelled = false;
  lies_told_ = lies_told_ || file.lied_changes > 0;
}

void NodeDisk::lie_about_directory(DiskOp op, std::vector<LabelledOp>& durable) {
  const auto told_now = [op](const DirectoryChange& c) { return c.op < op && !c.lied; };
  lies_told_ = lies_told_ || std::ranges::any_of(directory_changes_, told_now);
  for (DirectoryChange& c : directory_changes_) {
    if (!told_now(c)) continue;
    tell_durable(c, durable);
    // A removed file tells of nothing any more.
    if (c.action == DiskAction::remove) ++files_[c.file].unsynced_links;
  }
  for (DirectoryChange& c : directory_changes_) {
    if (!told_now(c)) continue;
    c.lied = true;
    release_labels(files_[c.file], durable);
  }
  std::stable_sort(durable.begin(), durable.end(),
                   [](const LabelledOp& a, const LabelledOp& b) { return a.op < b.op; });
}

bool NodeDisk::names_at_risk(const File& file) const {
  const auto id = static_cast<FileId>(&file - files_.data());
  return std::ranges::any_of(directory_changes_,
                             [id](const DirectoryChange& c) { return c.file == id || c.replaced == id; });
}

/// Whether a power loss could take what the label speaks of, although it was said to be durable.
bool NodeDisk::at_risk(const File& file, const PendingLabel& label) const {
  const auto concerns = [&label](const Change& c) {
    if (label.begin >= label.end) return c.op == label.op;
    return c.op <= label.op && c.begin < label.end && label.begin < std::max(c.end, c.length_before);
  };
  return names_at_risk(file) || std::ranges::any_of(file.changes, concerns);
}

/// A sync that did not lie has made up for them.
void NodeDisk::drop_settled_claims() {
  for (File& file : files_)
    if (file.used && !file.claims.empty())
      std::erase_if(file.claims, [&](const PendingLabel& l) { return !at_risk(file, l); });
  lies_told_ = lied();
}

bool NodeDisk::lied() const {
  if (!lies_told_) return false;
  return std::ranges::any_of(files_, [](const File& f) { return f.used && f.lied_changes > 0; }) ||
         std::ranges::any_of(directory_changes_, &DirectoryChange::lied);
}

void NodeDisk::make_directory_true() {
  std::vector<DirectoryChange> told;
  for (const DirectoryChange& c : directory_changes_)
    if (c.lied) told.push_back(c);
  std::erase_if(directory_changes_, &DirectoryChange::lied);
  for (const DirectoryChange& c : told) put_on_disk(c);
  for (const DirectoryChange& c : told) free_nameless(c);
}

void NodeDisk::make_true(About about) {
  const auto wanted = [about](const File& file) {
    return about == About::everything || std::ranges::any_of(file.claims, [](const PendingLabel& l) {
             return std::holds_alternative<HardStateLabel>(l.label);
           });
  };
  bool names = about == About::everything;
  for (File& file : files_) {
    if (!file.used || !wanted(file)) continue;
    names = names || names_at_risk(file);
    if (file.platter) to_platter(*file.platter, file, file.lied_changes);
    drop_first_changes(file, file.lied_changes);
  }
  if (names) make_directory_true();
  drop_settled_claims();
}

bool NodeDisk::renamed_with_label(FileId id) const {
  return std::ranges::any_of(directory_changes_,
                             [id](const DirectoryChange& c) { return c.file == id && !c.labels.empty(); });
}

/// Whether any label speaks of it.
bool NodeDisk::labelled(FileId id) const {
  const File& file = files_[id];
  return !file.claims.empty() || !file.labels.empty() || !file.records.empty() || renamed_with_label(id);
}

/// What was written to it, told to be durable, and is spoken of by no label.
std::vector<NodeDisk::Range> NodeDisk::told_beyond_labels(FileId id) const {
  const File& file = files_[id];
  if (renamed_with_label(id)) return {};
  std::vector<Range> beyond;
  const auto told = file.changes.begin() + static_cast<std::ptrdiff_t>(file.lied_changes);
  for (std::size_t i = 0; i < file.lied_changes; ++i) {
    const Change& c = file.changes[i];
    const auto speaks = [&c](const auto& label) { return label.begin < c.end && c.begin < label.end; };
    const bool spoken_of =
        std::ranges::any_of(file.claims, speaks) || std::ranges::any_of(file.labels, speaks) ||
        std::ranges::any_of(file.records, speaks) ||
        std::any_of(file.changes.begin(), told, [&](const Change& d) { return d.labelled && speaks(d); });
    if (c.action == DiskAction::write && !spoken_of) beyond.push_back({c.begin, c.end});
  }
  return beyond;
}

/// Whether a change of its name is undone of which a sync told that it is durable.
bool NodeDisk::lie_unnamed(FileId id, const std::vector<bool>& survives) const {
  for (std::size_t i = 0; i < survives.size(); ++i) {
    const DirectoryChange& c = directory_changes_[i];
    if (c.file == id && c.lied && !survives[i]) return true;
  }
  return false;
}

/// A label that a sync told is durable, and that the image does not hold.
void NodeDisk::judge_claims(File& file, const Image& image, bool found, CrashReport& report) {
  for (const PendingLabel& l : file.claims) {
    if (survived(file, l, image, found)) continue;
    bool told = false;
    for (Record& record : file.records) {
      if (record.begin != l.begin || record.end != l.end || record.label != l.label) continue;
      record.decayed = true;
      // Nobody misses what was removed, and came back without its bytes.
      if (!file.linked) continue;
      decay(record, next_to_read(), report.broken);
      told = true;
    }
    if (!told) report.broken.push_back({l.op, l.label});
  }
}

}  // namespace raftsim::sim
