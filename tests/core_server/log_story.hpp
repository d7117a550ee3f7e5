// What a server writes to its log's disk, and what it reads back, for tests of the two together.
#pragma once

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>
#include <utility>
#include <vector>

#include "core/bytes.hpp"
#include "core/durable_log.hpp"
#include "core/recovery.hpp"
#include "seam/chain.hpp"
#include "tests/core_server/crash_disk.hpp"

namespace raftsim::core {

inline const Configuration members{
    .voters = {NodeId{1}, NodeId{2}, NodeId{3}}, .voters_outgoing = {}, .learners = {}};

using LogModel = std::vector<std::pair<Term, std::string>>;

inline LogModel model_of(const Log& log) {
  LogModel model;
  for (Index i = log.first(); i <= log.last(); ++i) {
    model.emplace_back(log.at(i).term, std::string(as_text(log.at(i).payload)));
  }
  return model;
}

struct Reading {
  Recovered found;
  Log log;
  std::size_t files_read = 0;
};

inline Reading read_back(const Files& files) {
  Recovery recovery;
  Reading out;
  std::vector<std::string_view> names;
  for (const auto& [name, bytes] : files) names.push_back(name);
  recovery.names(names);
  while (const auto file = recovery.next_file()) {
    recovery.content(files.at(std::string(*file)), out.log);
    ++out.files_read;
  }
  out.found = recovery.finish(out.log);
  return out;
}

/// A server's disk and what it must hold: every state of the log that was written, by batch, and every hard
/// state, by counter.
class LogStory {
 public:
  explicit LogStory(std::uint64_t segment_bytes) : segment_bytes_(segment_bytes) {
    log_.resume(LogCursor{}, segment_bytes);
    format();
  }

  /// Replaces everything from `first` on by `count` entries of the present term.
  void append(Index first, std::size_t count, const std::string& payload) {
    FlushRequest request;
    add_entries(first, count, payload, request);
    flush(request);
  }
  void raise_term() {
    FlushRequest request;
    raise(request);
    flush(request);
  }
  /// Both at once, as a follower of a new leader does.
  void raise_term_and_append(Index first) {
    FlushRequest request;
    raise(request);
    add_entries(first, 1, "new term", request);
    flush(request);
  }
  bool may_raise() const { return log_.state_slot_free(); }
  bool idle() const { return disk_.idle(); }
  Index last() const { return content_.last(); }

  void complete(const Chooser& choose) { note_done(disk_.complete(choose)); }
  void complete_all() {
    while (!disk_.idle()) note_done(disk_.complete_first());
  }

  Files crash(const Chooser& choose) const { return disk_.crash(choose); }
  Files contents() const { return disk_.contents(); }

  /// Why what is read from an image cannot be right; empty if it can.
  std::string objection(const Reading& read) const {
    const std::uint64_t batch = read.found.cursor.sequence;
    const std::uint64_t counter = read.found.cursor.state_counter;
    if (read.found.damage != Damage::none) return "a crash was taken for damage";
    if (batch < synced_.sequence) return "a synced batch was lost";
    if (batch >= logs_.size()) return "a batch was invented";
    if (model_of(read.log) != logs_[batch]) return "the log is not as it was after that batch";
    if (read.found.base.has_value() != (batch > 0)) return "the first configuration is wrong";
    if (batch > 0 && *read.found.base != members) return "the first configuration is another";
    if (counter < synced_.state_counter) return "a synced hard state was lost";
    if (counter >= states_.size()) return "a hard state was invented";
    const bool behind = states_[counter].term < read.log.last_term();
    const HardState expected = behind ? HardState{read.log.last_term(), std::nullopt} : states_[counter];
    if (!(read.found.hard_state == expected)) return "the hard state is another";
    if (read.found.state_behind != (behind || counter == 0)) return "the hard state's standing is wrong";
    return "";
  }

  /// Goes on from an image, as a restarted server does.
  void restart(const Files& image, const Reading& read) {
    disk_ = CrashDisk(image);
    log_ = DurableLog{};
    log_.resume(read.found.cursor, segment_bytes_);
    content_ = read.log;
    logs_.resize(read.found.cursor.sequence + 1);
    states_.resize(read.found.cursor.state_counter + 1);
    term_ = std::max(term_, read.found.hard_state.term);
    synced_ = {read.found.cursor.sequence, read.found.cursor.state_counter};
    marks_.clear();
    upto_ = WriteId{};
    if (!read.found.base) return format();
    if (!read.found.state_behind) return;
    FlushRequest repair;
    repair.hard_state = read.found.hard_state;
    states_.push_back(*repair.hard_state);
    flush(repair);
    complete_all();
  }

 private:
  struct Mark {
    WriteId upto;
    SyncedFrontier frontier;
  };

  /// Everything waits for this one: it is not interrupted here (that is a story of its own).
  void format() {
    FlushRequest first;
    first.hard_state = HardState{term_, std::nullopt};
    first.base = &members;
    states_.push_back(*first.hard_state);
    logs_.push_back({});
    flush(first);
    complete_all();
  }
  void raise(FlushRequest& request) {
    ++term_;
    request.hard_state = HardState{term_, NodeId{1 + term_.value % 3}};
    states_.push_back(*request.hard_state);
  }
  void add_entries(Index first, std::size_t count, const std::string& payload, FlushRequest& request) {
    if (first <= content_.last()) content_.truncate(first);
    for (std::size_t i = 0; i < count; ++i) {
      const ByteSpan bytes = as_bytes(payload);
      content_.append({.term = term_,
                       .hash = entry_hash(EntryKind::command, bytes),
                       .payload = bytes,
                       .kind = EntryKind::command});
    }
    request.log = &content_;
    request.first = first;
    request.last = content_.last();
    logs_.push_back(model_of(content_));
  }
  void flush(FlushRequest& request) {
    request.upto = ++upto_;
    Effects out;
    log_.flush(request, out);
    disk_.issue(out);
    marks_.push_back({upto_, {logs_.size() - 1, states_.size() - 1}});
  }
  void note_done(const CrashDisk::Done& done) {
    const std::optional<WriteId> durable = log_.done(done.request.op);
    if (!durable) return;
    for (const Mark& mark : marks_) {
      if (mark.upto == *durable) synced_ = mark.frontier;
    }
  }

  std::uint64_t segment_bytes_;
  DurableLog log_;
  Log content_;
  CrashDisk disk_;
  Term term_{1};
  WriteId upto_;
  std::vector<Mark> marks_;
  std::vector<LogModel> logs_{{}};     ///< by sequence number of the batch that led there
  std::vector<HardState> states_{{}};  ///< by counter
  SyncedFrontier synced_;
};

}  // namespace raftsim::core
