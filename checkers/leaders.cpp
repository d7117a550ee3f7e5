#include "checkers/leaders.hpp"

#include <algorithm>

namespace raftsim::checkers {

namespace {

bool earlier(const Leadership& election, Term term) { return election.term < term; }

}  // namespace

bool Leaders::won(const Leadership& election) {
  if (!knows(election.term)) return !led_long_ago(election.term);
  if (by_term_.empty() || by_term_.back().term < election.term) {
    if (by_term_.size() == 2 * kept) forget_oldest();
    by_term_.push_back(election);
    return true;
  }
  const auto place = std::lower_bound(by_term_.begin(), by_term_.end(), election.term, earlier);
  if (place->term == election.term) return false;
  by_term_.insert(place, election);
  return true;
}

/// Of half of what is kept in full, only that these terms had leaders.
void Leaders::forget_oldest() {
  const auto end = by_term_.begin() + kept;
  for (auto e = by_term_.begin(); e != end; ++e) {
    const bool touches = !runs_.empty() && runs_.back().last.value + 1 == e->term.value;
    if (touches)
      runs_.back().last = e->term;
    else
      runs_.push_back({e->term, e->term});
  }
  forgotten_ = (end - 1)->term;
  by_term_.erase(by_term_.begin(), end);
  if (runs_.size() > runs_kept)
    runs_.erase(runs_.begin(), runs_.end() - static_cast<std::ptrdiff_t>(runs_kept / 2));
}

/// Whether the term had a leader: from here on it has.
bool Leaders::led_long_ago(Term term) {
  const auto ends_before = [](const Run& run, Term t) { return run.last < t; };
  auto run = std::lower_bound(runs_.begin(), runs_.end(), term, ends_before);
  if (run != runs_.end() && run->first <= term) return true;
  const bool follows = run != runs_.begin() && (run - 1)->last.value + 1 == term.value;
  const bool precedes = run != runs_.end() && term.value + 1 == run->first.value;
  if (follows && precedes) {
    (run - 1)->last = run->last;
    runs_.erase(run);
  } else if (follows) {
    (run - 1)->last = term;
  } else if (precedes) {
    run->first = term;
  } else {
    runs_.insert(run, {term, term});
  }
  return false;
}

const Leadership* Leaders::of(Term term) const {
  if (by_term_.empty() || by_term_.back().term < term) return nullptr;
  if (by_term_.back().term == term) return &by_term_.back();
  const auto place = std::lower_bound(by_term_.begin(), by_term_.end(), term, earlier);
  return place->term == term ? &*place : nullptr;
}

}  // namespace raftsim::checkers
