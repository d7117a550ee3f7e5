// A disk of which everything is done at once, for tests of what goes wrong with it.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "sim/disk.hpp"

namespace raftsim::sim {

struct FaultyDisk {
  FaultyDisk() : FaultyDisk(Disk{}) {}
  explicit FaultyDisk(const Disk& model) : disk(model, NodeId{1}, decisions) { disk.keep_records(); }

  Decisions decisions{from_seed(7)};
  NodeDisk disk;
  Stream choices{decisions.open({Purpose::fault_rot, 1})};
  DiskOp last_op;
  DoneOut done;

  DiskOp last() const { return last_op; }
  void issue(DiskRequest request, std::string_view file, std::string_view = {}, ByteSpan bytes = {},
             const std::vector<Label>& labels = {}) {
    Effects effects;
    request.op = ++last_op;
    request.file = effects.put(file);
    request.bytes = effects.put(bytes);
    effects.labels = labels;
    request.label_count = static_cast<std::uint32_t>(labels.size());
    disk.issue(Instant{}, request, effects);
  }
  const DoneOut& complete(DiskOp op) {
    disk.complete(op, done);
    return done;
  }
  void write(std::string_view file, std::uint64_t offset, std::string_view text,
             std::vector<Label> labels = {}) {
    DiskRequest r;
    r.action = DiskAction::write;
    r.offset = offset;
    issue(r, file, {}, std::as_bytes(std::span(text.data(), text.size())), std::move(labels));
  }
  DiskStatus act(DiskAction action, std::string_view file = {}) {
    DiskRequest r;
    r.action = action;
    r.length = 1'000;
    issue(r, file);
    return complete(last()).status;
  }
  void store(std::string_view file, std::uint64_t offset, std::string_view text,
             std::vector<Label> labels = {}) {
    write(file, offset, text, std::move(labels));
    complete(last());
    act(DiskAction::sync, file);
    act(DiskAction::sync_directory);
  }
  std::string content(const std::string& file) const {
    const Files files = disk.contents();
    const auto at = files.find(file);
    if (at == files.end()) return "(none)";
    return {reinterpret_cast<const char*>(at->second.data()), at->second.size()};
  }
  /// Entry `index` in a sector of its own.
  void store_entry(std::uint64_t index, std::string_view file = "log") {
    store(file, (index - 1) * 512, "entry",
          {EntriesLabel{.first = Index{index}, .last = Index{index}, .last_term = Term{1}, .chain = index}});
  }
  void restart() {
    disk.process_stopped();
    last_op = DiskOp{};
  }
};

inline Label snapshot_up_to(std::uint64_t index) {
  return SnapshotLabel{.index = Index{index}, .term = Term{1}, .state_hash = index, .configuration = {}};
}

/// A snapshot is written aside, synced and renamed to its name.
struct SnapshotDisk : FaultyDisk {
  void write_aside(std::uint64_t index) {
    write("new", 0, std::string(700, static_cast<char>('a' + index % 20)));
    complete(last());
    act(DiskAction::sync, "new");
  }
  void rename(std::uint64_t index) {
    Effects effects;
    DiskRequest r;
    r.op = ++last_op;
    r.action = DiskAction::rename;
    r.file = effects.put("new");
    r.to = effects.put("snapshot");
    effects.labels = {snapshot_up_to(index)};
    r.label_count = 1;
    disk.issue(Instant{}, r, effects);
    complete(last());
  }
  void take(std::uint64_t index) {
    write_aside(index);
    rename(index);
    act(DiskAction::sync_directory);
  }
};

inline bool tells_of(const std::vector<LabelledOp>& labels, std::uint64_t index) {
  return std::ranges::any_of(labels,
                             [index](const LabelledOp& l) { return l.label == snapshot_up_to(index); });
}

}  // namespace raftsim::sim
