#include "tests/sim_primitives/disk_model.hpp"

#include <algorithm>

#include "seam/check.hpp"

namespace raftsim::sim::test {

std::ostream& operator<<(std::ostream& out, const Line& line) {
  static constexpr const char* names[] = {"write",          "truncate", "sync",       "rename", "remove",
                                          "sync_directory", "settle",   "fail_syncs", "lie",    "honest"};
  return out << names[static_cast<int>(line.what)] << ' ' << line.file << ' ' << line.offset << '+'
             << line.length << ' ' << line.to;
}

std::byte script_byte(DiskOp op, std::uint64_t at) {
  return static_cast<std::byte>(mix_bits(op.value * 1'000'003 + at) & 0xFF);
}

void DiskModel::run(const Script& script) {
  for (const Line& line : script) {
    if (line.what == Do::fail_syncs || line.what == Do::lie || line.what == Do::honest) {
      syncs_ = line.what == Do::fail_syncs ? Syncs::fail : line.what == Do::lie ? Syncs::lie : Syncs::work;
      continue;
    }
    if (line.what == Do::settle) {
      settle();
      continue;
    }
    const DiskOp op = ++last_;
    const Names now = names();
    const auto found = now.find(line.file);
    if (line.what == Do::write) {
      Edit edit{op, line.offset, {}, 0};
      for (std::uint64_t i = 0; i < line.length; ++i) edit.bytes.push_back(script_byte(op, i));
      Inode& inode = inodes_[inode_for_write(line.file, op)];
      edit.length = std::max(length(inode), line.length == 0 ? 0 : line.offset + line.length);
      inode.edits.push_back(edit);
      writes_.push_back(op);
    } else if (line.what == Do::sync_directory) {
      if (syncs_ == Syncs::work) directory_sync_issued_ = op;
      if (syncs_ == Syncs::fail) directory_failed_ = op;
      if (syncs_ == Syncs::lie) directory_lied_ = op;
    } else if (found == now.end()) {
      continue;
    } else if (line.what == Do::truncate) {
      inodes_[found->second].edits.push_back({op, 0, {}, line.offset});
    } else if (line.what == Do::sync) {
      if (syncs_ == Syncs::work) inodes_[found->second].sync_issued = op;
      if (syncs_ == Syncs::fail) inodes_[found->second].failed = op;
      if (syncs_ == Syncs::lie) inodes_[found->second].lied = op;
    } else if (line.what == Do::remove || line.to != line.file) {
      changes_.push_back({op, line.file, line.what == Do::rename ? line.to : "", found->second});
    }
  }
}

/// All syncs between two settles work, or fail, or lie. One that fails says at least that those before it
/// that lied are true by now.
void DiskModel::settle() {
  for (Inode& inode : inodes_) {
    inode.synced = std::max(inode.synced, inode.sync_issued);
    if (inode.failed > inode.synced && inode.lied < inode.failed)
      inode.synced = std::max(inode.synced, inode.lied);
    for (Edit& e : inode.edits) e.never = e.never || (e.op >= inode.synced && e.op < inode.failed);
  }
  directory_synced_ = std::max(directory_synced_, directory_sync_issued_);
  if (directory_failed_ > directory_synced_ && directory_lied_ < directory_failed_)
    directory_synced_ = std::max(directory_synced_, directory_lied_);
  for (Rename& c : changes_) c.never = c.never || (c.op >= directory_synced_ && c.op < directory_failed_);
}

void DiskModel::stop() {
  for (Inode& inode : inodes_) std::erase_if(inode.edits, [](const Edit& e) { return e.never; });
  std::erase_if(changes_, [](const Rename& c) { return c.never; });
}

std::size_t DiskModel::inode_for_write(const std::string& name, DiskOp op) {
  const Names now = names();
  if (const auto found = now.find(name); found != now.end()) return found->second;
  inodes_.emplace_back();
  changes_.push_back({op, "", name, inodes_.size() - 1});
  return inodes_.size() - 1;
}

/// Inode by name, after those changes that survive, one after the other.
DiskModel::Names DiskModel::names(const std::vector<bool>& survive) const {
  Names names;
  for (std::size_t i = 0; i < changes_.size(); ++i) {
    if (!survive[i]) continue;
    const Rename& c = changes_[i];
    if (c.to.empty()) {
      names.erase(c.from);
      continue;
    }
    std::erase_if(names, [&c](const auto& entry) { return entry.second == c.inode; });
    names[c.to] = c.inode;
  }
  return names;
}

std::vector<std::vector<bool>> DiskModel::survivals(OnCrash mode) const {
  std::vector<bool> all;
  std::vector<std::size_t> open;  // those that may survive or not
  for (std::size_t i = 0; i < changes_.size(); ++i) {
    all.push_back(!changes_[i].never);
    if (!changes_[i].never && !synced(changes_[i])) open.push_back(i);
  }
  if (mode == OnCrash::keep_all) return {all};
  std::vector<std::vector<bool>> ways;
  for (std::uint64_t way = 0; way < std::uint64_t{1} << open.size(); ++way) {
    std::vector<bool> survive = all;
    for (std::size_t k = 0; k < open.size(); ++k) survive[open[k]] = (way >> k & 1) != 0;
    // A prefix: ones, then zeros.
    const bool prefix = (way & (way + 1)) == 0;
    if (prefix || dirents_ == Dirents::any_subset) ways.push_back(survive);
  }
  return ways;
}

std::size_t DiskModel::synced_edits(const Inode& inode) {
  return static_cast<std::size_t>(std::count_if(inode.edits.begin(), inode.edits.end(),
                                                [&](const Edit& e) { return e.op < inode.synced; }));
}

/// Invariant of a Content: its offsets are 0, 1, ... length - 1.
static void set_length(std::map<std::uint64_t, std::byte>& content, std::uint64_t length) {
  content.erase(content.lower_bound(length), content.end());
  while (content.size() < length) content.emplace(content.size(), std::byte{0});
}

DiskModel::Content DiskModel::replay(const Inode& inode, std::size_t edits, Of of) {
  Content content;
  for (std::size_t i = 0; i < edits; ++i) {
    const Edit& e = inode.edits[i];
    if (e.never && of == Of::disk) continue;
    // A length is written as it was in memory then, whatever became of the bytes before its end.
    set_length(content, e.length);
    for (std::uint64_t b = 0; b < e.bytes.size(); ++b) content[e.offset + b] = e.bytes[b];
  }
  return content;
}

/// Offsets written by edits that are not synced, gaps included, and not cut off since.
std::set<std::uint64_t> DiskModel::dirty(const Inode& inode) {
  std::set<std::uint64_t> offsets;
  for (std::size_t i = synced_edits(inode); i < inode.edits.size(); ++i) {
    const Edit& e = inode.edits[i];
    if (e.never) continue;
    const std::uint64_t before = replay(inode, i, Of::disk).size();
    const std::uint64_t after = replay(inode, i + 1, Of::disk).size();
    for (std::uint64_t b = before; b < after; ++b) offsets.insert(b);
    for (std::uint64_t b = 0; b < e.bytes.size(); ++b) offsets.insert(e.offset + b);
    offsets.erase(offsets.lower_bound(after), offsets.end());
  }
  return offsets;
}

std::set<Pattern> DiskModel::patterns(const Inode& inode, OnCrash mode) {
  const Content latest = replay(inode, inode.edits.size(), Of::disk);
  const auto to_pattern = [](const Content& c) {
    Pattern p;
    for (const auto& [offset, byte] : c) p.push_back(std::to_integer<int>(byte));
    return p;
  };
  if (mode == OnCrash::keep_all) return {to_pattern(latest)};

  const std::set<std::uint64_t> written = dirty(inode);
  std::set<std::uint64_t> sectors;
  for (std::uint64_t b : written) sectors.insert(b / sector_bytes);

  std::set<Pattern> all;
  Content base = replay(inode, synced_edits(inode), Of::disk);
  std::vector<Content> bases{base};
  for (std::size_t i = synced_edits(inode); i < inode.edits.size(); ++i) {
    const std::uint64_t after = replay(inode, i + 1, Of::disk).size();
    if (after == replay(inode, i, Of::disk).size()) continue;
    set_length(base, after);
    bases.push_back(base);
  }
  for (const Content& b : bases) {
    std::set<Pattern> images{to_pattern(b)};
    for (std::uint64_t sector : sectors) {
      std::set<Pattern> more;
      for (const Pattern& lost : images) {
        Pattern kept = lost;
        Pattern torn = lost;
        for (std::uint64_t o : written) {
          if (o / sector_bytes != sector || o >= lost.size()) continue;
          kept[o] = std::to_integer<int>(latest.at(o));
          torn[o] = any;
        }
        more.insert(kept);
        if (mode == OnCrash::torn_unsynced) more.insert(torn);
      }
      images.merge(more);
    }
    all.merge(images);
  }
  return all;
}

std::set<ImagePattern> DiskModel::images(OnCrash mode) const {
  std::set<ImagePattern> all;
  for (const std::vector<bool>& survive : survivals(mode)) {
    std::set<ImagePattern> images{ImagePattern{}};
    for (const auto& [name, inode] : names(survive)) {
      std::set<ImagePattern> more;
      for (const ImagePattern& image : images)
        for (const Pattern& p : patterns(inodes_[inode], mode)) {
          ImagePattern with = image;
          with[name] = p;
          more.insert(with);
        }
      images = std::move(more);
    }
    all.merge(images);
  }
  return all;
}

ImagePattern DiskModel::readable() const {
  ImagePattern image;
  for (const auto& [name, inode] : names()) {
    Pattern& p = image[name];
    for (const auto& [offset, byte] : replay(inodes_[inode], inodes_[inode].edits.size(), Of::memory))
      p.push_back(std::to_integer<int>(byte));
  }
  return image;
}

static bool matches(const std::vector<std::byte>& bytes, const Pattern& pattern) {
  return std::equal(bytes.begin(), bytes.end(), pattern.begin(), pattern.end(),
                    [](std::byte b, int p) { return p == any || std::to_integer<int>(b) == p; });
}

bool DiskModel::legal(const Files& image, OnCrash mode) const {
  const std::vector<std::vector<bool>> ways = survivals(mode);
  return std::ranges::any_of(ways, [&](const std::vector<bool>& survive) {
    const Names present = names(survive);
    if (present.size() != image.size()) return false;
    return std::all_of(present.begin(), present.end(), [&](const auto& entry) {
      const auto file = image.find(entry.first);
      if (file == image.end()) return false;
      const std::set<Pattern> allowed = patterns(inodes_[entry.second], mode);
      return std::any_of(allowed.begin(), allowed.end(),
                         [&](const Pattern& p) { return matches(file->second, p); });
    });
  });
}

bool DiskModel::certain(DiskOp write) const {
  for (const auto& [name, inode] : names()) {
    for (const Edit& e : inodes_[inode].edits) {
      if (e.op != write) continue;
      for (const std::vector<bool>& survive : survivals(OnCrash::torn_unsynced)) {
        const Names present = names(survive);
        const auto found = present.find(name);
        if (found == present.end() || found->second != inode) return false;
      }
      const std::set<Pattern> all = patterns(inodes_[inode], OnCrash::torn_unsynced);
      return std::all_of(all.begin(), all.end(), [&](const Pattern& p) {
        if (p.size() < e.offset + e.bytes.size()) return false;
        for (std::uint64_t b = 0; b < e.bytes.size(); ++b)
          if (p[e.offset + b] != std::to_integer<int>(e.bytes[b])) return false;
        return true;
      });
    }
  }
  return false;  // removed or replaced
}

DiskRig::DiskRig(const Disk& model, std::uint64_t seed)
    : decisions({Base::seed, seed, {}, false}), disk(model, NodeId{1}, decisions) {}

Instant DiskRig::issue(DiskRequest request, std::string_view file, std::string_view to, ByteSpan bytes,
                       std::vector<Label> labels) {
  effects_.clear();
  request.op = ++last_;
  request.file = effects_.put(file);
  request.to = effects_.put(to);
  request.bytes = effects_.put(bytes);
  request.label_count = static_cast<std::uint32_t>(labels.size());
  effects_.labels = std::move(labels);
  const Instant at = disk.issue(now, request, effects_);
  CHECK(at >= now);
  in_flight_[request.op] = at;
  return at;
}

void DiskRig::run(const Script& script) {
  for (const Line& line : script) {
    static constexpr DiskAction actions[] = {DiskAction::write,  DiskAction::truncate,
                                             DiskAction::sync,   DiskAction::rename,
                                             DiskAction::remove, DiskAction::sync_directory};
    if (line.what == Do::settle) {
      settle();
      continue;
    }
    if (line.what == Do::fail_syncs || line.what == Do::lie || line.what == Do::honest) {
      disk.end(DiskFaultKind::sync_error);
      disk.end(DiskFaultKind::fsync_lies);
      if (line.what == Do::fail_syncs) disk.begin(DiskFaultKind::sync_error);
      if (line.what == Do::lie) disk.begin(DiskFaultKind::fsync_lies);
      continue;
    }
    DiskRequest request;
    request.action = actions[static_cast<int>(line.what)];
    request.offset = line.offset;
    if (line.what == Do::truncate) request.length = line.offset;
    std::vector<std::byte> bytes;
    std::vector<Label> labels;
    if (line.what == Do::write) {
      const DiskOp op = last_ + 1;
      for (std::uint64_t i = 0; i < line.length; ++i) bytes.push_back(script_byte(op, i));
      labels.push_back(EntriesLabel{Index{op.value}, Index{op.value}, Term{}, 0});
    }
    issue(request, line.file, line.to, bytes, std::move(labels));
    now = now + microseconds(3);
  }
}

void DiskRig::settle() {
  std::vector<std::pair<Instant, DiskOp>> order;
  for (const auto& [op, at] : in_flight_) order.emplace_back(at, op);
  std::sort(order.begin(), order.end());
  for (const auto& [at, op] : order) {
    now = std::max(now, at);
    complete(op);
  }
}

const DoneOut& DiskRig::complete(DiskOp op) {
  disk.complete(op, done_);
  in_flight_.erase(op);
  for (const LabelledOp& l : done_.durable) {
    const bool first = durable_.insert(number(l)).second;
    CHECK(first || !std::holds_alternative<EntriesLabel>(l.label));
  }
  return done_;
}

const CrashReport& DiskRig::crash(OnCrash mode) {
  disk.crash(mode, incarnation_++, report_);
  in_flight_.clear();
  last_ = DiskOp{};
  return report_;
}

std::uint64_t number(const LabelledOp& label) {
  if (const auto* entries = std::get_if<EntriesLabel>(&label.label))
    CHECK(entries->first.value == label.op.value);
  return label.op.value;
}

}  // namespace raftsim::sim::test
