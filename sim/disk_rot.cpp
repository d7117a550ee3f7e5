// A disk that fails, and one whose content decays. The rules are in disk.hpp.
#include <algorithm>
#include <utility>
#include <variant>

#include "seam/check.hpp"
#include "sim/disk.hpp"

namespace raftsim::sim {

// ---- operations that fail

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
  if (!calm_ && syncs && sync_error_.chance(model_.sync_error)) {
    ++troubles_.sync_errors;
    return DiskStatus::io_error;
  }
  if (!calm_ && !syncs && io_error_.chance(model_.io_error)) {
    ++troubles_.io_errors;
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
    if (after < before) add({c.op, DiskAction::truncate, after, after, before, before - after}, stages[i]);
    const std::uint64_t length = std::min(before, after);
    const std::uint64_t begin = std::min(c.begin, length);
    const std::uint64_t end = after > before ? after : std::max(begin, std::min(c.end, after));
    const bool writes = c.action == DiskAction::write || after > before;
    if (writes) add({c.op, DiskAction::write, begin, end, length, std::min(end, length) - begin}, stages[i]);
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

// ---- decay

void NodeDisk::keep_record(File& file, const PendingLabel& label, std::optional<DiskOp> settled) {
  if (label.begin >= label.end) return;
  const auto* entries = std::get_if<EntriesLabel>(&label.label);
  if (entries != nullptr && !log_base_) log_base_ = entries->first - 1;
  file.records.push_back({incarnation_ << 40 | label.op.value, label.label, label.begin, label.end, settled,
                          false, false, label.astray, 0});
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

/// Without those that stand behind damage: who finds it reads no further, and goes on from there.
std::vector<const NodeDisk::Record*> NodeDisk::entries_in_order() const {
  std::vector<const Record*> all;
  for (const File& file : files_) {
    if (!file.linked) continue;
    for (const Record& record : file.records)
      if (std::holds_alternative<EntriesLabel>(record.label)) all.push_back(&record);
  }
  std::ranges::sort(all, {}, &Record::order);
  std::uint64_t found_in = 0;
  std::erase_if(all, [&found_in](const Record* record) {
    if (record->decayed) found_in = std::max(found_in, record->found_in);
    return !record->decayed && record->incarnation() < found_in;
  });
  return all;
}

bool NodeDisk::damage_unseen() const {
  const auto unseen = [this](const Record& record) {
    return record.decayed && record.found_in > incarnation_ &&
           std::holds_alternative<EntriesLabel>(record.label);
  };
  return std::ranges::any_of(files_, [&unseen](const File& file) {
    return file.linked && std::ranges::any_of(file.records, unseen);
  });
}

/// The next incarnation finds what decayed while the last one ran: all that this one wrote behind it is to be
/// reached again.
void NodeDisk::see_damage() {
  if (!damage_unseen()) return;
  for (const File& file : files_)
    for (const Record& record : file.records)
      if (const auto* entries = std::get_if<EntriesLabel>(&record.label))
        must_reach_ = std::max(must_reach_, entries->last);
}

/// The last that is whole; null without one.
const NodeDisk::Record* NodeDisk::snapshot_held() const {
  const Record* last = nullptr;
  for (const File& file : files_) {
    if (!file.linked) continue;
    for (const Record& record : file.records) {
      if (!std::holds_alternative<SnapshotLabel>(record.label) || record.decayed) continue;
      if (last == nullptr || record.order > last->order) last = &record;
    }
  }
  return last;
}

/// A log counts as far as it goes without a gap from where it began, or from a snapshot.
Held NodeDisk::held() const {
  Held floor{log_base_.value_or(Index{}), Term{}};
  if (const Record* record = snapshot_held()) {
    const auto& snapshot = std::get<SnapshotLabel>(record->label);
    if (snapshot.index > floor.last) floor = {snapshot.index, snapshot.term};
  }
  Held held = floor;
  for (const Record* record : entries_in_order()) {
    const auto& label = std::get<EntriesLabel>(record->label);
    if (label.first > std::max(held.last, floor.last) + 1) continue;
    if (record->decayed)
      held.last = std::min(held.last, label.first - 1);
    else
      held = {label.last, label.last_term};
  }
  return held.last < floor.last ? floor : held;
}

/// By the chain hashes of its records, each of which vouches for all entries up to its last.
bool NodeDisk::agrees(const CommittedChain& committed, Index upto) const {
  Index floor;
  if (const Record* record = snapshot_held()) floor = std::get<SnapshotLabel>(record->label).index;
  Index proven = floor;
  Index last = std::max(floor, log_base_.value_or(Index{}));
  for (const Record* record : entries_in_order()) {
    const auto& label = std::get<EntriesLabel>(record->label);
    if (label.first > std::max(last, floor) + 1) continue;
    last = record->decayed ? std::min(last, label.first - 1) : label.last;
    proven = std::min(proven, label.first - 1);
    if (!record->decayed && label.last <= upto && committed.at(label.last) == label.chain)
      proven = label.last;
  }
  return std::max(proven, floor) >= upto;
}

/// Of the entries all that could decay; of the hard state and the snapshot the last, and of torn writes too.
std::vector<NodeDisk::Place> NodeDisk::rot_candidates(DiskFaultKind kind, Take take) const {
  const Held now = held();
  std::vector<Place> found;
  std::optional<Place> last;
  std::uint64_t last_order = 0;
  for (FileId id = 0; id < files_.size(); ++id) {
    if (!files_[id].linked) continue;
    const std::vector<Record>& records = files_[id].records;
    for (std::size_t i = 0; i < records.size(); ++i) {
      const Record& record = records[i];
      const auto* entries = std::get_if<EntriesLabel>(&record.label);
      bool fits =
          entries != nullptr && entries->last <= now.last && (record.vouched || take == Take::anything);
      if (kind == DiskFaultKind::corrupt_state) fits = std::holds_alternative<HardStateLabel>(record.label);
      if (kind == DiskFaultKind::corrupt_snapshot) fits = std::holds_alternative<SnapshotLabel>(record.label);
      if (!fits || record.decayed) continue;
      found.push_back({id, i});
      if (record.order < last_order) continue;
      last_order = record.order;
      last = found.back();
    }
  }
  if (kind == DiskFaultKind::corrupt_entry || kind == DiskFaultKind::misdirected_write) return found;
  if (!last) return {};
  if (!files_[last->file].records[last->record].vouched && take == Take::vouched) return {};
  return {*last};
}

/// Draws what of the record decays.
Rot NodeDisk::rot_of(DiskFaultKind kind, Place place) {
  const Record& record = files_[place.file].records[place.record];
  Rot rot;
  rot.kind = kind;
  rot.file = place.file;
  rot.record = place.record;
  if (const auto* label = std::get_if<EntriesLabel>(&record.label)) {
    rot.entries = true;
    rot.first = label->first;
    rot.last = label->last;
    rot.last_term = label->last_term;
  } else if (const auto* snapshot = std::get_if<SnapshotLabel>(&record.label)) {
    rot.entries = true;
    rot.first = Index{1};
    rot.last = snapshot->index;
    rot.last_term = snapshot->term;
  }
  const std::uint64_t bytes = record.end - record.begin;
  if (kind == DiskFaultKind::torn_write)
    rot.sector = rot_.below((bytes + sector_bytes - 1) / sector_bytes);
  else if (kind != DiskFaultKind::misdirected_write)
    rot.bit = rot_.below(bytes * 8);
  return rot;
}

std::optional<Rot> NodeDisk::draw_rot(DiskFaultKind kind, Take take) {
  CHECK(!lasts(kind));
  const std::vector<Place> candidates = rot_candidates(kind, take);
  if (candidates.empty()) return std::nullopt;
  Rot rot = rot_of(kind, candidates[rot_.below(candidates.size())]);
  if (kind == DiskFaultKind::misdirected_write) land(rot, candidates);
  return rot;
}

/// Where it lies instead: over one of the others, or over nothing of worth.
void NodeDisk::land(Rot& rot, const std::vector<Place>& others) {
  std::vector<Place> places;
  for (const Place& place : others)
    if (place.file != rot.file || place.record != rot.record) places.push_back(place);
  const std::uint64_t drawn = rot_.below(places.size() + 1);
  if (drawn == places.size()) return;
  const Place place = places[drawn];
  rot.landing = Rot::Landing{place.file, place.record};
  const auto& label = std::get<EntriesLabel>(files_[place.file].records[place.record].label);
  rot.first = std::min(rot.first, label.first);
  rot.last = std::max(rot.last, label.last);
  rot.last_term = std::max(rot.last_term, label.last_term);
}

std::optional<Rot> NodeDisk::draw_rot_at_rest(Take take) {
  if (calm_ || !bit_rot_.chance(model_.bit_rot)) return std::nullopt;
  std::vector<Place> candidates = rot_candidates(DiskFaultKind::corrupt_entry, take);
  const std::vector<Place> snapshots = rot_candidates(DiskFaultKind::corrupt_snapshot, take);
  candidates.insert(candidates.end(), snapshots.begin(), snapshots.end());
  if (candidates.empty()) return std::nullopt;
  return rot_of(DiskFaultKind::corrupt_entry, candidates[bit_rot_.below(candidates.size())]);
}

std::optional<Rot> NodeDisk::next_misdirected(Take take) {
  const std::vector<Place> candidates = rot_candidates(DiskFaultKind::misdirected_write, take);
  for (const Place& place : candidates) {
    Record& record = files_[place.file].records[place.record];
    if (!record.astray) continue;
    record.astray = false;
    Rot rot = rot_of(DiskFaultKind::misdirected_write, place);
    land(rot, candidates);
    return rot;
  }
  return std::nullopt;
}

std::optional<Rot> NodeDisk::draw_misread(const DiskRequest& request, const Effects& effects, Take take) {
  if (calm_ || !misread_.chance(model_.corrupt_read)) return std::nullopt;
  const FileId file = find(effects.text(request.file));
  std::vector<Place> candidates;
  for (const Place& place : rot_candidates(DiskFaultKind::corrupt_entry, take)) {
    const Record& record = files_[place.file].records[place.record];
    const bool read = record.begin >= request.offset && record.end - request.offset <= request.length;
    if (place.file == file && read) candidates.push_back(place);
  }
  if (candidates.empty()) return std::nullopt;
  return rot_of(DiskFaultKind::corrupt_entry, candidates[misread_.below(candidates.size())]);
}

/// The entries behind it count as lost with it.
void NodeDisk::decay_behind(const Record& decayed) {
  const auto* first = std::get_if<EntriesLabel>(&decayed.label);
  if (first == nullptr) return;
  for (File& file : files_)
    for (Record& other : file.records) {
      const auto* entries = std::get_if<EntriesLabel>(&other.label);
      if (entries == nullptr || entries->first <= first->first) continue;
      other.decayed = true;
      other.found_in = std::max(other.found_in, decayed.found_in);
    }
}

LabelledOp NodeDisk::decay(Place place, std::uint64_t found_in) {
  Record& record = files_[place.file].records[place.record];
  record.decayed = true;
  record.found_in = found_in;
  decay_behind(record);
  return {DiskOp{record.order & ((std::uint64_t{1} << 40) - 1)}, record.label};
}

void NodeDisk::suffer(const Rot& rot, Index committed) {
  if (rot.entries)
    must_reach_ = std::max({must_reach_, committed, rot.last});
  else
    state_lost_ = true;
}

std::vector<LabelledOp> NodeDisk::rot(const Rot& rot, Index committed) {
  const Record& record = files_[rot.file].records[rot.record];
  std::vector<std::byte> moved;
  if (rot.landing) {
    const std::vector<std::byte>& bytes = files_[rot.file].bytes;
    moved.assign(bytes.begin() + static_cast<std::ptrdiff_t>(record.begin),
                 bytes.begin() + static_cast<std::ptrdiff_t>(record.end));
  }
  const auto harm = [&](File& file, auto&& how) {
    how(file.bytes);
    if (file.platter && file.platter->size() >= record.end) how(*file.platter);
  };
  harm(files_[rot.file], [&](std::vector<std::byte>& bytes) {
    if (rot.kind == DiskFaultKind::torn_write || rot.kind == DiskFaultKind::misdirected_write) {
      const std::uint64_t from = std::min(record.begin + rot.sector * sector_bytes, record.end);
      std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(from),
                bytes.begin() + static_cast<std::ptrdiff_t>(record.end), std::byte{0});
    } else {
      bytes[record.begin + rot.bit / 8] ^= static_cast<std::byte>(1u << (rot.bit % 8));
    }
  });
  std::vector<LabelledOp> lost{decay({rot.file, rot.record}, next_to_read())};
  if (rot.landing) {
    File& over = files_[rot.landing->file];
    const Record& victim = over.records[rot.landing->record];
    moved.resize(std::min<std::uint64_t>(moved.size(), victim.end - victim.begin));
    std::copy(moved.begin(), moved.end(), over.bytes.begin() + static_cast<std::ptrdiff_t>(victim.begin));
    if (over.platter && over.platter->size() >= victim.end)
      std::copy(moved.begin(), moved.end(),
                over.platter->begin() + static_cast<std::ptrdiff_t>(victim.begin));
    lost.push_back(decay({rot.landing->file, rot.landing->record}, next_to_read()));
  }
  suffer(rot, committed);
  return lost;
}

std::vector<LabelledOp> NodeDisk::misread(const Rot& rot, const DiskRequest& read, Index committed) {
  const Record& record = files_[rot.file].records[rot.record];
  InFlight& op = ring_[read.op.value & (ring_.size() - 1)];
  CHECK(op.waiting);
  CHECK(op.action == DiskAction::read);
  // A read that fails returns nothing.
  if (op.status != DiskStatus::ok) return {};
  op.bytes[record.begin - read.offset + rot.bit / 8] ^= static_cast<std::byte>(1u << (rot.bit % 8));
  ++troubles_.misreads;
  std::vector<LabelledOp> lost{decay({rot.file, rot.record}, incarnation_)};
  suffer(rot, committed);
  return lost;
}

}  // namespace raftsim::sim
