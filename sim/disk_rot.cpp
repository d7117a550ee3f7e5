// A disk whose content decays. The rules are in disk.hpp.
#include <algorithm>
#include <utility>
#include <variant>

#include "seam/check.hpp"
#include "sim/disk.hpp"

namespace raftsim::sim {

void NodeDisk::keep_record(File& file, const PendingLabel& label, std::optional<DiskOp> settled) {
  if (label.begin >= label.end) return;
  const auto* entries = std::get_if<EntriesLabel>(&label.label);
  if (entries != nullptr && !log_base_) log_base_ = entries->first - 1;
  astray_ = astray_ || label.astray;
  file.records.push_back({incarnation_ << Record::op_bits | label.op.value, label.label, label.begin,
                          label.end, settled, false, false, label.astray, 0});
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
           !std::holds_alternative<HardStateLabel>(record.label);
  };
  return std::ranges::any_of(files_, [&unseen](const File& file) {
    return file.linked && std::ranges::any_of(file.records, unseen);
  });
}

/// The next incarnation finds what decayed while the last one ran: all that this one wrote behind it is to be
/// reached again.
void NodeDisk::see_damage() {
  if (!damage_unseen()) return;
  const Record* newest = nullptr;
  for (const File& file : files_)
    for (const Record& record : file.records)
      if (std::holds_alternative<EntriesLabel>(record.label) &&
          (newest == nullptr || record.order > newest->order))
        newest = &record;
  if (newest != nullptr) must_reach_ = std::max(must_reach_, std::get<EntriesLabel>(newest->label).last);
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
Rot NodeDisk::rot_of(DiskFaultKind kind, Place place, Stream& choices) const {
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
    rot.sector = choices.below((bytes + sector_bytes - 1) / sector_bytes);
  else if (kind != DiskFaultKind::misdirected_write)
    rot.bit = choices.below(bytes * 8);
  return rot;
}

std::optional<Rot> NodeDisk::draw_rot(DiskFaultKind kind, Stream& choices, Take take) {
  CHECK(!lasts(kind));
  const std::vector<Place> candidates = rot_candidates(kind, take);
  if (candidates.empty()) return std::nullopt;
  Rot rot = rot_of(kind, candidates[choices.below(candidates.size())], choices);
  if (kind == DiskFaultKind::misdirected_write) land(rot, candidates, choices);
  return rot;
}

/// Where it lies instead: over one of the others, or over nothing of worth.
void NodeDisk::land(Rot& rot, const std::vector<Place>& others, Stream& choices) const {
  std::vector<Place> places;
  for (const Place& place : others)
    if (place.file != rot.file || place.record != rot.record) places.push_back(place);
  const std::uint64_t drawn = choices.below(places.size() + 1);
  if (drawn == places.size()) return;
  const Place place = places[drawn];
  rot.landing = Rot::Landing{place.file, place.record};
  const auto& label = std::get<EntriesLabel>(files_[place.file].records[place.record].label);
  rot.first = std::min(rot.first, label.first);
  rot.last = std::max(rot.last, label.last);
  rot.last_term = std::max(rot.last_term, label.last_term);
}

namespace {

/// Which of them, and which bit.
constexpr std::uint64_t draws_per_choice = 2;

}  // namespace

std::optional<Rot> NodeDisk::draw_rot_at_rest(Take take) {
  bit_rot_choice_.follow(bit_rot_.position() * draws_per_choice);
  if (calm_ || !bit_rot_.chance(model_.bit_rot)) return std::nullopt;
  std::vector<Place> candidates = rot_candidates(DiskFaultKind::corrupt_entry, take);
  const std::vector<Place> snapshots = rot_candidates(DiskFaultKind::corrupt_snapshot, take);
  candidates.insert(candidates.end(), snapshots.begin(), snapshots.end());
  if (candidates.empty()) return std::nullopt;
  const Place place = candidates[bit_rot_choice_.below(candidates.size())];
  return rot_of(DiskFaultKind::corrupt_entry, place, bit_rot_choice_);
}

/// By the streams' ordinals: each label of entries takes one, whether or not it is written.
std::optional<std::uint64_t> NodeDisk::draw_astray(const Label& label) {
  if (!misdirects() || calm_ || !std::holds_alternative<EntriesLabel>(label)) return std::nullopt;
  const std::uint64_t drawn = misdirection_.position();
  if (!misdirection_.chance(model_.misdirected_write)) return std::nullopt;
  return drawn;
}

bool NodeDisk::astray_waits() {
  const auto waits = [](const Record& record) { return record.astray && !record.decayed; };
  astray_ = astray_ && std::ranges::any_of(files_, [&](const File& file) {
              return std::ranges::any_of(file.records, waits);
            });
  return astray_;
}

std::optional<Rot> NodeDisk::next_misdirected(Take take) {
  if (calm_ || !astray_waits()) return std::nullopt;
  const std::vector<Place> candidates = rot_candidates(DiskFaultKind::misdirected_write, take);
  for (const Place& place : candidates) {
    Record& record = files_[place.file].records[place.record];
    if (!record.astray) continue;
    misdirection_choice_.follow(*record.astray);
    record.astray.reset();
    Rot rot = rot_of(DiskFaultKind::misdirected_write, place, misdirection_choice_);
    land(rot, candidates, misdirection_choice_);
    return rot;
  }
  return std::nullopt;
}

std::optional<Rot> NodeDisk::draw_misread(const DiskRequest& request, const Effects& effects, Take take) {
  misread_choice_.follow(misread_.position() * draws_per_choice);
  if (calm_ || !misread_.chance(model_.corrupt_read)) return std::nullopt;
  const FileId file = find(effects.text(request.file));
  std::vector<Place> candidates;
  for (const Place& place : rot_candidates(DiskFaultKind::corrupt_entry, take)) {
    const Record& record = files_[place.file].records[place.record];
    const bool read = record.begin >= request.offset && record.end - request.offset <= request.length;
    if (place.file == file && read) candidates.push_back(place);
  }
  if (candidates.empty()) return std::nullopt;
  const Place place = candidates[misread_choice_.below(candidates.size())];
  return rot_of(DiskFaultKind::corrupt_entry, place, misread_choice_);
}

/// The entries behind it count as lost with it, and so does what was written later, where the log had been
/// cut back: who finds the damage reads no further.
void NodeDisk::decay_behind(const Record& decayed) {
  const auto* first = std::get_if<EntriesLabel>(&decayed.label);
  if (first == nullptr) return;
  for (File& file : files_)
    for (Record& other : file.records) {
      const auto* entries = std::get_if<EntriesLabel>(&other.label);
      if (entries == nullptr || (entries->first <= first->first && other.order <= decayed.order)) continue;
      other.decayed = true;
      other.found_in = std::max(other.found_in, decayed.found_in);
    }
}

/// Of what was written later the record that begins first, if that is before this one; else null.
const NodeDisk::Record* NodeDisk::begins_earlier(const Record& decayed) const {
  const auto* first = std::get_if<EntriesLabel>(&decayed.label);
  if (first == nullptr) return nullptr;
  const Record* earliest = nullptr;
  Index before = first->first;
  for (const File& file : files_)
    for (const Record& other : file.records) {
      const auto* entries = std::get_if<EntriesLabel>(&other.label);
      if (entries == nullptr || other.order <= decayed.order || entries->first >= before) continue;
      before = entries->first;
      earliest = &other;
    }
  return earliest;
}

/// Adds to `lost` all that is to be told of it: itself, and where the log ends now if that is before it.
void NodeDisk::decay(Record& record, std::uint64_t found_in, std::vector<LabelledOp>& lost) {
  record.decayed = true;
  record.found_in = found_in;
  decay_behind(record);
  lost.push_back(record.labelled_op());
  const Record* earlier = begins_earlier(record);
  if (earlier == nullptr) return;
  const auto is_earlier = [earlier](const LabelledOp& l) {
    return l.op == earlier->op() && l.label == earlier->label;
  };
  if (std::ranges::none_of(lost, is_earlier)) lost.push_back(earlier->labelled_op());
}

/// What the labels told of is not there any more: a log has to reach again what it lost.
void NodeDisk::suffer(const std::vector<LabelledOp>& lost, Index committed) {
  bool log = false;
  for (const LabelledOp& l : lost) {
    state_lost_ = state_lost_ || std::holds_alternative<HardStateLabel>(l.label);
    Index last;
    if (const auto* entries = std::get_if<EntriesLabel>(&l.label)) last = entries->last;
    if (const auto* snapshot = std::get_if<SnapshotLabel>(&l.label)) last = snapshot->index;
    must_reach_ = std::max(must_reach_, last);
    log = log || last != Index{};
  }
  if (!log) return;
  must_reach_ = std::max(must_reach_, committed);
  unread_damage_ = true;
}

std::vector<LabelledOp> NodeDisk::rot(const Rot& rot, Index committed) {
  Record& record = files_[rot.file].records[rot.record];
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
  std::vector<LabelledOp> lost;
  decay(record, next_to_read(), lost);
  if (rot.landing) {
    File& over = files_[rot.landing->file];
    Record& victim = over.records[rot.landing->record];
    moved.resize(std::min<std::uint64_t>(moved.size(), victim.end - victim.begin));
    std::copy(moved.begin(), moved.end(), over.bytes.begin() + static_cast<std::ptrdiff_t>(victim.begin));
    if (over.platter && over.platter->size() >= victim.end)
      std::copy(moved.begin(), moved.end(),
                over.platter->begin() + static_cast<std::ptrdiff_t>(victim.begin));
    decay(victim, next_to_read(), lost);
  }
  suffer(lost, committed);
  return lost;
}

std::vector<LabelledOp> NodeDisk::misread(const Rot& rot, const DiskRequest& read, Index committed) {
  Record& record = files_[rot.file].records[rot.record];
  InFlight& op = ring_[read.op.value & (ring_.size() - 1)];
  CHECK(op.waiting);
  CHECK(op.action == DiskAction::read);
  // A read that fails returns nothing.
  if (op.status != DiskStatus::ok) return {};
  op.bytes[record.begin - read.offset + rot.bit / 8] ^= static_cast<std::byte>(1u << (rot.bit % 8));
  ++troubles_.misreads;
  std::vector<LabelledOp> lost;
  decay(record, incarnation_, lost);
  suffer(lost, committed);
  return lost;
}

}  // namespace raftsim::sim
