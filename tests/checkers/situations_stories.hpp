// For each rare situation of the catalogue a story in which it comes about, and one that is as near to it as
// can be, in which it does not.
#pragma once

#include <span>

#include "history/situation.hpp"
#include "story.hpp"

namespace raftsim::checkers {

struct SituationStories {
  history::SituationId id{};
  /// Of three servers that have just booted.
  void (*comes_about)(Story&) = nullptr;
  void (*near_miss)(Story&) = nullptr;
};

std::span<const SituationStories> election_stories();
std::span<const SituationStories> log_stories();
std::span<const SituationStories> cluster_stories();

}  // namespace raftsim::checkers
