#include "sim/twin_disk.hpp"

#include <algorithm>

namespace raftsim::sim {

void TwinDisk::issue(const DiskRequest& r, const Effects& effects) {
  const ByteSpan bytes = effects.bytes(r.bytes);
  waiting_.push_back({r.op,
                      r.action,
                      r.offset,
                      r.length,
                      std::string(effects.text(r.file)),
                      std::string(effects.text(r.to)),
                      {bytes.begin(), bytes.end()}});
}

ByteSpan TwinDisk::read(const Operation& o, const std::vector<std::byte>& file) {
  const std::uint64_t begin = std::min<std::uint64_t>(o.offset, file.size());
  return {file.data() + begin, std::min<std::uint64_t>(o.length, file.size() - begin)};
}

void TwinDisk::write(const Operation& o, std::vector<std::byte>& file) {
  if (o.bytes.empty()) return;  // creates the file, extends nothing
  file.resize(std::max<std::size_t>(file.size(), o.offset + o.bytes.size()));
  std::copy(o.bytes.begin(), o.bytes.end(), file.begin() + static_cast<std::ptrdiff_t>(o.offset));
}

/// Of what must be there: truncate, rename, remove, sync.
DiskStatus TwinDisk::change(const Operation& o) {
  const auto found = files_.find(o.file);
  if (found == files_.end()) return DiskStatus::not_found;
  if (o.action == DiskAction::truncate) found->second.resize(o.length);
  if (o.action == DiskAction::rename) {
    std::vector<std::byte> moved = std::move(found->second);
    files_.erase(found);
    files_.insert_or_assign(o.to, std::move(moved));
  } else if (o.action == DiskAction::remove) {
    files_.erase(found);
  }
  return DiskStatus::ok;
}

DiskDone TwinDisk::perform() {
  const Operation o = std::move(waiting_.front());
  waiting_.pop_front();
  DiskDone done{o.op, DiskStatus::ok, {}, {}};
  if (o.action == DiskAction::write) {
    write(o, files_[o.file]);
  } else if (o.action == DiskAction::list) {
    names_.clear();
    for (const auto& file : files_) names_.push_back(file.first);
    done.names = names_;
  } else if (o.action == DiskAction::read) {
    const auto found = files_.find(o.file);
    if (found == files_.end())
      done.status = DiskStatus::not_found;
    else
      done.bytes = read(o, found->second);
  } else if (o.action != DiskAction::sync_directory) {
    done.status = change(o);
  }
  return done;
}

std::uint64_t TwinDisk::bytes() const {
  std::uint64_t sum = 0;
  for (const auto& file : files_) sum += file.second.size();
  return sum;
}

}  // namespace raftsim::sim
