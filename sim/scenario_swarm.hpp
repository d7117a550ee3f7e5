// A scenario that draws some of its fields per seed (faults.md, Swarm). What is drawn becomes part of a
// concrete scenario before anything starts: `sim resolve` prints it, and running what it prints is the same
// run.
//
// Each pointer has a stream of its own (Purpose::swarm), so that a field more or less leaves all other draws,
// and everything that the run itself decides, as they are. The values are put in first, then the features
// that are off are taken out; so every pointer means what it means in the file.
//
// One rule is not the file's: what is drawn never combines reads by lease with clocks that jump, stand still
// or differ by more than the bound (unless the file does so before anything is drawn): the leases go, and
// read_index takes their place.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/diagnostic.hpp"
#include "sim/json_positions.hpp"
#include "sim/scenario.hpp"

namespace raftsim::sim {

struct ScenarioSources;

/// One field of one seed's scenario, in JSON. Absent: not there.
struct SwarmDraw {
  std::string pointer;
  std::optional<std::string> in_file;
  std::optional<std::string> drawn;
};

/// `scenario` is there unless the draws contradict each other: then the diagnostics say how.
struct DrawnScenario {
  std::optional<Scenario> scenario;
  std::vector<Diagnostic> diagnostics;
  std::vector<SwarmDraw> draws;  ///< in order of pointer, but for those of features that are off
};

class ScenarioSwarm {
 public:
  /// `root`: checked, with its `swarm`. `path` is what diagnostics about the whole call it.
  ScenarioSwarm(JsonNode root, std::shared_ptr<const ScenarioSources> sources, std::string path);

  DrawnScenario draw(std::uint64_t seed) const;
  /// The scenario as it stands in its files, with what it draws: canonical JSON, for a fingerprint.
  std::string text() const;

 private:
  JsonNode root_;  ///< without its `swarm`
  JsonNode swarm_;
  std::shared_ptr<const ScenarioSources> sources_;
  std::string path_;
};

}  // namespace raftsim::sim
