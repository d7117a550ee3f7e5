// The running disk: operations, completions, durability of labels. disk_crash.cpp has the crash.
#include "sim/disk.hpp"

#include <algorithm>
#include <utility>

#include "seam/check.hpp"

namespace raftsim::sim {

namespace {

ByteSpan zeros(std::vector<std::byte>& buffer, std::uint64_t length) {
  buffer.assign(length, std::byte{0});
  return buffer;
}

}  // namespace

std::uint64_t NodeDisk::Change::length_after() const {
  return action == DiskAction::truncate ? end : std::max(length_before, end);
}

bool NodeDisk::Change::changes_length() const { return length_after() != length_before; }

NodeDisk::NodeDisk(const Disk& model, NodeId node, Decisions& decisions)
    : model_(model), node_(node), decisions_(decisions) {
  const auto id = static_cast<std::uint32_t>(node.value);
  read_latency_ = decisions.open({Purpose::disk_read_latency, id, 0, 0});
  write_latency_ = decisions.open({Purpose::disk_write_latency, id, 0, 0});
  sync_latency_ = decisions.open({Purpose::disk_sync_latency, id, 0, 0});
  failed_write_ = decisions.open({Purpose::failed_write, id, 0, 0});
  const auto open_if = [&](const Ratio& configured, Purpose purpose, Stream& stream) {
    if (!configured.never()) stream = decisions.open({purpose, id, 0, 0});
  };
  open_if(model.io_error, Purpose::disk_io_error, io_error_);
  open_if(model.sync_error, Purpose::disk_sync_error, sync_error_);
  open_if(model.fsync_lies, Purpose::disk_lie, lie_);
  open_if(model.corrupt_read, Purpose::disk_misread, misread_);
  open_if(model.misdirected_write, Purpose::disk_misdirection, misdirection_);
  open_if(model.bit_rot, Purpose::disk_bit_rot, bit_rot_);
  open_if(model.corrupt_read, Purpose::misread_choice, misread_choice_);
  open_if(model.misdirected_write, Purpose::misdirection_choice, misdirection_choice_);
  open_if(model.bit_rot, Purpose::bit_rot_choice, bit_rot_choice_);
  watch_for_trouble();
}

Instant NodeDisk::issue(Instant now, const DiskRequest& request, const Effects& effects) {
  InFlight& op = take_in_flight(request.op);
  op.action = request.action;
  op.status = DiskStatus::ok;
  op.lies = false;
  op.told = false;
  if (troubled_) draw_fate(request, effects, op);
  op.file = no_file;
  op.due = carry_out(request, effects, op, now + latency(request.action));
  return op.due;
}

Instant NodeDisk::carry_out(const DiskRequest& request, const Effects& effects, InFlight& op, Instant at) {
  switch (request.action) {
    case DiskAction::write:
      return issue_write(request, effects, op, at);
    case DiskAction::sync:
    case DiskAction::read:
    case DiskAction::truncate:
      return issue_on_file(request, effects, op, at);
    case DiskAction::rename:
      return issue_rename(request, effects, op, at);
    case DiskAction::remove:
    case DiskAction::list:
    case DiskAction::sync_directory:
      return issue_on_directory(request, effects, op, at);
  }
  CHECK(false);
}

void NodeDisk::complete(DiskOp op, DoneOut& out) {
  CHECK(op >= oldest_);
  CHECK(op < next_);
  InFlight& done = ring_[op.value & (ring_.size() - 1)];
  CHECK(done.waiting);
  out.action = done.action;
  out.status = done.status;
  out.bytes.clear();
  out.names.clear();
  out.durable.clear();
  out.lied = done.lies && done.status == DiskStatus::ok;
  if (done.action == DiskAction::read) std::swap(out.bytes, done.bytes);
  if (done.action == DiskAction::list) std::swap(out.names, done.names);
  if (done.status == DiskStatus::ok) {
    if (done.action == DiskAction::sync) {
      File& file = files_[done.file];
      file.synced_before = op;
      if (out.lied)
        lie_about(file, op);
      else
        sync_changes_before(file, op);
      release_labels(file, out.durable);
    } else if (done.action == DiskAction::sync_directory) {
      if (out.lied)
        lie_about_directory(op, out.durable);
      else
        sync_directory_before(op, out.durable);
    }
  } else if (done.action == DiskAction::sync && done.file != no_file) {
    fail_sync(files_[done.file], op);
  } else if (done.action == DiskAction::sync_directory) {
    fail_directory_sync(op);
  }
  if (lies_told_) drop_settled_claims();
  done.waiting = false;
  --in_flight_count_;
  while (oldest_ < next_ && !ring_[oldest_.value & (ring_.size() - 1)].waiting) ++oldest_;
}

NodeDisk::InFlight& NodeDisk::take_in_flight(DiskOp op) {
  CHECK(op == next_);
  if (next_ - oldest_ == ring_.size()) {
    std::vector<InFlight> wider(std::max<std::size_t>(16, ring_.size() * 2));
    for (DiskOp i = oldest_; i < next_; ++i)
      wider[i.value & (wider.size() - 1)] = std::move(ring_[i.value & (ring_.size() - 1)]);
    ring_ = std::move(wider);
  }
  ++next_;
  ++in_flight_count_;
  InFlight& taken = ring_[op.value & (ring_.size() - 1)];
  taken.waiting = true;
  return taken;
}

NodeDisk::FileId NodeDisk::find(std::string_view name) {
  for (const FileId id : recent_)
    if (id != no_file && files_[id].linked && files_[id].name == name) return id;
  const auto found = directory_.find(name);
  if (found == directory_.end()) return no_file;
  recent_[1] = recent_[0];
  recent_[0] = found->second;
  return found->second;
}

/// A file of this name, not yet in the directory.
NodeDisk::FileId NodeDisk::put_file(std::string_view name) {
  FileId id = static_cast<FileId>(files_.size());
  if (free_files_.empty()) {
    files_.emplace_back();
  } else {
    id = free_files_.back();
    free_files_.pop_back();
  }
  files_[id].used = true;
  files_[id].name = name;
  files_[id].linked = true;
  return id;
}

/// Its buffers are kept for the next one. Precondition: no operation on it is in flight.
void NodeDisk::free_file(FileId id) {
  File& file = files_[id];
  file.used = false;
  file.linked = false;
  file.name.clear();
  file.bytes.clear();
  file.changes.clear();
  file.lied_changes = 0;
  file.undo.clear();
  file.labels.clear();
  file.records.clear();
  file.claims.clear();
  file.platter.reset();
  file.synced_before = DiskOp{};
  file.unsynced_links = 0;
  file.last = Instant{};
  free_files_.push_back(id);
}

/// Precondition: `file` was not touched by the change yet.
NodeDisk::DirectoryChange& NodeDisk::change_directory(const DiskRequest& request, FileId file) {
  DirectoryChange& change = directory_changes_.emplace_back();
  change.op = request.op;
  change.action = request.action;
  change.file = file;
  change.name = files_[file].name;
  ++files_[file].unsynced_links;
  return change;
}

Instant NodeDisk::issue_write(const DiskRequest& request, const Effects& effects, InFlight& op, Instant at) {
  const std::string_view name = effects.text(request.file);
  FileId id = find(name);
  ByteSpan bytes = effects.bytes(request.bytes);
  if (op.status != DiskStatus::ok) {
    const std::uint64_t sectors = (bytes.size() + sector_bytes - 1) / sector_bytes;
    const std::uint64_t written = failed_write_.below(sectors + 1) * sector_bytes;
    for (std::uint32_t i = 0; i < request.label_count; ++i)
      draw_astray(effects.labels[request.label_first + i]);
    bytes = bytes.first(std::min<std::uint64_t>(bytes.size(), written));
    if (bytes.empty()) return id == no_file ? at : in_file_order(files_[id], at);
  } else {
    failed_write_.skip();
  }
  if (id == no_file) {
    id = put_file(name);
    directory_.emplace(name, id);
    change_directory(request, id);
    at = in_directory_order(at);
  }
  File& file = files_[id];
  op.file = id;
  write_bytes(file, request.op, request.offset, bytes);
  if (request.label_count != 0 && op.status == DiskStatus::ok) keep_labels(file, request, effects);
  return in_file_order(file, at);
}

Instant NodeDisk::issue_on_file(const DiskRequest& request, const Effects& effects, InFlight& op,
                                Instant at) {
  op.bytes.clear();
  const FileId id = find(effects.text(request.file));
  if (id == no_file) {
    op.status = DiskStatus::not_found;
    return at;
  }
  op.file = id;
  File& file = files_[id];
  if (op.status != DiskStatus::ok) return in_file_order(file, at);
  if (request.action == DiskAction::read) {
    const std::uint64_t size = file.bytes.size();
    const std::uint64_t begin = std::min(request.offset, size);
    const std::uint64_t end = begin + std::min(request.length, size - begin);
    op.bytes.assign(file.bytes.begin() + static_cast<std::ptrdiff_t>(begin),
                    file.bytes.begin() + static_cast<std::ptrdiff_t>(end));
  } else if (request.action == DiskAction::truncate) {
    truncate_bytes(file, request.op, request.length);
    if (request.label_count != 0) keep_labels(file, request, effects);
  }
  return in_file_order(file, at);
}

void NodeDisk::write_bytes(File& file, DiskOp op, std::uint64_t offset, ByteSpan bytes) {
  const std::uint64_t size = file.bytes.size();
  Change change{op, DiskAction::write, std::min(offset, size), offset + bytes.size(), size, 0};
  if (bytes.empty()) change.end = change.begin;  // creates the file, extends nothing
  if (change.begin < size) {
    const std::uint64_t end = std::min(change.end, size);
    change.undo_length = end - change.begin;
    const auto from = file.bytes.begin();
    file.undo.insert(file.undo.end(), from + static_cast<std::ptrdiff_t>(change.begin),
                     from + static_cast<std::ptrdiff_t>(end));
    supersede_labels(file, change.begin, end);
    if (keeps_records_) supersede_records(file, change.begin, end);
  }
  file.changes.push_back(change);
  if (bytes.empty()) return;
  if (offset > size) {
    make_room(file.bytes, change.end);
    file.bytes.resize(offset);
  }
  const std::uint64_t over = std::min<std::uint64_t>(file.bytes.size() - offset, bytes.size());
  const auto behind = bytes.begin() + static_cast<std::ptrdiff_t>(over);
  std::copy(bytes.begin(), behind, file.bytes.begin() + static_cast<std::ptrdiff_t>(offset));
  if (behind == bytes.end()) return;
  make_room(file.bytes, change.end);
  file.bytes.insert(file.bytes.end(), behind, bytes.end());
}

/// Files are many, and most of them are segments that grow to their length and no further: room for a whole
/// one is taken at once (what is not touched costs nothing), and never as much again as is used.
void NodeDisk::make_room(std::vector<std::byte>& bytes, std::uint64_t size) {
  constexpr std::uint64_t small = 4'096;
  constexpr std::uint64_t segment = 81'920;
  if (size > bytes.capacity()) bytes.reserve(size <= small ? small : std::max(size + size / 4, segment));
}

void NodeDisk::truncate_bytes(File& file, DiskOp op, std::uint64_t length) {
  const std::uint64_t size = file.bytes.size();
  if (length > size) {
    std::vector<std::byte> buffer;
    write_bytes(file, op, size, zeros(buffer, length - size));
    return;
  }
  file.changes.push_back({op, DiskAction::truncate, length, length, size, size - length});
  file.undo.insert(file.undo.end(), file.bytes.begin() + static_cast<std::ptrdiff_t>(length),
                   file.bytes.end());
  supersede_labels(file, length, size);
  if (keeps_records_) supersede_records(file, length, size);
  file.bytes.resize(length);
}

/// Precondition: the operation is the last of file.changes.
void NodeDisk::keep_labels(File& file, const DiskRequest& request, const Effects& effects) {
  CHECK(std::uint64_t{request.label_first} + request.label_count <= effects.labels.size());
  Change& change = file.changes.back();
  change.labelled = true;
  // A gap before the bytes is part of the change, not of what the label speaks of.
  const bool writes = request.action == DiskAction::write;
  const std::uint64_t begin = writes ? change.end - request.bytes.length : change.begin;
  const std::uint64_t end = change.action == DiskAction::write ? change.end : begin;
  for (std::uint32_t i = 0; i < request.label_count; ++i) {
    const Label& label = effects.labels[request.label_first + i];
    const std::optional<std::uint64_t> astray = writes ? draw_astray(label) : std::nullopt;
    file.labels.push_back({request.op, label, begin, end, false, astray, oldest_});
  }
}

void NodeDisk::supersede_labels(File& file, std::uint64_t begin, std::uint64_t end) {
  for (PendingLabel& l : file.labels)
    if (l.begin < l.end && l.begin < end && begin < l.end) l.superseded = true;
  std::erase_if(file.claims, [begin, end](const PendingLabel& l) { return l.begin < end && begin < l.end; });
}

Instant NodeDisk::issue_on_directory(const DiskRequest& request, const Effects& effects, InFlight& op,
                                     Instant at) {
  if (op.status != DiskStatus::ok) return in_directory_order(at);
  if (request.action == DiskAction::list) {
    op.names.clear();
    for (const auto& [name, id] : directory_) op.names.push_back(name);
  }
  if (request.action != DiskAction::remove) return in_directory_order(at);

  const FileId id = find(effects.text(request.file));
  if (id == no_file) {
    op.status = DiskStatus::not_found;
    return in_directory_order(at);
  }
  op.file = id;
  keep_directory_labels(change_directory(request, id), request, effects);
  directory_.erase(files_[id].name);
  files_[id].linked = false;
  return in_file_order(files_[id], in_directory_order(std::max(at, files_[id].last)));
}

Instant NodeDisk::issue_rename(const DiskRequest& request, const Effects& effects, InFlight& op, Instant at) {
  if (op.status != DiskStatus::ok) return in_directory_order(at);
  const FileId id = find(effects.text(request.file));
  if (id == no_file) {
    op.status = DiskStatus::not_found;
    return in_directory_order(at);
  }
  op.file = id;
  const std::string_view to = effects.text(request.to);
  const FileId replaced = find(to);
  at = std::max(at, files_[id].last);
  if (replaced != no_file) at = std::max(at, files_[replaced].last);
  at = in_file_order(files_[id], in_directory_order(at));
  if (replaced == id && request.label_count == 0) return at;  // nothing changes
  DirectoryChange& change = change_directory(request, id);
  change.to = to;
  keep_directory_labels(change, request, effects);
  if (replaced == id) return at;  // nothing changes but what its labels wait for

  if (replaced != no_file) {
    change.replaced = replaced;
    files_[replaced].linked = false;
    ++files_[replaced].unsynced_links;
  }
  directory_.erase(change.name);
  directory_.insert_or_assign(change.to, id);
  files_[id].name = to;
  return at;
}

void NodeDisk::keep_directory_labels(DirectoryChange& change, const DiskRequest& request,
                                     const Effects& effects) {
  CHECK(std::uint64_t{request.label_first} + request.label_count <= effects.labels.size());
  for (std::uint32_t i = 0; i < request.label_count; ++i)
    change.labels.push_back({request.op, effects.labels[request.label_first + i]});
}

std::size_t NodeDisk::changes_before(const File& file, DiskOp op) {
  const auto first_kept =
      std::find_if(file.changes.begin(), file.changes.end(), [op](const Change& c) { return c.op >= op; });
  return static_cast<std::size_t>(first_kept - file.changes.begin());
}

/// They are on the disk, or never will be.
void NodeDisk::drop_first_changes(File& file, std::size_t count) {
  const auto first_kept = file.changes.begin() + static_cast<std::ptrdiff_t>(count);
  std::uint64_t undo = 0;
  for (auto c = file.changes.begin(); c != first_kept; ++c) undo += c->undo_length;
  file.changes.erase(file.changes.begin(), first_kept);
  file.undo.erase(file.undo.begin(), file.undo.begin() + static_cast<std::ptrdiff_t>(undo));
  file.lied_changes -= std::min(file.lied_changes, count);
}

void NodeDisk::sync_changes_before(File& file, DiskOp op) {
  const std::size_t count = changes_before(file, op);
  if (file.platter) to_platter(*file.platter, file, count);
  drop_first_changes(file, count);
}

/// Reports the labels whose bytes are synced, once the file is certain to be found under its name: a removed
/// or replaced one counts its removal as unsynced until it is freed.
void NodeDisk::release_labels(File& file, std::vector<LabelledOp>& durable) {
  if (file.unsynced_links != 0) return;
  auto l = file.labels.begin();
  for (; l != file.labels.end() && l->op < file.synced_before; ++l)
    if (!l->superseded) {
      if (lies_told_ && at_risk(file, *l)) file.claims.push_back(*l);
      if (keeps_records_) label_became_durable(*l), keep_record(file, *l, next_);
      durable.push_back({l->op, std::move(l->label)});
    }
  file.labels.erase(file.labels.begin(), l);
}

void NodeDisk::sync_directory_before(DiskOp op, std::vector<LabelledOp>& durable) {
  const auto first_kept =
      std::ranges::find_if(directory_changes_, [op](const DirectoryChange& c) { return c.op >= op; });
  std::vector<DirectoryChange> done(std::make_move_iterator(directory_changes_.begin()),
                                    std::make_move_iterator(first_kept));
  directory_changes_.erase(directory_changes_.begin(), first_kept);
  for (DirectoryChange& c : done) {
    if (!c.lied) tell_durable(c, durable);
    put_on_disk(c);
  }
  for (const DirectoryChange& c : done) free_nameless(c);
  for (const DirectoryChange& c : done)
    if (!c.lied) release_labels(files_[c.file], durable);
  std::stable_sort(durable.begin(), durable.end(),
                   [](const LabelledOp& a, const LabelledOp& b) { return a.op < b.op; });
}

/// A removal takes whatever has the name, and a rename and a creation take it from whoever has it.
void NodeDisk::apply(const DirectoryChange& change, Directory& directory) {
  if (change.action == DiskAction::remove) {
    directory.erase(change.name);
    return;
  }
  if (change.name == change.to) return;
  std::erase_if(directory, [&change](const auto& entry) { return entry.second == change.file; });
  directory.insert_or_assign(change.action == DiskAction::rename ? change.to : change.name, change.file);
}

/// Whoever loses its name on the disk by it, and had lost it for the process before, has none any more.
void NodeDisk::put_on_disk(const DirectoryChange& change) {
  const auto named = synced_directory_.find(change.action == DiskAction::rename ? change.to : change.name);
  const FileId before = named == synced_directory_.end() ? no_file : named->second;
  apply(change, synced_directory_);
  if (before != no_file && before != change.file && before != change.replaced && !found_or_named(before))
    free_file(before);
}

bool NodeDisk::found_or_named(FileId id) const {
  return files_[id].linked || names_at_risk(files_[id]) ||
         std::ranges::any_of(synced_directory_, [id](const auto& entry) { return entry.second == id; });
}

void NodeDisk::free_nameless(const DirectoryChange& change) {
  if (change.action == DiskAction::remove && !found_or_named(change.file)) free_file(change.file);
  if (change.replaced != no_file && !found_or_named(change.replaced)) free_file(change.replaced);
}

/// Says that a change of the directory is durable, and with it the name of its file.
void NodeDisk::tell_durable(DirectoryChange& change, std::vector<LabelledOp>& durable) {
  File& file = files_[change.file];
  for (const LabelledOp& l : change.labels) {
    const PendingLabel label = whole_file(l, file);
    if (lies_told_ && at_risk(file, label)) file.claims.push_back(label);
    if (keeps_records_) keep_record(file, label, next_);
  }
  durable.insert(durable.end(), change.labels.begin(), change.labels.end());
  --file.unsynced_links;
}

/// A label on a rename speaks of what the file holds.
NodeDisk::PendingLabel NodeDisk::whole_file(const LabelledOp& label, const File& file) {
  return {label.op, label.label, 0, file.bytes.size(), false, std::nullopt, DiskOp{}};
}

}  // namespace raftsim::sim
