// Shared by the server's own .cpp files: how one step of the algorithm becomes effects.
#pragma once

#include "core/server.hpp"

namespace raftsim::core {

/// `to = from`, without the copy of both halves at once, which waits until the one just stored has left for
/// the cache.
inline void set_by_value(std::optional<Instant>& to, const std::optional<Instant>& from) {
  if (from)
    to = *from;
  else
    to.reset();
}

template <class What>
void Server::run_raft(const What& what, const raftsim::Input& input, Effects& out) {
  output_.clear();
  const bool takes = (!space_try_at_ && !unwritten_entries_) || takes_entries();
  raft_.step(Input{input.now, input.entropy, what, takes}, output_);
  set_by_value(raft_wake_, output_.wake_at);
  out.entropy_used |= output_.entropy_used;
  for (const Note& note : output_.notes) out.list.emplace_back(note);
  // What was to be written of a log that was discarded is not: the write that discards it takes its place.
  if (output_.log_discarded) [[unlikely]] {
    unwritten_entries_ = false;
    disk_.forget_entries();
  }
  note_unwritten();
  write_if_due(input.now, out);
  if (!held_back_.empty()) send_held_back(out);
  send_messages(out);
  drop_lost_proposals();
  note_reads();
  if (output_.transfer_ended) transfer_ended(out);
  if (change_) follow_change(out);
  if (output_.snapshot_received) [[unlikely]]
    snapshot_received();
}

}  // namespace raftsim::core
