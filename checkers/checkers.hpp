// All judges of a run, live or from a file (checkers.md). Subscribe once, before the first event; ask for the
// verdict once, after the last. Judging never changes a run.
#pragma once

#include <cstdint>
#include <memory>

#include "history/journal.hpp"
#include "history/run_info.hpp"
#include "history/verdict.hpp"

namespace raftsim::checkers {

/// Whether each step is held against the specification (`refinement`), too: it costs as much as the core's
/// own step. `left_out`: of many runs some are.
enum class Refinement : std::uint8_t { judged, left_out };

class Checkers {
 public:
  /// `info` is copied.
  explicit Checkers(const history::RunInfo& info, Refinement refinement = Refinement::judged);
  ~Checkers();
  Checkers(const Checkers&) = delete;
  Checkers& operator=(const Checkers&) = delete;

  /// Before the first event; this object must outlive the journal's last event.
  void subscribe(history::Journal& journal);

  /// One line per property that is not turned off, in order of PropertyId; violations in order of detection,
  /// the first of each property only; goals; what was measured of liveness. The fault ledger is left empty:
  /// the world knows it. `end`: virtual time reached. Call once.
  history::Verdict finish(Instant end);

  /// Whether anything was violated so far; what only the end can tell is not included.
  bool violated() const;

  class Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace raftsim::checkers
