// Judged runs, made by hand, for the tests of texts.
#pragma once

#include "history/run_result.hpp"

namespace raftsim::tests {

/// All held; one property never looked, one goal unmet, one fault class never fired.
history::RunResult passing_run();
/// The failure of the specification: two leaders in term 7, because a vote was not durable.
history::RunResult failing_run();
/// Nothing violated; linearizable unknown, label_honest and exactly_once skipped.
history::RunResult unknown_run();

}  // namespace raftsim::tests
