// How long what a disk does takes, and in which order it is done. The rules are in disk.hpp.
#include <algorithm>

#include "sim/disk.hpp"

namespace raftsim::sim {

Duration NodeDisk::latency(DiskAction action) {
  Duration d;
  switch (action) {
    case DiskAction::write:
    case DiskAction::truncate:
    case DiskAction::rename:
    case DiskAction::remove:
      d = write_latency_.sample(model_.write);
      break;
    case DiskAction::read:
    case DiskAction::list:
      d = read_latency_.sample(model_.read);
      break;
    case DiskAction::sync:
    case DiskAction::sync_directory:
      d = sync_latency_.sample(model_.fsync);
      break;
  }
  if (pace() > 1) hit(DiskFaultKind::slow);
  return d * pace();
}

Instant NodeDisk::in_file_order(File& file, Instant at) {
  file.last = std::max(file.last, at);
  return file.last;
}

Instant NodeDisk::in_directory_order(Instant at) {
  directory_last_ = std::max(directory_last_, at);
  return directory_last_;
}

std::vector<NodeDisk::Due> NodeDisk::go_on(Instant now, std::int64_t pace_before) {
  std::vector<Due> other;
  if (pace() == pace_before) return other;
  const auto at_pace = [&](Instant then) {
    return then <= now ? then : now + Duration{(then - now).ns / pace_before * pace()};
  };
  for (File& file : files_) file.last = at_pace(file.last);
  directory_last_ = at_pace(directory_last_);
  for (DiskOp op = oldest_; op < next_; ++op) {
    InFlight& under_way = ring_[op.value & (ring_.size() - 1)];
    if (!under_way.waiting || under_way.told || under_way.due <= now) continue;
    if (pace() > 1) hit(DiskFaultKind::slow);
    under_way.due = at_pace(under_way.due);
    other.push_back({op, under_way.due});
  }
  return other;
}

bool NodeDisk::take_due(DiskOp op, Instant now) {
  InFlight& under_way = ring_[op.value & (ring_.size() - 1)];
  if (op < oldest_ || !under_way.waiting || under_way.told || under_way.due != now) return false;
  under_way.told = true;
  return true;
}

}  // namespace raftsim::sim
