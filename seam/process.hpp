// What one simulated machine runs (DESIGN, seam 1). One way in, one way out, one view.
// The simulator drives Processes on virtual time; a real runtime can drive the very same ones on sockets and
// files.
#pragma once

#include <memory>

#include "seam/effects.hpp"
#include "seam/input.hpp"
#include "seam/view.hpp"

namespace raftsim {

class Process {
 public:
  Process() = default;
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  virtual ~Process() = default;

  /// Appends to `out`, which the caller cleared. A pure function of the inputs so far.
  virtual void step(const Input& input, Effects& out) = 0;

  /// Fills `out` completely. Pointers in it are valid until the next step.
  virtual void inspect(View& out) const = 0;

  /// The entry at an index that inspect() says the log holds.
  virtual EntryView entry(Index index) const = 0;

  /// A copy that behaves the same from here on; null where the system cannot be copied.
  virtual std::unique_ptr<Process> clone() const { return nullptr; }

 protected:
  struct Copy {};
  explicit Process(Copy) {}
};

}  // namespace raftsim
