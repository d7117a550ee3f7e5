// Whether a server says of itself that it is in doubt about what its disk lost: until it says that this is
// over, it neither votes nor counts, and no quorum can be had with it. Believed only of a server that truly
// lost something, which the world and the checkers know each in its own way.
#pragma once

#include "seam/note.hpp"

namespace raftsim::history {

class ClaimedDoubt {
 public:
  void noted(NoteKind kind) {
    if (kind == NoteKind::damage_found) holds_ = true;
    if (kind == NoteKind::damage_found || kind == NoteKind::doubt_ended)
      ending_ = kind == NoteKind::doubt_ended;
  }
  /// A hard state became durable, and with it that the doubt has ended, if it has.
  void state_durable() {
    if (ending_) holds_ = ending_ = false;
  }
  /// What was not durable is not so.
  void went_down() { ending_ = false; }

  bool holds() const { return holds_; }

 private:
  bool holds_ = false;
  bool ending_ = false;
};

}  // namespace raftsim::history
