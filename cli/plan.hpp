// From words on the command line to runs: scenarios loaded, systems found, seeds chosen. All complaints in
// one go.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/run_options.hpp"
#include "cli/systems.hpp"
#include "history/history_file.hpp"
#include "search/run_one.hpp"

namespace raftsim::cli {

/// One scenario, ready to run with any seed.
struct Planned {
  std::string path;
  std::unique_ptr<sim::Scenario> scenario;  ///< requests point to it
  /// What draws the scenario of a seed; null: every seed runs `scenario`.
  std::shared_ptr<const sim::ScenarioSwarm> swarm;
  std::string system_name;
  std::vector<const System*> systems;
  Seeds seeds;
  bool seed_was_drawn = false;
  /// First digits of a hash of the scenario, with what it draws.
  std::string fingerprint;
};

struct Plan {
  std::vector<Planned> scenarios;
  std::uint64_t runs = 0;
};

/// Loads and checks everything; what is wrong goes to standard error. Nothing: exit code 2.
std::optional<Plan> make_plan(const RunOptions& options, Systems& systems);

/// One system per node: the named one, but for nodes that override it. Empty with `error` filled if one is
/// unknown.
std::vector<const System*> systems_for(const sim::Scenario& scenario, const std::string& name,
                                       Systems& systems, std::string& error);

/// Seven digits that tell scenarios apart; of what is run, not of how it was written.
std::string fingerprint(const Planned& planned);

/// A recorded run: its scenario and its seed, on the systems that it was run on. Nothing with `error` filled
/// where one of them is not there, or this version does not read the scenario.
std::optional<Planned> recorded_plan(const history::HistoryHeader& header, Systems& systems,
                                     std::string& error);

search::RunRequest request_for(const Planned& planned, std::uint64_t seed, const RunOptions& options);

}  // namespace raftsim::cli
