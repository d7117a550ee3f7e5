#include "checkers/property.hpp"

#include "checkers/narrative.hpp"

namespace raftsim::checkers {

namespace {

/// The first thing of `needed` that is not in `shown`, in words.
std::string missing(Shown needed, Shown shown) {
  struct Row {
    Shown what;
    const char* text;
  };
  static constexpr Row rows[] = {
      {Shown::roles, "no server showed a role"},
      {Shown::terms, "no server showed a term"},
      {Shown::logs, "no server showed its log"},
      {Shown::commits, "no server showed a commit index"},
      {Shown::applies, "no server told what it applied"},
      {Shown::messages, "no message was described"},
      {Shown::labels, "no disk operation was labelled"},
      {Shown::operations, "no client asked anything"},
      {Shown::restarts, "no server was restarted"},
      {Shown::votes, "no server showed a vote"},
      {Shown::snapshots, "no server showed a snapshot"},
      {Shown::configurations, "no server showed a configuration"},
      {Shown::leases, "no server showed a lease"},
      {Shown::loads, "no server showed its load"},
  };
  for (const Row& row : rows)
    if (has(needed, row.what) && !has(shown, row.what)) return row.text;
  return "";
}

}  // namespace

/// Safety of a run whose disks lost more than any correct system can spare says nothing, unless its scenario
/// wants to see just that property broken.
bool Property::beyond_fault_budget() const {
  const history::PropertyClass of = history::info(id_).property_class;
  const bool safety = of == history::PropertyClass::outcome || of == history::PropertyClass::audit;
  return safety && cluster_.beyond_fault_budget() && cluster_.info().expected_violation != id_;
}

PropertyVerdict Property::verdict() const {
  PropertyVerdict v{id_, judgement_, looked_, why_};
  if (broken_) {
    v.judgement = Judgement::violated;
  } else if (beyond_fault_budget() && judgement_ != Judgement::skipped) {
    v.judgement = Judgement::unknown;
    v.why = "beyond fault budget";
  } else if (judgement_ == Judgement::held && looked_ == 0) {
    const std::string what = missing(needs(), cluster_.shown());
    if (!what.empty()) {
      v.judgement = Judgement::skipped;
      v.why = what;
    }
  }
  return v;
}

void Property::violate(EventId event, Instant time, std::string sentence, std::vector<Evidence> evidence) {
  if (broken_ || beyond_fault_budget()) return;
  broken_ = true;
  Violation v;
  v.id = id_;
  v.event = event;
  v.time = time;
  v.sentence = std::move(sentence);
  v.evidence = in_order(std::move(evidence));
  findings_.push_back(std::move(v));
}

void Property::set_unknown(std::string why) {
  if (judgement_ != Judgement::held) return;
  judgement_ = Judgement::unknown;
  why_ = std::move(why);
}

void Property::set_skipped(std::string why) {
  if (judgement_ != Judgement::held) return;
  judgement_ = Judgement::skipped;
  why_ = std::move(why);
}

}  // namespace raftsim::checkers
