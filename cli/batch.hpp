// All runs of one `sim run`: workers, results in order of the plan whatever the number of workers, what is
// printed and written of each.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cli/plan.hpp"
#include "cli/progress.hpp"
#include "reports/summary.hpp"
#include "search/workers.hpp"

namespace raftsim::cli {

class Batch {
 public:
  Batch(const Global& global, const RunOptions& options, const Plan& plan);

  /// Runs everything, prints and writes as it goes. Exit::held, violated, unknown, internal, output,
  /// interrupted.
  Exit run();

  const reports::Summary& summary() const { return summary_; }
  /// The hash of each run that ended in this process's workers, by (scenario's position, seed). A run has
  /// none whose end was chance: its limit on wall time came first, or memory ran out.
  struct Key {
    std::size_t scenario = 0;
    std::uint64_t seed = 0;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  /// Of the runs whose hash may be asked for.
  const std::map<Key, history::Hash128>& hashes() const { return hashes_; }
  /// The run gave another hash in another process.
  void add_nondeterministic(const Key& key, const std::string& what);
  /// Printed after everything else: the totals of several runs.
  void print_summary() const;

 private:
  void handle(search::Finished finished);
  void write_files(const Key& key, history::RunResult& result);
  void print_result(const Key& key, const history::RunResult& result);
  bool wants(const Output& output, reports::Outcome outcome) const;
  std::string folder_of(const history::RunResult& result) const;
  std::string reproduce(const Key& key) const;
  bool refinement_left_out(const Key& key) const;
  void fail(const std::string& error);
  search::WorkerLimits limits() const;
  struct Place {
    std::size_t scenario = 0;
    std::uint64_t nth_seed = 0;
  };
  Place place_of(std::uint64_t job) const;
  Key key_of(std::uint64_t job) const;
  bool compares(std::uint64_t job) const;

  const Global& global_;
  const RunOptions& options_;
  const Plan& plan_;
  const Output report_;
  const Output history_;
  ProgressLine progress_;
  ProgressLine::State state_;
  reports::Summary summary_;
  std::map<Key, history::Hash128> hashes_;
  std::map<std::size_t, std::uint64_t> failures_shown_;
  Exit exit_ = Exit::held;
  Instant started_;
};

}  // namespace raftsim::cli
