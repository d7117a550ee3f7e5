// A disk that fails: which operations do, and what a failed sync leaves. The rules are in disk.hpp.
#include <algorithm>
#include <utility>

#include "sim/disk.hpp"

namespace raftsim::sim {

void NodeDisk::begin(DiskFaultKind kind) {
  in_force_[static_cast<std::size_t>(kind)] = true;
  watch_for_trouble();
}

void NodeDisk::end(DiskFaultKind kind) {
  in_force_[static_cast<std::size_t>(kind)] = false;
  watch_for_trouble();
}

void NodeDisk::calm() {
  calm_ = true;
  watch_for_trouble();
}

void NodeDisk::watch_for_trouble() {
  const bool drawn = !model_.io_error.never() || !model_.sync_error.never() || !model_.fsync_lies.never();
  const bool scripted = in_force(DiskFaultKind::io_error) || in_force(DiskFaultKind::sync_error) ||
                        in_force(DiskFaultKind::full) || in_force(DiskFaultKind::fsync_lies);
  troubled_ = scripted || (drawn && !calm_);
}

/// An operation takes one value of each stream that concerns it, whatever a fault makes of it: with one fault
/// less, all others draw what they drew.
void NodeDisk::draw_fate(const DiskRequest& request, const Effects& effects, InFlight& op) {
  const bool syncs = is_sync(request.action);
  bool fails = false;
  bool lies = false;
  if (!calm_ && syncs) {
    fails = sync_error_.chance(model_.sync_error);
    lies = lie_.chance(model_.fsync_lies);
  } else if (!calm_) {
    fails = io_error_.chance(model_.io_error);
  }
  op.status = fate(request, effects, fails);
  op.lies = syncs && op.status == DiskStatus::ok && told_to_lie(lies);
}

DiskStatus NodeDisk::fate(const DiskRequest& request, const Effects& effects, bool drawn) {
  if (in_force(DiskFaultKind::io_error)) {
    hit(DiskFaultKind::io_error);
    return DiskStatus::io_error;
  }
  const bool syncs = is_sync(request.action);
  if (syncs && in_force(DiskFaultKind::sync_error)) {
    hit(DiskFaultKind::sync_error);
    return DiskStatus::io_error;
  }
  if (drawn) {
    ++(syncs ? troubles_.sync_errors : troubles_.io_errors);
    return DiskStatus::io_error;
  }
  if (request.action == DiskAction::write && in_force(DiskFaultKind::full)) {
    const FileId id = find(effects.text(request.file));
    const std::uint64_t end = request.offset + request.bytes.length;
    if (id == no_file || end > files_[id].bytes.size()) {
      hit(DiskFaultKind::full);
      return DiskStatus::full;
    }
  }
  return DiskStatus::ok;
}

/// What is read stays as it is. What the disk holds is what was synced before, and no later sync adds to it
/// what this one was to keep. What a lie told before is on the disk: it was written while nobody looked.
void NodeDisk::fail_sync(File& file, DiskOp op) {
  std::vector<std::byte> below = bytes_with(file, file.lied_changes);
  drop_first_changes(file, changes_before(file, op));
  file.platter = std::move(below);
  std::erase_if(file.labels, [op](const PendingLabel& l) { return l.op < op; });
}

void NodeDisk::fail_directory_sync(DiskOp op) {
  make_directory_true();
  names_dropped_ |= std::erase_if(directory_changes_, [op](const auto& c) { return c.op < op; }) != 0;
}

/// Applies the first of the unsynced changes to what a failed sync left on the disk.
void NodeDisk::to_platter(std::vector<std::byte>& platter, const File& file, std::size_t changes) {
  const std::vector<std::byte> then = read_after(file, changes);
  for (std::size_t i = 0; i < changes; ++i) {
    const Change& c = file.changes[i];
    platter.resize(c.length_after());
    const std::uint64_t end = std::min<std::uint64_t>({c.end, then.size(), platter.size()});
    if (c.action != DiskAction::write || c.begin >= end) continue;
    std::copy(then.begin() + static_cast<std::ptrdiff_t>(c.begin),
              then.begin() + static_cast<std::ptrdiff_t>(end),
              platter.begin() + static_cast<std::ptrdiff_t>(c.begin));
  }
}

/// What is read once the process has stopped: what was written after the sync that failed is kept, and what
/// that sync was to keep is not. Precondition: one failed.
std::vector<std::byte> NodeDisk::without_failed_sync(const File& file) {
  std::vector<std::byte> bytes = *file.platter;
  to_platter(bytes, file, file.changes.size());
  return bytes;
}

/// The unsynced changes stand above what is on the disk, not above what was read while a failed sync had left
/// it clean. A length that the failed sync did not get to the disk comes with the change after it.
void NodeDisk::rebase_changes(File& file) {
  std::vector<std::vector<std::byte>> stages{*file.platter};
  for (std::size_t i = 1; i <= file.changes.size(); ++i) stages.push_back(bytes_with(file, i));
  std::vector<Change> rebased;
  std::size_t lied = 0;
  file.undo.clear();
  const auto add = [&](const Change& change, const std::vector<std::byte>& before) {
    rebased.push_back(change);
    const auto from = before.begin() + static_cast<std::ptrdiff_t>(change.begin);
    file.undo.insert(file.undo.end(), from, from + static_cast<std::ptrdiff_t>(change.undo_length));
  };
  for (std::size_t i = 0; i < file.changes.size(); ++i) {
    const Change& c = file.changes[i];
    const std::uint64_t before = stages[i].size();
    const std::uint64_t after = stages[i + 1].size();
    if (after < before)
      add({c.op, DiskAction::truncate, after, after, before, before - after, c.labelled}, stages[i]);
    const std::uint64_t length = std::min(before, after);
    const std::uint64_t begin = std::min(c.begin, length);
    const std::uint64_t end = after > before ? after : std::max(begin, std::min(c.end, after));
    const bool writes = c.action == DiskAction::write || after > before;
    if (writes)
      add({c.op, DiskAction::write, begin, end, length, std::min(end, length) - begin, c.labelled},
          stages[i]);
    if (i < file.lied_changes) lied = rebased.size();
  }
  file.changes = std::move(rebased);
  file.lied_changes = lied;
  file.bytes = std::move(stages.back());
  file.platter.reset();
}

void NodeDisk::process_stopped() {
  for (File& file : files_) {
    if (!file.used) continue;
    if (file.platter) rebase_changes(file);
    for (Change& change : file.changes) change.op = DiskOp{};
    for (PendingLabel& claim : file.claims) claim.op = DiskOp{};
    file.labels.clear();
    unsettle(file);
    file.synced_before = DiskOp{};
    file.last = Instant{};
  }
  for (DirectoryChange& change : directory_changes_) {
    change.op = DiskOp{};
    change.labels.clear();
  }
  drop_directory_changes();
  see_damage();
  restart_operations();
  if (lies_told_) drop_settled_claims();
}

/// What a failed sync dropped is undone.
void NodeDisk::drop_directory_changes() {
  if (!names_dropped_) return;
  names_dropped_ = false;
  directory_ = directory_with(std::vector<bool>(directory_changes_.size(), true));
  for (File& file : files_) {
    file.linked = false;
    file.unsynced_links = 0;
  }
  for (const auto& [name, id] : directory_) {
    files_[id].linked = true;
    files_[id].name = name;
  }
  for (const DirectoryChange& c : directory_changes_) {
    if (!c.lied || c.action == DiskAction::remove) ++files_[c.file].unsynced_links;
    if (c.replaced != no_file) ++files_[c.replaced].unsynced_links;
  }
  for (FileId id = 0; id < files_.size(); ++id)
    if (files_[id].used && !found_or_named(id)) free_file(id);
}

}  // namespace raftsim::sim
