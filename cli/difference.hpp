// Where two histories of what should be the same run part.
#pragma once

#include <string>
#include <vector>

namespace raftsim::cli {

/// The events of a recorded history, a line each; as far as it can be read.
std::vector<std::string> events_in(const std::string& history_path);

/// Names the first event that differs, by its number, and shows both; empty where none does.
struct Side {
  std::string name;
  const std::vector<std::string>& events;
};
std::string first_difference(const Side& a, const Side& b);

}  // namespace raftsim::cli
