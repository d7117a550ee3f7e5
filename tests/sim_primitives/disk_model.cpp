#include "tests/sim_primitives/disk_model.hpp"

#include <algorithm>

#include "seam/check.hpp"

namespace raftsim::sim::test {

std::ostream& operator<<(std::ostream& out, const Line& line) {
  static constexpr const char* names[] = {"write",  "truncate",       "sync",  "rename",
                                          "remove", "sync_directory", "settle"};
  return out << names[static_cast<int>(line.what)] << ' ' << line.file << ' ' << line.offset << '+'
             << line.length << ' ' << line.to;
}

std::byte script_byte(DiskOp op, std::uint64_t at) {
  return static_cast<std::byte>(mix_bits(op.value * 1'000'003 + at) & 0xFF);
}

void DiskModel::run(const Script& script) {
  for (const Line& line : script) {
    if (line.what == Do::settle) {
      for (Inode& inode : inodes_) inode.synced = inode.sync_issued;
      directory_synced_ = directory_sync_issued_;
      continue;
    }
    const DiskOp op = ++last_;
    const Names now = names(changes_.size());
    const auto found = now.find(line.file);
    if (line.what == Do::write) {
      Edit edit{op, false, line.offset, {}};
      for (std::uint64_t i = 0; i < line.length; ++i) edit.bytes.push_back(script_byte(op, i));
      inodes_[inode_for_write(line.file, op)].edits.push_back(edit);
      writes_.push_back(op);
    } else if (line.what == Do::sync_directory) {
      directory_sync_issued_ = op;
    } else if (found == now.end()) {
      continue;
    } else if (line.what == Do::truncate) {
      inodes_[found->second].edits.push_back({op, true, line.offset, {}});
    } else if (line.what == Do::sync) {
      inodes_[found->second].sync_issued = op;
    } else {
      changes_.push_back({op, line.file, line.what == Do::rename ? line.to : "", found->second});
    }
  }
}

std::size_t DiskModel::inode_for_write(const std::string& name, DiskOp op) {
  const Names now = names(changes_.size());
  if (const auto found = now.find(name); found != now.end()) return found->second;
  inodes_.emplace_back();
  changes_.push_back({op, "", name, inodes_.size() - 1});
  return inodes_.size() - 1;
}

DiskModel::Names DiskModel::names(std::size_t changes) const {
  Names names;
  for (std::size_t i = 0; i < changes; ++i) {
    names.erase(changes_[i].from);
    if (!changes_[i].to.empty()) names[changes_[i].to] = changes_[i].inode;
  }
  return names;
}

std::size_t DiskModel::synced_changes() const {
  return static_cast<std::size_t>(std::count_if(changes_.begin(), changes_.end(),
                                                [&](const Rename& r) { return r.op < directory_synced_; }));
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

DiskModel::Content DiskModel::replay(const Inode& inode, std::size_t edits) {
  Content content;
  for (std::size_t i = 0; i < edits; ++i) {
    const Edit& e = inode.edits[i];
    if (e.truncates) {
      set_length(content, e.offset);
      continue;
    }
    if (!e.bytes.empty())
      set_length(content, std::max<std::uint64_t>(content.size(), e.offset + e.bytes.size()));
    for (std::uint64_t b = 0; b < e.bytes.size(); ++b) content[e.offset + b] = e.bytes[b];
  }
  return content;
}

/// Offsets written by edits that are not synced, gaps included, and not cut off since.
std::set<std::uint64_t> DiskModel::dirty(const Inode& inode) {
  std::set<std::uint64_t> offsets;
  for (std::size_t i = synced_edits(inode); i < inode.edits.size(); ++i) {
    const Edit& e = inode.edits[i];
    const std::uint64_t before = replay(inode, i).size();
    const std::uint64_t after = replay(inode, i + 1).size();
    for (std::uint64_t b = before; b < after; ++b) offsets.insert(b);
    for (std::uint64_t b = 0; b < e.bytes.size(); ++b) offsets.insert(e.offset + b);
    offsets.erase(offsets.lower_bound(after), offsets.end());
  }
  return offsets;
}

std::set<Pattern> DiskModel::patterns(const Inode& inode, OnCrash mode) {
  const Content latest = replay(inode, inode.edits.size());
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
  Content base = replay(inode, synced_edits(inode));
  std::vector<Content> bases{base};
  for (std::size_t i = synced_edits(inode); i < inode.edits.size(); ++i) {
    const std::uint64_t after = replay(inode, i + 1).size();
    if (after == replay(inode, i).size()) continue;
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
  const std::size_t first = mode == OnCrash::keep_all ? changes_.size() : synced_changes();
  for (std::size_t k = first; k <= changes_.size(); ++k) {
    std::set<ImagePattern> images{ImagePattern{}};
    for (const auto& [name, inode] : names(k)) {
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

static bool matches(const std::vector<std::byte>& bytes, const Pattern& pattern) {
  return std::equal(bytes.begin(), bytes.end(), pattern.begin(), pattern.end(),
                    [](std::byte b, int p) { return p == any || std::to_integer<int>(b) == p; });
}

bool DiskModel::legal(const Files& image, OnCrash mode) const {
  const std::size_t first = mode == OnCrash::keep_all ? changes_.size() : synced_changes();
  for (std::size_t k = first; k <= changes_.size(); ++k) {
    const Names present = names(k);
    if (present.size() != image.size()) continue;
    const bool all = std::all_of(present.begin(), present.end(), [&](const auto& entry) {
      const auto file = image.find(entry.first);
      if (file == image.end()) return false;
      const std::set<Pattern> allowed = patterns(inodes_[entry.second], mode);
      return std::any_of(allowed.begin(), allowed.end(),
                         [&](const Pattern& p) { return matches(file->second, p); });
    });
    if (all) return true;
  }
  return false;
}

bool DiskModel::certain(DiskOp write) const {
  for (const auto& [name, inode] : names(changes_.size())) {
    for (const Edit& e : inodes_[inode].edits) {
      if (e.op != write) continue;
      for (std::size_t k = synced_changes(); k <= changes_.size(); ++k) {
        const Names present = names(k);
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
