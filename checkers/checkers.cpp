#include "checkers/checkers.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "checkers/client_progress.hpp"
#include "checkers/clients.hpp"
#include "checkers/cluster_shadow.hpp"
#include "checkers/commitment.hpp"
#include "checkers/durability.hpp"
#include "checkers/election.hpp"
#include "checkers/expectations.hpp"
#include "checkers/linearizable.hpp"
#include "checkers/liveness.hpp"
#include "checkers/operations.hpp"
#include "checkers/property.hpp"
#include "checkers/replication.hpp"
#include "checkers/run.hpp"
#include "history/cluster_view.hpp"

namespace raftsim::checkers {

class Checkers::Impl {
 public:
  explicit Impl(const history::RunInfo& run)
      : info(run), cluster(info), clients(cluster), view(cluster.nodes().size()) {
    for (const history::PropertyInfo& p : history::properties()) {
      const auto& off = info.turned_off;
      if (std::find(off.begin(), off.end(), p.id) == off.end()) properties.push_back(make(p.id));
    }
  }

  std::unique_ptr<Property> make(PropertyId id);

  history::RunInfo info;
  Findings findings;
  ClusterShadow cluster;
  ClientShadow clients;
  history::ClusterView view;
  std::vector<std::unique_ptr<Property>> properties;  ///< in order of PropertyId
  const LeaderWithin* leader_within = nullptr;
  const Convergence* convergence = nullptr;
  const Expectations* expectations = nullptr;

 private:
  template <class Kind, class... More>
  std::unique_ptr<Property> simple(const More&... more) {
    return std::make_unique<Kind>(cluster, findings, more...);
  }
  /// Keeps a typed pointer to what the verdict asks for more than its line.
  template <class Kind, class... More>
  std::unique_ptr<Property> watched(const Kind*& pointer, const More&... more) {
    auto property = std::make_unique<Kind>(cluster, findings, more...);
    pointer = property.get();
    return property;
  }
};

std::unique_ptr<Property> Checkers::Impl::make(PropertyId id) {
  switch (id) {
    case PropertyId::election_safety:
      return simple<ElectionSafety>();
    case PropertyId::leader_append_only:
      return simple<LeaderAppendOnly>();
    case PropertyId::log_matching:
      return std::make_unique<LogMatching>(cluster, findings, cluster.entries());
    case PropertyId::leader_completeness:
      return simple<LeaderCompleteness>();
    case PropertyId::state_machine_safety:
      return simple<StateMachineSafety>();
    case PropertyId::one_vote_per_term:
      return simple<OneVotePerTerm>();
    case PropertyId::monotonic_term:
      return simple<MonotonicTerm>();
    case PropertyId::monotonic_commit:
      return simple<MonotonicCommit>();
    case PropertyId::durable_before_reply:
      return simple<DurableBeforeReply>();
    case PropertyId::vote_quorum:
      return simple<VoteQuorum>();
    case PropertyId::vote_up_to_date:
      return simple<VoteUpToDate>();
    case PropertyId::commit_needs_quorum:
      return simple<CommitNeedsQuorum>();
    case PropertyId::no_old_term_commit:
      return simple<NoOldTermCommit>();
    case PropertyId::ack_not_forgotten:
      return simple<AckNotForgotten>();
    case PropertyId::entry_creator:
      return simple<EntryCreator>();
    case PropertyId::exactly_once:
      return simple<ExactlyOnce>(clients);
    case PropertyId::reply_correct:
      return simple<ReplyCorrect>(clients);
    case PropertyId::read_freshness:
      return simple<ReadFreshness>(clients);
    case PropertyId::linearizable:
      return simple<LinearizableProperty>();
    case PropertyId::label_honest:
      return simple<LabelHonest>();
    case PropertyId::convergence:
      return watched<Convergence>(convergence);
    case PropertyId::leader_within:
      return watched<LeaderWithin>(leader_within);
    case PropertyId::client_progress:
      return simple<ClientProgress>();
    case PropertyId::expectation:
      return watched<Expectations>(expectations, view);
    case PropertyId::scenario_check:
    case PropertyId::scenario_stuck:
    case PropertyId::event_storm:
    case PropertyId::no_crash:
      break;
  }
  return std::make_unique<WorldMade>(id, cluster, findings);
}

Checkers::Checkers(const history::RunInfo& info) : impl_(std::make_unique<Impl>(info)) {}
Checkers::~Checkers() = default;

void Checkers::subscribe(history::Journal& journal) {
  // Shared state first: a judge sees the cluster as it is right after the event.
  journal.subscribe(impl_->cluster);
  journal.subscribe(impl_->clients);
  if (impl_->expectations != nullptr) journal.subscribe(impl_->view);
  for (const auto& property : impl_->properties) journal.subscribe(*property);
}

history::Verdict Checkers::finish(Instant end) {
  history::Verdict verdict;
  for (const auto& property : impl_->properties) property->finish(end);
  for (const auto& property : impl_->properties) verdict.properties.push_back(property->verdict());
  verdict.violations = impl_->findings;
  if (impl_->expectations != nullptr) verdict.goals = impl_->expectations->goals();
  if (impl_->leader_within != nullptr) {
    verdict.liveness.time_to_leader = impl_->leader_within->time_to_leader();
    verdict.liveness.time_to_first_commit = impl_->leader_within->time_to_first_commit();
  }
  if (impl_->convergence != nullptr)
    verdict.liveness.time_to_convergence = impl_->convergence->time_to_convergence();
  return verdict;
}

bool Checkers::violated() const { return !impl_->findings.empty(); }

}  // namespace raftsim::checkers
