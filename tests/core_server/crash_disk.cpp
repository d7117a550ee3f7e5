#include "tests/core_server/crash_disk.hpp"

#include <algorithm>

#include "seam/check.hpp"

namespace raftsim::core {

std::size_t EveryChoice::choose(std::size_t n) {
  if (at_ == digits_.size()) digits_.push_back({0, n});
  CHECK(digits_[at_].base == n);
  return digits_[at_++].value;
}

bool EveryChoice::next() {
  at_ = 0;
  while (!digits_.empty() && digits_.back().value + 1 == digits_.back().base) digits_.pop_back();
  if (digits_.empty()) return false;
  ++digits_.back().value;
  return true;
}

CrashDisk::CrashDisk(const Files& files) {
  for (const auto& [name, bytes] : files) {
    now_[name] = files_.size();
    files_.push_back({bytes, bytes, {}});
  }
  durable_ = now_;
}

void CrashDisk::apply(const Change& change, Directory& directory) {
  if (change.action == DiskAction::write) {
    directory[change.name] = change.file;
    return;
  }
  const std::size_t file = directory.at(change.name);
  directory.erase(change.name);
  if (change.action == DiskAction::rename) directory[change.to] = file;
}

void CrashDisk::change(Change what) {
  apply(what, now_);
  changes_.push_back(std::move(what));
}

void CrashDisk::write(const DiskRequest& request, const std::string& name, ByteSpan bytes) {
  if (!now_.contains(name)) {
    change({name, "", files_.size(), DiskAction::write});
    files_.emplace_back();
  }
  File& file = files_[now_.at(name)];
  const std::uint64_t end = request.offset + bytes.size();
  if (file.now.size() < end) file.now.resize(end);
  std::copy(bytes.begin(), bytes.end(), file.now.begin() + static_cast<std::ptrdiff_t>(request.offset));
  ++version_;
  for (std::uint64_t s = request.offset / sector; s * sector < end; ++s) file.dirty[s] = version_;
}

bool CrashDisk::finds_space(const DiskRequest& request, const std::string& name) const {
  if (!full_) return true;
  const auto found = now_.find(name);
  return found != now_.end() && request.offset + request.bytes.length <= files_[found->second].now.size();
}

void CrashDisk::issue(const Effects& effects) {
  for (const Effect& effect : effects.list) {
    const auto* request = std::get_if<DiskRequest>(&effect);
    if (request == nullptr) continue;
    Pending pending;
    pending.request = *request;
    pending.name = std::string(effects.text(request->file));
    const bool names_a_file = request->action == DiskAction::sync || request->action == DiskAction::remove ||
                              request->action == DiskAction::rename;
    if (names_a_file && !now_.contains(pending.name)) {
      pending.done.status = DiskStatus::not_found;
    } else if (request->action == DiskAction::write) {
      ByteSpan bytes = effects.bytes(request->bytes);
      if (!finds_space(*request, pending.name)) {
        pending.done.status = DiskStatus::full;
        bytes = bytes.first(std::min<std::size_t>(bytes.size(), full_(bytes.size() / sector + 2) * sector));
      }
      if (!bytes.empty()) write(*request, pending.name, bytes);
    } else if (request->action == DiskAction::sync) {
      pending.file = now_.at(pending.name);
      pending.versions = files_[pending.file].dirty;
      pending.content = files_[pending.file].now;
    } else if (request->action == DiskAction::sync_directory) {
      pending.changes = changes_durable_ + changes_.size();
    } else if (request->action == DiskAction::list) {
      for (const auto& [name, file] : now_) pending.done.names.push_back(name);
    } else if (request->action == DiskAction::rename || request->action == DiskAction::remove) {
      change({pending.name, std::string(effects.text(request->to)), 0, request->action});
    } else {
      CHECK(request->action == DiskAction::read);
      pending.done.bytes = files_[now_.at(pending.name)].now;
    }
    pending_.push_back(std::move(pending));
  }
}

CrashDisk::Done CrashDisk::finish(std::deque<Pending>::iterator at) {
  Pending pending = std::move(*at);
  pending_.erase(at);
  if (pending.request.action == DiskAction::sync && pending.done.status == DiskStatus::ok) {
    File& file = files_[pending.file];
    for (const auto& [s, version] : pending.versions) {
      const std::uint64_t begin = s * sector;
      const std::uint64_t end = std::min<std::uint64_t>(begin + sector, pending.content.size());
      if (file.durable.size() < end) file.durable.resize(end);
      std::copy(pending.content.begin() + static_cast<std::ptrdiff_t>(begin),
                pending.content.begin() + static_cast<std::ptrdiff_t>(end),
                file.durable.begin() + static_cast<std::ptrdiff_t>(begin));
      const auto dirty = file.dirty.find(s);
      if (dirty != file.dirty.end() && dirty->second == version) file.dirty.erase(dirty);
    }
  }
  for (; changes_durable_ < pending.changes; ++changes_durable_) {
    apply(changes_.front(), durable_);
    changes_.pop_front();
  }
  pending.done.request = pending.request;
  return std::move(pending.done);
}

CrashDisk::Done CrashDisk::complete_first() {
  CHECK(!pending_.empty());
  return finish(pending_.begin());
}

std::optional<CrashDisk::Done> CrashDisk::complete_on(std::string_view prefix) {
  const auto at = std::find_if(pending_.begin(), pending_.end(), [prefix](const Pending& p) {
    return prefix.empty() ? p.name.empty() : p.name.starts_with(prefix);
  });
  if (at == pending_.end()) return std::nullopt;
  return finish(at);
}

CrashDisk::Done CrashDisk::complete(const Chooser& choose) {
  std::vector<std::size_t> ready;
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    const bool first_of_its_file =
        std::none_of(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(i),
                     [&](const Pending& earlier) { return earlier.name == pending_[i].name; });
    if (first_of_its_file) ready.push_back(i);
  }
  return finish(pending_.begin() + static_cast<std::ptrdiff_t>(ready.at(choose(ready.size()))));
}

Files CrashDisk::crash(const Chooser& choose) const {
  Directory directory = durable_;
  const std::size_t kept = std::min(choose(changes_.size() + 1), changes_.size());
  for (std::size_t i = 0; i < kept; ++i) apply(changes_[i], directory);
  Files image;
  for (const auto& [name, number] : directory) {
    const File& file = files_[number];
    std::vector<std::byte>& bytes = image[name];
    bytes = file.durable;
    for (const auto& [s, version] : file.dirty) {
      const std::size_t fate = choose(3);
      if (fate == 0) continue;
      const std::uint64_t begin = s * sector;
      const std::uint64_t end = std::min<std::uint64_t>(begin + sector, file.now.size());
      if (bytes.size() < end) bytes.resize(end);
      for (std::uint64_t i = begin; i < end; ++i) {
        bytes[i] = fate == 1 ? file.now[i] : static_cast<std::byte>(0xA5 ^ (i * 37));
      }
    }
    const bool length_without_data = bytes.size() < file.now.size() && choose(2) == 1;
    if (length_without_data) bytes.resize(file.now.size());
  }
  return image;
}

Files CrashDisk::contents() const {
  Files all;
  for (const auto& [name, number] : now_) all[name] = files_[number].now;
  return all;
}

}  // namespace raftsim::core
