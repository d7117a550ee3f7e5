#include "checkers/leaders.hpp"

namespace raftsim::checkers {

namespace {

bool earlier(const Leadership& election, Term term) { return election.term < term; }

}  // namespace

void Leaders::won(const Leadership& election) {
  if (by_term_.empty() || by_term_.back().term < election.term) {
    by_term_.push_back(election);
    return;
  }
  const auto place = std::lower_bound(by_term_.begin(), by_term_.end(), election.term, earlier);
  if (place->term != election.term) by_term_.insert(place, election);
}

const Leadership* Leaders::of(Term term) const {
  if (by_term_.empty() || by_term_.back().term < term) return nullptr;
  if (by_term_.back().term == term) return &by_term_.back();
  const auto place = std::lower_bound(by_term_.begin(), by_term_.end(), term, earlier);
  return place->term == term ? &*place : nullptr;
}

}  // namespace raftsim::checkers
