// What a campaign has to do, as parent and workers ask for it.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "search/run_one.hpp"

namespace raftsim::search {

/// Made when they are due, in parent and worker alike: of a campaign's there may be more than memory holds.
struct Jobs {
  Jobs(std::uint64_t how_many, std::function<RunRequest(std::uint64_t)> how)
      : count(how_many), make(std::move(how)) {}
  /// Those that are there already.
  Jobs(std::vector<RunRequest> all)
      : count(all.size()), make([all = std::move(all)](std::uint64_t job) { return all[job]; }) {}

  std::uint64_t count;
  std::function<RunRequest(std::uint64_t)> make;
};

}  // namespace raftsim::search
