// What goes for all faults of a class while they last: one table for the world, which ends them, and for the
// judges, who wait for their end.
#pragma once

#include "history/event.hpp"

namespace raftsim::history {

struct FaultNature {
  bool heals = false;     ///< the quiet phase and a `heal` end it
  bool disturbs = false;  ///< while it is in force, nobody can be demanded to make progress
};

constexpr FaultNature nature(FaultClass of) {
  switch (of) {
    case FaultClass::partition:
    case FaultClass::isolate:
    case FaultClass::message_rule:
    case FaultClass::set_link:
    case FaultClass::link_clog:
    case FaultClass::slow_process:
    case FaultClass::clock_freeze:
    case FaultClass::disk_slow:
    case FaultClass::disk_error:
    case FaultClass::disk_sync_error:
    case FaultClass::disk_full:
      return {.heals = true, .disturbs = true};
    // Who is paused is not waited for. What a disk lies about shows at its next crash.
    case FaultClass::pause:
    case FaultClass::disk_lie:
      return {.heals = true, .disturbs = false};
    // It ends as both are connected again, and in no other way.
    case FaultClass::stream_break:
      return {.heals = false, .disturbs = true};
    case FaultClass::message_loss:
    case FaultClass::message_duplicate:
    case FaultClass::message_reorder:
    case FaultClass::message_latency:
    case FaultClass::crash:
    case FaultClass::restart:
    case FaultClass::disk_loss:
    case FaultClass::disk_torn:
    case FaultClass::clock_offset:
    case FaultClass::clock_drift:
    case FaultClass::timeout_now:
    case FaultClass::heal:
    case FaultClass::add_node:
    case FaultClass::remove_node:
    case FaultClass::promote:
    case FaultClass::replace_nodes:
    case FaultClass::transfer_leadership:
    case FaultClass::take_snapshot:
    case FaultClass::wipe:
    case FaultClass::amnesia:
    case FaultClass::disk_torn_write:
    case FaultClass::disk_rot:
    case FaultClass::disk_rot_of_state:
    case FaultClass::disk_rot_of_snapshot:
    case FaultClass::disk_misdirected:
    case FaultClass::disk_misread:
    case FaultClass::disk_dirents:
    case FaultClass::clock_jump:
    case FaultClass::message_corrupt:
    case FaultClass::message_replay:
    case FaultClass::link_capacity:
    case FaultClass::link_bandwidth:
    case FaultClass::service_time:
    case FaultClass::inbox:
    case FaultClass::client_death:
      break;
  }
  return {};
}

}  // namespace raftsim::history
