// A disk that fails, and one whose content decays. The rules are in disk.hpp.
#include <algorithm>
#include <utility>
#include <variant>

#include "seam/check.hpp"
#include "sim/disk.hpp"

namespace raftsim::sim {

// ---- operations that fail

DiskStatus NodeDisk::fate(const DiskRequest& request, const Effects& effects) {
  if (in_force(DiskFaultKind::io_error)) {
    hit(DiskFaultKind::io_error);
    return DiskStatus::io_error;
  }
  const bool syncs = request.action == DiskAction::sync || request.action == DiskAction::sync_directory;
  if (syncs && in_force(DiskFaultKind::sync_error)) {
    hit(DiskFaultKind::sync_error);
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
/// what this one was to keep.
void NodeDisk::fail_sync(File& file, DiskOp op) {
  std::vector<std::byte> below = synced_bytes(file);
  file.platter.reset();
  drop_changes_before(file, op);
  file.platter = std::move(below);
  std::erase_if(file.labels, [op](const PendingLabel& l) { return l.op < op; });
}

/// A sync makes changes durable above what a failed one left.
void NodeDisk::to_platter(File& file, DiskOp before) {
  for (const Change& c : file.changes) {
    if (c.op >= before) break;
    const std::uint64_t size = std::min<std::uint64_t>(c.length_after(), file.bytes.size());
    if (c.action == DiskAction::truncate || size > file.platter->size()) file.platter->resize(size);
    const std::uint64_t end = std::min<std::uint64_t>({c.end, file.bytes.size(), file.platter->size()});
    if (c.action != DiskAction::write || c.begin >= end) continue;
    std::copy(file.bytes.begin() + static_cast<std::ptrdiff_t>(c.begin),
              file.bytes.begin() + static_cast<std::ptrdiff_t>(end),
              file.platter->begin() + static_cast<std::ptrdiff_t>(c.begin));
  }
}

/// What is read once the process has stopped: what was written after the sync that failed is kept, and what
/// that sync was to keep is not. Precondition: one failed.
std::vector<std::byte> NodeDisk::without_failed_sync(const File& file) {
  std::vector<std::byte> bytes = *file.platter;
  const std::uint64_t size = file.bytes.size();
  for (const Change& c : file.changes) {
    bytes.resize(std::min(c.length_after(), size));
    const std::uint64_t end = std::min<std::uint64_t>(c.end, bytes.size());
    if (c.action != DiskAction::write || c.begin >= end) continue;
    std::copy(file.bytes.begin() + static_cast<std::ptrdiff_t>(c.begin),
              file.bytes.begin() + static_cast<std::ptrdiff_t>(end),
              bytes.begin() + static_cast<std::ptrdiff_t>(c.begin));
  }
  return bytes;
}

void NodeDisk::process_stopped() {
  for (File& file : files_) {
    if (!file.used) continue;
    if (file.platter) {
      file.bytes = without_failed_sync(file);
      file.changes.clear();
      file.undo.clear();
      file.platter.reset();
    }
    for (Change& change : file.changes) change.op = DiskOp{};
    file.labels.clear();
    unsettle(file);
    file.synced_before = DiskOp{};
    file.last = Instant{};
  }
  for (DirectoryChange& change : directory_changes_) {
    change.op = DiskOp{};
    change.labels.clear();
  }
  restart_operations();
}

// ---- decay

void NodeDisk::keep_record(File& file, const PendingLabel& label, std::optional<DiskOp> settled) {
  if (label.begin >= label.end) return;
  file.records.push_back(
      {incarnation_ << 40 | label.op.value, label.label, label.begin, label.end, settled, false, false});
}

/// Those not vouched for have to wait until the next incarnation has made something durable.
void NodeDisk::unsettle(File& file) {
  for (Record& record : file.records)
    if (!record.vouched) record.settled.reset();
}

/// A later write that is durable vouches for what was settled when it was issued. In each file those vouched
/// for come first.
void NodeDisk::label_became_durable(const PendingLabel& label) {
  for (File& file : files_)
    for (auto record = file.records.rbegin(); record != file.records.rend() && !record->vouched; ++record) {
      if (!record->settled) {
        record->settled = next_;
      } else if (*record->settled <= label.all_done_before) {
        record->vouched = true;
      }
    }
}

void NodeDisk::supersede_records(File& file, std::uint64_t begin, std::uint64_t end) {
  std::erase_if(file.records, [begin, end](const Record& r) { return r.begin < end && begin < r.end; });
}

Held NodeDisk::held() const {
  std::vector<const Record*> all;
  for (const File& file : files_)
    for (const Record& record : file.records)
      if (std::holds_alternative<EntriesLabel>(record.label)) all.push_back(&record);
  std::ranges::sort(all, {}, &Record::order);
  Held held;
  // What was before the first that is known was compacted, or was there from the start.
  if (!all.empty()) held.last = std::get<EntriesLabel>(all.front()->label).first - 1;
  for (const Record* record : all) {
    const auto& label = std::get<EntriesLabel>(record->label);
    if (label.first > held.last + 1) continue;
    if (record->decayed) {
      held.last = std::min(held.last, label.first - 1);
      continue;
    }
    held = {label.last, label.last_term};
  }
  return held;
}

/// Of the entries all that could decay; of the hard state the last, and of torn writes too.
std::vector<NodeDisk::Place> NodeDisk::rot_candidates(DiskFaultKind kind) const {
  const bool state = kind == DiskFaultKind::corrupt_state;
  const Held now = held();
  std::vector<Place> found;
  std::optional<Place> last;
  std::uint64_t last_order = 0;
  for (FileId id = 0; id < files_.size(); ++id) {
    const std::vector<Record>& records = files_[id].records;
    for (std::size_t i = 0; i < records.size(); ++i) {
      const Record& record = records[i];
      const auto* entries = std::get_if<EntriesLabel>(&record.label);
      const bool fits = state ? std::holds_alternative<HardStateLabel>(record.label)
                              : entries != nullptr && entries->last <= now.last && record.vouched;
      if (!fits || record.decayed) continue;
      found.push_back({id, i});
      if (record.order < last_order) continue;
      last_order = record.order;
      last = found.back();
    }
  }
  if (kind == DiskFaultKind::corrupt_entry) return found;
  if (!last || !files_[last->file].records[last->record].vouched) return {};
  return {*last};
}

std::optional<Rot> NodeDisk::draw_rot(DiskFaultKind kind) {
  CHECK(!lasts(kind));
  const std::vector<Place> candidates = rot_candidates(kind);
  if (candidates.empty()) return std::nullopt;
  const auto [id, at] = candidates[rot_.below(candidates.size())];
  const Record& record = files_[id].records[at];
  Rot rot;
  rot.kind = kind;
  rot.file = id;
  rot.record = at;
  if (const auto* label = std::get_if<EntriesLabel>(&record.label)) {
    rot.entries = true;
    rot.first = label->first;
    rot.last = label->last;
    rot.last_term = label->last_term;
  }
  const std::uint64_t bytes = record.end - record.begin;
  if (kind == DiskFaultKind::torn_write)
    rot.sector = rot_.below((bytes + sector_bytes - 1) / sector_bytes);
  else
    rot.bit = rot_.below(bytes * 8);
  return rot;
}

LabelledOp NodeDisk::rot(const Rot& rot, Index committed) {
  File& file = files_[rot.file];
  Record& record = file.records[rot.record];
  record.decayed = true;
  const auto harm = [&](std::vector<std::byte>& bytes) {
    if (rot.kind == DiskFaultKind::torn_write) {
      const std::uint64_t from = std::min(record.begin + rot.sector * sector_bytes, record.end);
      std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(from),
                bytes.begin() + static_cast<std::ptrdiff_t>(record.end), std::byte{0});
    } else {
      bytes[record.begin + rot.bit / 8] ^= static_cast<std::byte>(1u << (rot.bit % 8));
    }
  };
  harm(file.bytes);
  if (file.platter && record.end <= file.platter->size()) harm(*file.platter);
  if (rot.entries)
    must_reach_ = std::max({must_reach_, committed, rot.last});
  else
    state_lost_ = true;
  return {DiskOp{record.order & ((std::uint64_t{1} << 40) - 1)}, record.label};
}

}  // namespace raftsim::sim
