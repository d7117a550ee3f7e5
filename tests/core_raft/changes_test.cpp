// RapidCheck: sequences of membership changes, in both forms, among crashes, lost messages and changes of the
// leader; then the network is calm, and the last change that was asked for comes to its end. What must hold
// is changes_judge.hpp's. RC_PARAMS="max_success=10000" looks longer.
#include <fmt/format.h>
#include <rapidcheck.h>

#include <algorithm>

#include <boost/test/unit_test.hpp>
#include <stdexcept>
#include <tuple>
#include <vector>

#include "tests/core_raft/changes_judge.hpp"
#include "tests/core_raft/random.hpp"

namespace raftsim::core::test {
namespace {

constexpr std::uint64_t machines = 7;
constexpr Duration tick = milliseconds(5);

enum class Act { change, replace, strand, crash, boot, cut, heal, campaign, transfer, propose, lose };
std::ostream& operator<<(std::ostream& out, Act act) {
  constexpr const char* names[] = {"change", "replace",  "strand",   "crash",   "boot", "cut",
                                   "heal",   "campaign", "transfer", "propose", "lose"};
  return out << names[static_cast<std::size_t>(act)];
}

/// What, to whom, and how many ticks pass afterwards.
using Action = std::tuple<Act, std::uint64_t, std::uint64_t>;

struct Setup {
  std::uint64_t voters = 3;
  MembershipForm form = MembershipForm::joint;
  bool pre_vote = true;
  bool no_op = true;
  std::uint64_t seed = 0;

  Config config() const {
    Config config;
    config.membership = form;
    config.pre_vote = pre_vote;
    config.no_op = no_op;
    return config;
  }
  Configuration configuration() const {
    Configuration first;
    for (std::uint64_t n = 1; n <= voters; ++n) first.voters.push_back(NodeId{n});
    return first;
  }
};

class World {
 public:
  World(const Setup& setup, SeenChanges& seen)
      : setup_(setup),
        random_(setup.seed),
        cluster_(setup.configuration(), setup.config()),
        judge_(cluster_, machines, seen) {
    for (NodeId id{1}; id <= NodeId{machines}; ++id) {
      if (id.value > setup.voters) {
        cluster_.join(id, setup.config());
      } else {
        cluster_.node(id).entropy = random_.bits();
        cluster_.start(id);
      }
      judge_.stepped(id);
    }
  }

  void act(const Action& action);
  /// Nothing fails any more, and `voters` are asked for until they are what the cluster has.
  void calm_down(const NodeSet& voters);
  void pass(std::uint64_t ticks);
  /// The machines whose bits are set; never nobody.
  static NodeSet chosen(std::uint64_t bits) {
    NodeSet nodes;
    for (std::uint64_t n = 1; n <= machines; ++n) {
      if ((bits >> n & 1U) != 0) nodes.push_back(NodeId{n});
    }
    if (nodes.empty()) nodes.push_back(NodeId{1});
    return nodes;
  }

 private:
  void write(Node& node);
  void deliver();
  void step(NodeId id, decltype(Input::what) what) {
    cluster_.node(id).entropy = random_.bits();
    cluster_.step(id, std::move(what));
    judge_.stepped(id);
  }
  Node* leader();
  /// Of all who lead: one may not know yet that another does.
  void ask(const ChangeRequest& request) {
    for (auto& [id, node] : cluster_.nodes()) {
      if (node.raft && node.raft->role() == Role::leader) step(id, request);
    }
  }
  void change(NodeId id, std::uint64_t which) {
    constexpr ChangeKind kinds[] = {ChangeKind::add_voter, ChangeKind::remove, ChangeKind::add_learner,
                                    ChangeKind::promote};
    ask({kinds[which % std::size(kinds)], std::span(&id, 1)});
  }
  void strand(std::uint64_t how);
  void ask_for(const NodeSet& voters);
  /// Somebody leads, and its configuration is committed and not joint.
  bool settled();
  bool reached(const NodeSet& voters);
  bool in_force_on(const NodeSet& voters);
  void require(bool holds, const char* what) {
    if (!holds) throw std::runtime_error(what);
  }

  Setup setup_;
  Random random_;
  Cluster cluster_;
  ChangesJudge judge_;
  NodeSet cut_;  ///< parted from the others
  std::uint64_t lost_percent_ = 0;
  bool calm_ = false;
};

void World::act(const Action& action) {
  const auto& [what, whom, ticks] = action;
  // Who leads is the one to disturb; but not always.
  NodeId id{1 + whom % machines};
  const bool disturbs = what == Act::crash || what == Act::cut;
  if (const Node* leads = leader(); leads != nullptr && disturbs && whom % 2 == 0) id = leads->id;
  Node& node = cluster_.node(id);
  switch (what) {
    case Act::change:
      change(id, whom / machines);
      break;
    case Act::replace:
      ask({ChangeKind::replace, chosen(whom)});
      break;
    case Act::strand:
      strand(whom);
      break;
    case Act::crash:
      if (!node.raft) break;
      cluster_.crash(id);
      judge_.crashed(id);
      break;
    case Act::boot:
      for (auto& [other, down] : cluster_.nodes()) {
        if (down.raft) continue;
        cluster_.start(other);
        judge_.stepped(other);
      }
      break;
    case Act::cut:
      cut_ = whom % 2 == 0 ? NodeSet{id} : chosen(whom);
      break;
    case Act::heal:
      cut_.clear();
      break;
    case Act::campaign:
      if (node.raft) step(id, CampaignNow{});
      break;
    case Act::transfer:
      if (Node* leads = leader()) step(leads->id, TransferLeadership{id});
      break;
    case Act::propose:
      for (auto& [other, one] : cluster_.nodes()) {
        if (one.raft && one.raft->role() == Role::leader) step(other, Propose{});
      }
      break;
    case Act::lose:
      lost_percent_ = whom % 3 * 20;
      break;
  }
  pass(ticks);
}

/// Whoever leads appends a change that nobody else gets, or not enough others, or of which it does not learn
/// that they have it. It is away, with at most one other, until the rest have had the time to elect another
/// leader, and comes back to find out what became of the change. Before that, a leader that is busy with
/// another change gets some time for it.
void World::strand(std::uint64_t how) {
  cut_.clear();
  for (int tries = 0; tries < 40 && !settled(); ++tries) pass(2);
  if (!settled()) return;
  // Without a no-op, it may change nothing before it has committed something (the erratum).
  act({Act::propose, 0, 3});
  if (!settled()) return;
  const NodeId stranded = leader()->id;
  const NodeId other{1 + how / 8 % machines};
  const bool at_once = how % 2 == 0;
  if (at_once) cut_ = {stranded};
  if (setup_.form == MembershipForm::joint && how % 8 < 6) {
    ask({ChangeKind::replace, chosen(how)});
  } else {
    const bool votes = leader()->raft->configuration().votes(other);
    ask({votes ? ChangeKind::remove : ChangeKind::add_voter, std::span(&other, 1)});
  }
  if (!at_once) {
    pass(how / 2 % 4);
    cut_ = {stranded};
    if (other != stranded && how % 3 == 0) cut_.push_back(other);
  }
  pass(4 * static_cast<std::uint64_t>(setup_.config().election_timeout.ns / tick.ns));
  cut_.clear();
}

/// That of the newest term, where one leads.
Node* World::leader() {
  Node* newest = nullptr;
  for (auto& [id, node] : cluster_.nodes()) {
    if (!node.raft || node.raft->role() != Role::leader) continue;
    if (newest == nullptr || node.raft->term() > newest->raft->term()) newest = &node;
  }
  return newest;
}

void World::pass(std::uint64_t ticks) {
  for (; ticks > 0; --ticks) {
    cluster_.now = cluster_.now + tick;
    for (auto& [id, node] : cluster_.nodes()) {
      if (node.raft && node.wake_at && *node.wake_at <= cluster_.now) step(id, WakeUp{});
      if (calm_ || !random_.one_in(3)) write(node);
    }
    deliver();
  }
}

/// One at a time, so that the judge sees every vote.
void World::write(Node& node) {
  while (node.raft && !node.writes.empty()) {
    node.entropy = random_.bits();
    const WriteId id = node.writes.front().id;
    cluster_.make_durable(node, id);
    judge_.durable(node.id);
    step(node.id, Persisted{id});
  }
}

/// What is on its way arrives, is late by a tick or more, or is lost.
void World::deliver() {
  std::deque<Letter> now;
  now.swap(cluster_.in_flight);
  std::deque<Letter> late;
  for (const Letter& letter : now) {
    const bool parted = contains(cut_, letter.from) != contains(cut_, letter.to);
    if (parted || random_.below(100) < lost_percent_) continue;
    if (!calm_ && random_.one_in(5)) {
      late.push_back(letter);
      continue;
    }
    if (!cluster_.node(letter.to).raft) continue;
    cluster_.node(letter.to).entropy = random_.bits();
    cluster_.receive(letter);
    judge_.stepped(letter.to);
  }
  cluster_.in_flight.insert(cluster_.in_flight.end(), late.begin(), late.end());
}

bool World::settled() {
  const Node* leads = leader();
  if (leads == nullptr) return false;
  const auto placed = judge_.read(leads->id, leads->raft->log()).back();
  return !placed.configuration.joint() && judge_.is_committed(placed);
}

bool World::reached(const NodeSet& voters) {
  return settled() && leader()->raft->configuration().voters == voters;
}

/// A quorum commits it; who was away hears of it later.
bool World::in_force_on(const NodeSet& voters) {
  return std::all_of(voters.begin(), voters.end(),
                     [&](NodeId id) { return cluster_.node(id).raft->configuration().voters == voters; });
}

/// At once where the form allows it, else one server after another: first who is missing, then who is too
/// many.
void World::ask_for(const NodeSet& voters) {
  if (setup_.form == MembershipForm::joint) return ask({ChangeKind::replace, voters});
  const Node* leads = leader();
  if (leads == nullptr) return;
  const NodeSet present = leads->raft->configuration().voters;
  for (const NodeId id : voters) {
    if (!contains(present, id)) return ask({ChangeKind::add_voter, std::span(&id, 1)});
  }
  for (const NodeId id : present) {
    if (!contains(voters, id)) return ask({ChangeKind::remove, std::span(&id, 1)});
  }
}

void World::calm_down(const NodeSet& voters) {
  calm_ = true;
  cut_.clear();
  lost_percent_ = 0;
  act({Act::boot, 0, 0});
  constexpr int timeouts = 120;
  const auto ticks = static_cast<std::uint64_t>(setup_.config().election_timeout.ns / tick.ns);
  for (int i = 0; i < timeouts && !(reached(voters) && in_force_on(voters)); ++i) {
    // Without a no-op, the leader waits for a command before it changes anything (the erratum).
    act({Act::propose, 0, 0});
    ask_for(voters);
    pass(ticks);
  }
  require(reached(voters), "the last configuration that was asked for is reached");
  require(in_force_on(voters), "and is in force on those who vote in it");
}

void changes_are_safe_and_come_to_their_end(SeenChanges& seen) {
  Setup setup;
  setup.voters = *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::uint64_t>(1, 6));
  const bool joint = *rc::gen::arbitrary<bool>();
  setup.form = joint ? MembershipForm::joint : MembershipForm::single_server;
  setup.pre_vote = *rc::gen::arbitrary<bool>();
  setup.no_op = *rc::gen::arbitrary<bool>();
  setup.seed = *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::uint64_t>(0, 1'000'000));
  // Often, one thing follows hard upon another.
  const auto pause = rc::gen::weightedOneOf<std::uint64_t>({{4, rc::gen::inRange<std::uint64_t>(0, 4)},
                                                            {2, rc::gen::inRange<std::uint64_t>(4, 20)},
                                                            {2, rc::gen::inRange<std::uint64_t>(40, 80)}});
  const auto what = rc::gen::weightedElement<Act>({{6, Act::change},
                                                   {3, Act::replace},
                                                   {6, Act::strand},
                                                   {2, Act::crash},
                                                   {2, Act::boot},
                                                   {3, Act::cut},
                                                   {3, Act::heal},
                                                   {1, Act::campaign},
                                                   {1, Act::transfer},
                                                   {1, Act::propose},
                                                   {1, Act::lose}});
  const auto actions = *rc::gen::scale(
      1.5, rc::gen::container<std::vector<Action>>(rc::gen::apply(
               [](Act act, std::uint64_t whom, std::uint64_t ticks) {
                 return Action{act, whom, ticks};
               },
               what, rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::uint64_t>(0, 256)),
               rc::gen::resize(rc::kNominalSize, pause))));
  const auto last = *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::uint64_t>(0, 256));
  const SeenChanges before = seen;
  World world(setup, seen);
  world.pass(60);
  for (const Action& action : actions) world.act(action);
  world.calm_down(World::chosen(last));
  RC_CLASSIFY(seen.rolled_back > before.rolled_back, "rolled back");
  RC_CLASSIFY(seen.elections_in_joint > before.elections_in_joint, "elections in a joint configuration");
}

BOOST_AUTO_TEST_CASE(changes_of_the_members_are_safe_and_the_last_one_is_reached) {
  SeenChanges seen;
  BOOST_TEST(rc::check("changes", [&seen] { changes_are_safe_and_come_to_their_end(seen); }));
  BOOST_TEST_MESSAGE(fmt::format(
      "appended {} joint {} committed {} rolled back {} elections {} in joint {} rivals {}", seen.appended,
      seen.joint, seen.committed, seen.rolled_back, seen.elections, seen.elections_in_joint, seen.rivals));
}

}  // namespace
}  // namespace raftsim::core::test
