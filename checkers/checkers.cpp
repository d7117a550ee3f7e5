#include "checkers/checkers.hpp"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "checkers/client_progress.hpp"
#include "checkers/clients.hpp"
#include "checkers/cluster_shadow.hpp"
#include "checkers/commitment.hpp"
#include "checkers/durability.hpp"
#include "checkers/election.hpp"
#include "checkers/expectations.hpp"
#include "checkers/leases.hpp"
#include "checkers/linearizable.hpp"
#include "checkers/liveness.hpp"
#include "checkers/log_order.hpp"
#include "checkers/membership.hpp"
#include "checkers/operations.hpp"
#include "checkers/property.hpp"
#include "checkers/refinement.hpp"
#include "checkers/replication.hpp"
#include "checkers/roles.hpp"
#include "checkers/run.hpp"
#include "checkers/situations.hpp"
#include "checkers/snapshots.hpp"
#include "checkers/wire.hpp"
#include "history/cluster_view.hpp"

namespace raftsim::checkers {

class Checkers::Impl {
 public:
  Impl(const history::RunInfo& run, Refinement refines)
      : info(run),
        refinement(refines),
        cluster(info),
        clients(cluster),
        situations(cluster),
        view(cluster.nodes().size()) {
    for (const history::PropertyInfo& p : history::properties()) {
      const auto& off = info.turned_off;
      if (std::find(off.begin(), off.end(), p.id) == off.end()) properties.push_back(make(p.id));
    }
    cluster.judge_recoveries([this](const Event& event, const NodeShadow& node) {
      for (const auto& judge : properties) judge->on_recovered(event, node);
    });
  }

  std::unique_ptr<Property> make(PropertyId id);

  history::RunInfo info;
  Refinement refinement;
  Findings findings;
  ClusterShadow cluster;
  ClientShadow clients;
  Situations situations;
  history::ClusterView view;
  std::vector<std::unique_ptr<Property>> properties;  ///< in order of PropertyId
  bool clients_are_judged = false;
  const LeaderWithin* leader_within = nullptr;
  const Convergence* convergence = nullptr;
  const Expectations* expectations = nullptr;

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

namespace {

using Impl = Checkers::Impl;
struct Maker {
  PropertyId id;
  std::unique_ptr<Property> (*make)(Impl&);
};

template <class Kind>
std::unique_ptr<Property> plain(Impl& i) {
  return i.simple<Kind>();
}
template <class Kind>
std::unique_ptr<Property> with_clients(Impl& i) {
  i.clients_are_judged = true;
  return i.simple<Kind>(i.clients);
}

/// In order of PropertyId; those that the world itself judges are all alike, and refinement
/// came after them.
constexpr Maker makers[] = {
    {PropertyId::election_safety, plain<ElectionSafety>},
    {PropertyId::leader_append_only, plain<LeaderAppendOnly>},
    {PropertyId::log_matching,
     [](Impl& i) -> std::unique_ptr<Property> {
       return std::make_unique<LogMatching>(i.cluster, i.findings, i.cluster.entries());
     }},
    {PropertyId::leader_completeness, plain<LeaderCompleteness>},
    {PropertyId::leader_has_committed, plain<LeaderHasCommitted>},
    {PropertyId::state_machine_safety, plain<StateMachineSafety>},
    {PropertyId::deterministic_state, plain<DeterministicState>},
    {PropertyId::one_vote_per_term, plain<OneVotePerTerm>},
    {PropertyId::monotonic_term, plain<MonotonicTerm>},
    {PropertyId::monotonic_commit, plain<MonotonicCommit>},
    {PropertyId::durable_before_reply, plain<DurableBeforeReply>},
    {PropertyId::vote_quorum, plain<VoteQuorum>},
    {PropertyId::vote_up_to_date, plain<VoteUpToDate>},
    {PropertyId::commit_needs_quorum, plain<CommitNeedsQuorum>},
    {PropertyId::no_old_term_commit, plain<NoOldTermCommit>},
    {PropertyId::ack_bounded, plain<AckBounded>},
    {PropertyId::ack_not_forgotten, plain<AckNotForgotten>},
    {PropertyId::follower_commit_bound, plain<FollowerCommitBound>},
    {PropertyId::message_provenance, plain<MessageProvenance>},
    {PropertyId::entry_creator, plain<EntryCreator>},
    {PropertyId::log_term_order, plain<LogTermOrder>},
    {PropertyId::legal_transitions, plain<LegalTransitions>},
    {PropertyId::role_facts, plain<RoleFacts>},
    {PropertyId::pre_vote_inert, plain<PreVoteInert>},
    {PropertyId::contiguous_apply, plain<ContiguousApply>},
    {PropertyId::committed_never_truncated, plain<CommittedNeverTruncated>},
    {PropertyId::config_matches_log, plain<ConfigMatchesLog>},
    {PropertyId::legal_config_step, plain<LegalConfigStep>},
    {PropertyId::config_change_precondition, plain<ConfigChangePrecondition>},
    {PropertyId::only_voters_decide, plain<OnlyVotersDecide>},
    {PropertyId::removed_steps_down, plain<RemovedStepsDown>},
    {PropertyId::no_amnesia, plain<NoAmnesia>},
    {PropertyId::snapshot_equals_prefix, plain<SnapshotEqualsPrefix>},
    {PropertyId::compaction_bound, plain<CompactionBound>},
    {PropertyId::no_log_gap, plain<NoLogGap>},
    {PropertyId::install_monotonic, plain<InstallMonotonic>},
    {PropertyId::lease_exclusion, plain<LeaseExclusion>},
    {PropertyId::exactly_once, with_clients<ExactlyOnce>},
    {PropertyId::reply_correct, with_clients<ReplyCorrect>},
    {PropertyId::failure_honesty, with_clients<FailureHonesty>},
    {PropertyId::session_guarantees, with_clients<SessionGuarantees>},
    {PropertyId::causal_order, with_clients<CausalOrder>},
    {PropertyId::read_freshness, with_clients<ReadFreshness>},
    {PropertyId::linearizable, with_clients<LinearizableProperty>},
    {PropertyId::label_honest, plain<LabelHonest>},
    {PropertyId::log_bound, plain<LogBound>},
    {PropertyId::uncommitted_bound, plain<UncommittedBound>},
    {PropertyId::convergence,
     [](Impl& i) -> std::unique_ptr<Property> { return i.watched<Convergence>(i.convergence); }},
    {PropertyId::leader_within,
     [](Impl& i) -> std::unique_ptr<Property> { return i.watched<LeaderWithin>(i.leader_within); }},
    {PropertyId::client_progress, plain<ClientProgress>},
    {PropertyId::transfer_terminates, plain<TransferTerminates>},
    {PropertyId::reconfig_terminates, plain<ReconfigTerminates>},
    {PropertyId::expectation,
     [](Impl& i) -> std::unique_ptr<Property> { return i.watched<Expectations>(i.expectations, i.view); }},
};

constexpr bool in_order() {
  for (std::size_t k = 0; k < std::size(makers); ++k)
    if (static_cast<std::size_t>(makers[k].id) != k) return false;
  return true;
}
static_assert(in_order());
static_assert(std::size(makers) == static_cast<std::size_t>(PropertyId::scenario_check));

}  // namespace

std::unique_ptr<Property> Checkers::Impl::make(PropertyId id) {
  if (id == PropertyId::refinement) return simple<RefinementProperty>(refinement);
  const auto k = static_cast<std::size_t>(id);
  return k < std::size(makers) ? makers[k].make(*this) : std::make_unique<WorldMade>(id, cluster, findings);
}

Checkers::Checkers(const history::RunInfo& info, Refinement refinement)
    : impl_(std::make_unique<Impl>(info, refinement)) {}
Checkers::~Checkers() = default;

void Checkers::subscribe(history::Journal& journal) {
  // Shared state first: a judge sees the cluster as it is right after the event.
  journal.subscribe(impl_->cluster);
  if (impl_->clients_are_judged) journal.subscribe(impl_->clients);
  journal.subscribe(impl_->situations);
  const bool viewed = impl_->expectations != nullptr && impl_->expectations->looks_at_view();
  if (viewed) journal.subscribe(impl_->view);
  for (const auto& property : impl_->properties) journal.subscribe(*property);
}

history::Verdict Checkers::finish(Instant end) {
  history::Verdict verdict;
  for (const auto& property : impl_->properties) property->finish(end);
  for (const auto& property : impl_->properties) verdict.properties.push_back(property->verdict());
  verdict.violations = impl_->findings;
  impl_->situations.finish();
  verdict.situations = impl_->situations.counts();
  if (impl_->expectations != nullptr) verdict.goals = impl_->expectations->goals(verdict.situations);
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
