// Every property is proved to bite: a story with one mistake, at which that property is the first to be
// broken, and a story close by without the mistake, in which it looks and all hold. docs/properties.md tells
// both in words (tests/style/properties_table.sh).
#pragma once

#include <vector>

#include "story.hpp"

namespace raftsim::checkers {

struct Bite {
  PropertyId property{};
  const char* mistake = nullptr;
  history::Verdict (*broken)() = nullptr;
  const char* neighbour = nullptr;
  history::Verdict (*sound)() = nullptr;
};

std::vector<Bite> bites_of_elections();
std::vector<Bite> bites_of_logs();
std::vector<Bite> bites_of_members_and_snapshots();
std::vector<Bite> bites_of_clients();
std::vector<Bite> bites_of_liveness_and_runs();

}  // namespace raftsim::checkers
