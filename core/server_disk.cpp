// The server and its disk: recovery, then writing.
#include <algorithm>

#include "core/server.hpp"
#include "core/server_steps.hpp"
#include "seam/check.hpp"

namespace raftsim::core {

/// A failed write or sync is never retried and then trusted: what the disk holds is unknown from then on. A
/// file that cannot be read is not taken for a damaged one: it may be read the next time, and until then the
/// server has nothing to say.
void Server::halt(DiskOp op, DiskStatus status, Effects& out) {
  out.list.emplace_back(Note{NoteKind::disk_failed, op.value, static_cast<std::uint64_t>(status)});
  out.list.emplace_back(Halt{});
  phase_ = Phase::stopped;
}

/// Nothing that is to be written is given up. Before it serves, a server has nothing to keep and nobody to
/// refuse.
void Server::no_space(const DiskDone& done, const raftsim::Input& input, Effects& out) {
  if (snapshot_writer_.found_no_space(done.op, done.status)) return snapshot_put_off(input.now, out);
  if (!disk_.no_space(done.op, done.status)) return halt(done.op, done.status, out);
  const bool first = !space_try_at_;
  space_try_at_ = input.now + config_.heartbeat_interval;
  if (first) {
    out.list.emplace_back(Note{NoteKind::disk_full, done.op.value, 0});
    run_raft(SpaceChanged{Space::none}, input, out);
  }
  if (const std::optional<WriteId> durable = take_back(input.now)) persisted(*durable, done.op, input, out);
}

/// What could not be written waits to be written again. Returns the last write, if all are durable after all.
std::optional<WriteId> Server::take_back(Instant now) {
  const std::optional<DurableLog::TakenBack> back = disk_.take_back();
  if (!back) return std::nullopt;
  space_try_at_ = now + config_.heartbeat_interval;
  unwritten_state_ |= back->hard_state;
  if (back->first) entries_unwritten(*back->first);
  return back->durable;
}

void Server::entries_unwritten(Index from) {
  unwritten_from_ = unwritten_entries_ ? std::min(unwritten_from_, from) : from;
  unwritten_entries_ = true;
}

void Server::persisted(WriteId durable, DiskOp op, const raftsim::Input& input, Effects& out) {
  // All that was waiting has been written, or what comes next finds out.
  if (space_try_at_ && disk_.idle() && !unwritten_state_ && !unwritten_entries_) {
    space_try_at_.reset();
    out.list.emplace_back(Note{NoteKind::disk_has_space, op.value, 0});
    run_raft(SpaceChanged{Space::some}, input, out);
  }
  run_raft(Persisted{durable}, input, out);
}

void Server::on(const DiskDone& done, const raftsim::Input& input, Effects& out) {
  const bool space = done.status != DiskStatus::full && done.status != DiskStatus::not_found;
  if (!space && phase_ == Phase::serving) return no_space(done, input, out);
  if (done.status != DiskStatus::ok) return halt(done.op, done.status, out);
  if (phase_ == Phase::listing || phase_ == Phase::reading) return read_done(done, input, out);
  if (snapshot_writer_.awaits(done.op)) return snapshot_written(input, out);
  std::optional<WriteId> durable = disk_.done(done.op);
  if (phase_ == Phase::repairing) {
    if (durable) repair(input, out);
    return;
  }
  if (space_try_at_) durable = std::max(durable, take_back(input.now));
  if (durable) persisted(*durable, done.op, input, out);
}

void Server::read_done(const DiskDone& done, const raftsim::Input& input, Effects& out) {
  if (phase_ == Phase::listing) {
    recovery_.names(done.names);
    phase_ = Phase::reading;
  } else {
    recovery_.content(done.bytes, raft_.recovery_log());
  }
  if (const std::optional<std::string_view> file = recovery_.next_file()) {
    disk_.read(*file, out);
  } else {
    recovered(input, out);
  }
}

/// Before the first word, what was found is made durable, and then what recovery knows better is written.
void Server::recovered(const raftsim::Input& input, Effects& out) {
  const Log& log = raft_.log();
  found_ = recovery_.finish(raft_.recovery_log());
  recovery_ = Recovery{};
  if (found_.damage != Damage::none) {
    out.list.emplace_back(
        Note{NoteKind::damage_found, static_cast<std::uint64_t>(found_.damage), (log.last() + 1).value});
  } else if (found_.bytes_cut > 0) {
    out.list.emplace_back(Note{NoteKind::torn_tail_cut, (log.last() + 1).value, found_.bytes_cut});
  }
  // Intact, and of no use to this build: nothing that the server could say would be true.
  if (found_.snapshot != nullptr && !restore_snapshot(*found_.snapshot)) {
    return halt(DiskOp{}, DiskStatus::io_error, out);
  }
  disk_.resume(found_.cursor, config_.segment_bytes);
  phase_ = Phase::repairing;
  if (found_.unsynced.empty()) return repair(input, out);
  FlushRequest sync;
  sync.found = found_.unsynced;
  disk_.flush(sync, out);
}

/// What was found is durable, or what was missing is.
void Server::repair(const raftsim::Input& input, Effects& out) {
  const bool format = !found_.base.has_value();
  if (!format && !found_.state_behind) return serve(input, out);
  // A disk that was never completely formatted has promised nothing to anybody: every promise waits for all
  // writes before it. Whoever joins starts with a configuration of nobody. Where the first configuration is
  // damaged, its operator's word for it is taken: the server is in doubt and decides nothing by it.
  if (format) found_.base = start_members_.value_or(Configuration{});
  found_.state_behind = false;
  FlushRequest missing;
  missing.hard_state = found_.hard_state;
  if (format) missing.base = &*found_.base;
  disk_.flush(missing, out);
}

void Server::serve(const raftsim::Input& input, Effects& out) {
  phase_ = Phase::serving;
  const Index known_commit = boot_ == Boot::fresh ? start_commit_ : Index{};
  unwritten_from_ = raft_.log().last() + 1;
  for (const std::string& file : found_.leftovers) disk_.request(DiskAction::remove, file, out);
  run_raft(Restore{.self = self_,
                   .config = &config_,
                   .configuration = &*found_.base,
                   .hard_state = found_.hard_state,
                   .commit = known_commit,
                   .snapshot = found_.snapshot,
                   .ran_before = boot_ != Boot::fresh},
           input, out);
  plan_snapshot();
}

void Server::note_unwritten() {
  if (!output_.persist) return;
  const Persist& persist = *output_.persist;
  if (persist.hard_state) unwritten_state_ = true;
  if (persist.has_entries()) entries_unwritten(persist.first);
}

/// Without space, or with a disk that hangs, entries would pile up in memory.
bool Server::takes_entries() const {
  if (space_try_at_) return false;
  if (!unwritten_entries_ || !disk_.crowded()) [[likely]]
    return true;
  constexpr std::uint64_t entries_max = 4'096;
  const Log& log = raft_.log();
  return log.last() - unwritten_from_ < entries_max &&
         log.bytes_after(unwritten_from_ - 1) < config_.max_uncommitted_bytes;
}

bool Server::message_waits_for_unwritten() const {
  const WriteId issued = disk_.issued();
  return !held_back_.empty() ||
         std::any_of(output_.sends.begin(), output_.sends.end(),
                     [issued](const Send& send) { return send.after && *send.after > issued; });
}

void Server::write_if_due(Instant now, Effects& out) {
  if (!unwritten_state_ && !unwritten_entries_) return;
  if (!disk_.idle() && (space_try_at_ || !message_waits_for_unwritten())) return;
  if (space_try_at_ && *space_try_at_ > now) return;
  if ((unwritten_state_ && !disk_.state_slot_free()) || disk_.crowded()) return;
  FlushRequest request;
  request.upto = raft_.durability().last_issued();
  if (unwritten_state_) request.hard_state = raft_.hard_state();
  if (unwritten_entries_) {
    request.log = &raft_.log();
    request.first = unwritten_from_;
    request.last = raft_.log().last();
  }
  disk_.flush(request, out);
  unwritten_state_ = false;
  unwritten_entries_ = false;
}

}  // namespace raftsim::core
