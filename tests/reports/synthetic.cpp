#include "synthetic.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "history/journal.hpp"
#include "history/owned_details.hpp"
#include "seam/view.hpp"

namespace raftsim::tests {

namespace {

using history::Endpoint;
using history::Event;
using history::EventId;
using history::EventKind;
using history::OwnedDetails;
using history::PropertyId;

constexpr std::uint16_t nodes = 5;
constexpr std::uint32_t clients = 4;
constexpr Instant end{seconds(5).ns};

/// An event before it has a number: causes are positions of other drafts.
struct Draft {
  Event event;
  OwnedDetails details;
  std::size_t cause = none;
  std::vector<std::size_t> causes;
  static constexpr std::size_t none = ~std::size_t{0};
};

Instant at_us(std::int64_t us) { return Instant{us * 1'000}; }

class Story {
 public:
  explicit Story(const SyntheticOptions& options) : options_(options) {}

  history::RunResult play(history::Observer& observer) {
    for (std::uint16_t n = 1; n <= nodes; ++n) boot(at_us(0), n, 1);
    phase(at_us(1), history::Phase::chaos);
    elect(at_us(168'000), 1, 6, {2, 3, 4, 5});
    load(at_us(200'000), at_us(1'400'000), 1, 6);
    partition(at_us(1'400'000), at_us(1'900'000));
    load(at_us(1'900'000), at_us(3'300'000), 1, 6);
    crash(at_us(3'310'000), 1, "kill the leader, leader_crash.json:12");
    const std::size_t first = elect(at_us(3'394'000), 2, 7, {3});
    end_of_term_seven(first);
    load(at_us(3'440'000), at_us(4'600'000), 4, 7);
    restart(at_us(3'900'000), 1, 2);
    phase(at_us(4'000'000), history::Phase::quiet);
    phase(at_us(4'600'000), history::Phase::drain);
    return emit(observer);
  }

 private:
  std::uint64_t draw(std::uint64_t below) {
    random_ = random_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return (random_ >> 33) % below;
  }

  std::size_t add(Instant t, Endpoint who, EventKind kind, std::size_t cause = Draft::none) {
    Draft& d = drafts_.emplace_back();
    d.event.time = t;
    d.event.node = who;
    d.event.kind = kind;
    d.cause = cause;
    return drafts_.size() - 1;
  }
  std::size_t add(Instant t, std::uint16_t n, EventKind kind, std::size_t cause = Draft::none) {
    return add(t, Endpoint::node(NodeId{n}), kind, cause);
  }

  void boot(Instant t, std::uint16_t n, std::uint64_t incarnation, std::size_t cause = Draft::none) {
    drafts_[add(t, n, EventKind::boot, cause)].event.boot = {incarnation, incarnation == 1 ? 0u : 2u, {}};
  }

  void phase(Instant t, history::Phase phase) {
    drafts_[add(t, Endpoint::world(), EventKind::phase)].event.world.what = static_cast<std::uint64_t>(phase);
  }

  std::size_t term(Instant t, std::uint16_t n, std::uint64_t now, std::size_t cause) {
    const std::size_t i = add(t, n, EventKind::term, cause);
    drafts_[i].event.change = {now, terms_[n], Term{now}, 0};
    terms_[n] = now;
    return i;
  }

  std::size_t role(Instant t, std::uint16_t n, Role now, std::size_t cause) {
    const std::size_t i = add(t, n, EventKind::role, cause);
    history::RolePart& part = drafts_[i].event.role;
    part.term = Term{terms_[n]};
    part.role = static_cast<std::uint8_t>(now);
    part.previous = static_cast<std::uint8_t>(roles_[n]);
    part.last_index = Index{last_index_};
    part.last_term = Term{6};
    roles_[n] = now;
    return i;
  }

  std::size_t vote(Instant t, std::uint16_t n, std::uint16_t whom, std::size_t cause) {
    const std::size_t i = add(t, n, EventKind::vote, cause);
    drafts_[i].event.change = {whom, 0, Term{terms_[n]}, 0};
    return i;
  }

  std::size_t disk(Instant t, std::uint16_t n, EventKind kind, std::size_t cause, std::vector<Label> labels) {
    const std::size_t i = add(t, n, kind, cause);
    drafts_[i].event.disk = {DiskOp{++ops_[n]}, 0, 64, 0, 0, {}, 0, 1};
    drafts_[i].details.labels = std::move(labels);
    if (kind == EventKind::write || kind == EventKind::sync)
      drafts_[i].details.text = options_.hostile ? "log/<b>1</b>.seg" : "log/1.seg";
    return i;
  }

  /// Written now, durable 1.1 ms later. Returns the durable event.
  std::size_t persist(Instant t, std::uint16_t n, std::size_t cause, const Label& label) {
    const std::size_t written = disk(t, n, EventKind::write, cause, {label});
    const std::size_t asked = disk(t + microseconds(100), n, EventKind::sync, written, {});
    const std::size_t synced = disk(t + microseconds(1100), n, EventKind::synced, asked, {});
    return disk(t + microseconds(1100), n, EventKind::durable, synced, {label});
  }

  struct Message {
    MessageType type{};
    std::uint64_t term = 0;
    bool granted = false;
    std::uint64_t match = 0;
    std::size_t entries = 0;
    bool gated = false;
  };

  std::size_t message(Instant t, EventKind kind, Endpoint who, Endpoint peer, std::uint64_t number,
                      const Message& m, std::size_t cause) {
    const std::size_t i = add(t, who, kind, cause);
    history::MessagePart& part = drafts_[i].event.message;
    part.message = history::MessageId{number};
    part.term = Term{m.term};
    part.match = m.match;
    part.peer = peer;
    part.type = m.type;
    part.gated = m.gated && kind == EventKind::send;
    part.granted = m.granted;
    part.bytes = 60;
    if (kind == EventKind::send && !peer.is_client() && !who.is_client()) {
      MessageView view;
      view.type = m.type;
      view.term = Term{m.term};
      view.previous_index = Index{last_index_};
      view.previous_term = Term{6};
      view.commit = Index{last_index_ > 0 ? last_index_ - 1 : 0};
      view.entries.resize(m.entries);
      drafts_[i].details.message = view;
    }
    return i;
  }

  /// Sends, and lets it arrive after some 4 ms, unless it is lost. Returns the recv, or none.
  std::size_t transmit(Instant t, Endpoint from, Endpoint to, const Message& m, std::size_t cause,
                       Instant leaves, history::DropReason lost = history::DropReason::none) {
    const std::uint64_t number = ++messages_;
    std::size_t last = message(t, EventKind::send, from, to, number, m, cause);
    if (m.gated) last = message(leaves, EventKind::depart, from, to, number, m, last);
    const Instant arrives = leaves + microseconds(static_cast<std::int64_t>(2500 + draw(3000)));
    if (lost != history::DropReason::none) {
      const std::size_t i = message(leaves, EventKind::drop, from, to, number, m, last);
      drafts_[i].event.message.reason = lost;
      return Draft::none;
    }
    if (draw(60) == 0) {
      const std::uint64_t copy = ++messages_;
      const std::size_t i = message(leaves, EventKind::dup, from, to, copy, m, last);
      drafts_[i].event.message.match = number;
      message(arrives + microseconds(700), EventKind::recv, to, from, copy, m, i);
    }
    return message(arrives, EventKind::recv, to, from, number, m, last);
  }

  Instant time(std::size_t draft) const { return drafts_[draft].event.time; }
  Endpoint of(std::uint16_t n) const { return Endpoint::node(NodeId{n}); }

  /// Returns the event by which `candidate` leads.
  std::size_t elect(Instant t, std::uint16_t candidate, std::uint64_t for_term,
                    std::vector<std::uint16_t> voters) {
    const std::size_t out = add(t, candidate, EventKind::timer_fire);
    const std::size_t note = add(t, candidate, EventKind::note, out);
    drafts_[note].event.note = {for_term, 0, static_cast<std::uint64_t>(NoteKind::election_timed_out), 0};
    const std::size_t begun = term(t, candidate, for_term, out);
    role(t, candidate, Role::candidate, out);
    vote(t, candidate, candidate, out);
    const std::size_t sure = persist(t, candidate, begun, HardStateLabel{Term{for_term}, NodeId{candidate}});
    std::vector<std::size_t> grants;
    for (const std::uint16_t voter : voters) {
      const std::size_t asked =
          transmit(t, of(candidate), of(voter),
                   {.type = MessageType::request_vote, .term = for_term, .gated = true}, begun, time(sure));
      term(time(asked), voter, for_term, asked);
      vote(time(asked), voter, candidate, asked);
      const std::size_t safe =
          persist(time(asked), voter, asked, HardStateLabel{Term{for_term}, NodeId{candidate}});
      grants.push_back(
          transmit(time(asked), of(voter), of(candidate),
                   {.type = MessageType::request_vote_resp, .term = for_term, .granted = true, .gated = true},
                   asked, time(safe)));
    }
    const auto last = *std::max_element(grants.begin(), grants.end(),
                                        [&](std::size_t a, std::size_t b) { return time(a) < time(b); });
    if (for_term == 7) return last;  // not yet a majority: the story goes on
    const std::size_t led = role(time(last), candidate, Role::leader, last);
    drafts_[led].causes = grants;
    return led;
  }

  /// n5 votes for n2, answers before its disk is done, crashes, forgets, and votes for n4.
  void end_of_term_seven(std::size_t first_grant) {
    const Message asks{.type = MessageType::request_vote, .term = 7, .gated = false};
    const Message grants{.type = MessageType::request_vote_resp, .term = 7, .granted = true};
    const std::size_t asked = transmit(at_us(3'392'000), of(2), of(5), asks, Draft::none, at_us(3'392'000));
    const Instant voted = time(asked);
    term(voted, 5, 7, asked);
    evidence_.push_back(vote(voted, 5, 2, asked));
    disk(voted, 5, EventKind::write, asked, {HardStateLabel{Term{7}, NodeId{2}}});
    broken_ = message(voted, EventKind::send, of(5), of(2), ++messages_, grants, asked);
    const std::size_t granted =
        message(voted + microseconds(5200), EventKind::recv, of(2), of(5), messages_, grants, broken_);
    const std::size_t led = role(std::max(time(granted), time(first_grant)), 2, Role::leader, granted);
    drafts_[led].causes = {first_grant, granted};
    evidence_.push_back(led);
    evidence_.push_back(crash(at_us(3'400'900), 5, "kill2, leader_crash.json:15"));
    disk(at_us(3'400'900), 5, EventKind::lost, evidence_.back(), {HardStateLabel{Term{7}, NodeId{2}}});
    evidence_.push_back(restart(at_us(3'406'100), 5, 2));
    terms_[4] = 6;
    term(at_us(3'403'000), 4, 7, Draft::none);
    role(at_us(3'403'000), 4, Role::candidate, Draft::none);
    vote(at_us(3'403'000), 4, 4, Draft::none);
    const std::size_t again = transmit(at_us(3'404'000), of(4), of(5), asks, Draft::none, at_us(3'406'800));
    if (!options_.failing) return;
    evidence_.push_back(vote(time(again), 5, 4, again));
    const std::size_t safe = persist(time(again), 5, again, HardStateLabel{Term{7}, NodeId{4}});
    const std::size_t answer = transmit(time(safe), of(5), of(4), grants, safe, time(safe));
    const std::size_t helped = transmit(at_us(3'404'000), of(4), of(1), asks, Draft::none, at_us(3'404'000),
                                        history::DropReason::receiver_down);
    (void)helped;
    violation_ = role(time(answer), 4, Role::leader, answer);
    drafts_[violation_].causes = {answer};
    evidence_.push_back(violation_);
  }

  std::size_t crash(Instant t, std::uint16_t n, const char* why) {
    const std::size_t fault = add(t, Endpoint::world(), EventKind::fault_begin);
    drafts_[fault].event.fault = {++faults_, static_cast<std::uint8_t>(history::FaultClass::crash), 1, {}, 0,
                                  0};
    drafts_[fault].details.nodes = {NodeId{n}};
    drafts_[fault].details.text = why;
    const std::size_t i = add(t, n, EventKind::crash, fault);
    drafts_[i].event.process.lost_bytes = 64;
    drafts_[i].details.text = why;
    roles_[n] = Role::follower;
    ++crashes_;
    return i;
  }

  std::size_t restart(Instant t, std::uint16_t n, std::uint64_t incarnation) {
    const std::size_t i = add(t, n, EventKind::restart);
    drafts_[i].event.process.incarnation = incarnation;
    boot(t, n, incarnation, i);
    return i;
  }

  void partition(Instant from, Instant to) {
    for (const EventKind kind : {EventKind::fault_begin, EventKind::fault_end}) {
      const std::size_t i = add(kind == EventKind::fault_begin ? from : to, Endpoint::world(), kind);
      drafts_[i].event.fault = {
          faults_ + 1, static_cast<std::uint8_t>(history::FaultClass::partition), 1, {}, 1, 0};
      drafts_[i].details.nodes = {NodeId{4}, NodeId{5}};
      drafts_[i].details.text = "n1 n2 n3 | n4 n5";
    }
    ++faults_;
    cut_ = {from, to};
    load(from, to, 1, 6);
    cut_ = {};
  }

  bool cut(Instant t, std::uint16_t a, std::uint16_t b) const {
    return t >= cut_.first && t < cut_.second && (a > 3) != (b > 3);
  }

  void load(Instant from, Instant to, std::uint16_t leader, std::uint64_t in_term) {
    const Duration gap{seconds(1).ns / options_.operations_per_second};
    Instant beat = from;
    for (Instant t = from; t < to; t = t + gap) {
      for (; beat < t; beat = beat + milliseconds(40)) replicate(beat, leader, in_term, 0, Draft::none);
      operation(t, leader, in_term);
    }
  }

  void operation(Instant t, std::uint16_t leader, std::uint64_t in_term) {
    const std::uint64_t number = ++operations_;
    const auto c = static_cast<std::uint32_t>(draw(clients));
    Operation asked;
    asked.kind = OperationKind::put;
    asked.key = "k" + std::to_string(draw(5));
    asked.value = options_.hostile && number % 3 == 1 ? hostile_value : "v" + std::to_string(number);
    const auto part = [&](std::size_t i, std::uint8_t reply) {
      drafts_[i].event.operation = {history::OperationId{number},
                                    Index{last_index_},
                                    c,
                                    static_cast<std::uint8_t>(asked.kind),
                                    0,
                                    reply,
                                    0,
                                    0};
    };
    const std::size_t invoked = add(t, Endpoint::client(c), EventKind::invoke);
    part(invoked, 0);
    drafts_[invoked].details.operation = asked;
    const std::size_t got =
        transmit(t, Endpoint::client(c), of(leader), {.type = MessageType::client_request}, invoked, t);
    ++last_index_;
    const std::size_t added = append(time(got), leader, in_term, got);
    const std::size_t committed = replicate(time(got), leader, in_term, 1, added);
    const bool lost = committed == Draft::none || draw(25) == 0;
    const Instant done = lost ? t + milliseconds(60) : time(committed) + milliseconds(3);
    const EventKind how = lost ? EventKind::info : draw(40) == 0 ? EventKind::fail : EventKind::ok;
    const std::size_t answered = add(done, Endpoint::client(c), how, lost ? invoked : committed);
    part(answered, how == EventKind::fail ? 1 : 0);
    drafts_[answered].details.operation = asked;
    if (how != EventKind::info) {
      drafts_[answered].details.result = OperationResult{};
      if (how == EventKind::fail) drafts_[answered].details.result->kind = ReplyKind::not_leader;
    }
    if (how == EventKind::ok) ++ok_;
    if (how == EventKind::info) ++unknown_;
  }

  std::size_t append(Instant t, std::uint16_t n, std::uint64_t in_term, std::size_t cause) {
    const std::size_t i = add(t, n, EventKind::append, cause);
    drafts_[i].event.append = {Index{last_index_}, Term{in_term}, last_index_ * 0x9E3779B97F4A7C15ULL,
                               last_index_};
    return i;
  }

  std::size_t commit(Instant t, std::uint16_t n, std::uint64_t in_term, std::size_t cause) {
    const std::size_t i = add(t, n, EventKind::commit, cause);
    drafts_[i].event.commit = {Index{last_index_}, Index{last_index_ - 1}, Term{in_term}, 0};
    const std::size_t applied = add(t, n, EventKind::apply, i);
    drafts_[applied].event.apply = {Index{last_index_}, 1, 2, 3};
    return i;
  }

  /// One round of AppendEntries. Returns the commit that a quorum made, or none.
  std::size_t replicate(Instant t, std::uint16_t leader, std::uint64_t in_term, std::size_t entries,
                        std::size_t cause) {
    std::vector<std::size_t> acks;
    for (std::uint16_t n = 1; n <= nodes; ++n) {
      if (n == leader) continue;
      const bool down = n == 1 && t > at_us(3'310'000) && t < at_us(3'900'000);
      const history::DropReason lost = down                ? history::DropReason::receiver_down
                                       : cut(t, leader, n) ? history::DropReason::partition
                                       : draw(50) == 0     ? history::DropReason::loss
                                                           : history::DropReason::none;
      const Message appends{
          .type = MessageType::append_entries, .term = in_term, .match = last_index_, .entries = entries};
      const std::size_t got = transmit(t, of(leader), of(n), appends, cause, t, lost);
      if (got == Draft::none) continue;
      Instant answers = time(got);
      std::size_t why = got;
      if (entries > 0) {
        why = append(answers, n, in_term, got);
        why = persist(answers, n, why,
                      EntriesLabel{Index{last_index_}, Index{last_index_}, Term{in_term}, last_index_});
        answers = time(why);
      }
      const Message ack{.type = MessageType::append_entries_resp,
                        .term = in_term,
                        .granted = true,
                        .match = last_index_,
                        .gated = entries > 0};
      acks.push_back(transmit(time(got), of(n), of(leader), ack, got, answers));
      if (entries > 0) commit(time(acks.back()) + milliseconds(6), n, in_term, got);
    }
    if (entries == 0 || acks.size() < 2) return Draft::none;
    std::sort(acks.begin(), acks.end(), [&](std::size_t a, std::size_t b) { return time(a) < time(b); });
    const std::size_t done = commit(time(acks[1]), leader, in_term, acks[1]);
    drafts_[done].causes = {acks[0], acks[1]};
    return done;
  }

  history::RunResult emit(history::Observer& observer);
  history::RunResult judged(const std::vector<EventId>& ids) const;

  SyntheticOptions options_;
  std::vector<Draft> drafts_;
  std::uint64_t random_ = 42;
  std::array<std::uint64_t, nodes + 1> terms_{};
  std::array<Role, nodes + 1> roles_{};
  std::array<std::uint64_t, nodes + 1> ops_{};
  std::uint64_t messages_ = 0, operations_ = 0, faults_ = 0, crashes_ = 0, last_index_ = 0, ok_ = 0,
                unknown_ = 0;
  std::pair<Instant, Instant> cut_{};
  std::vector<std::size_t> evidence_;
  std::size_t violation_ = 0, broken_ = 0;
  history::Hash128 hash_;
};

history::RunResult Story::emit(history::Observer& observer) {
  std::vector<std::size_t> order(drafts_.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return time(a) < time(b); });
  std::vector<EventId> ids(drafts_.size());
  history::Journal journal;
  journal.subscribe(observer);
  std::uint32_t step = 0;
  for (const std::size_t i : order) {
    Draft& d = drafts_[i];
    if (d.cause != Draft::none) d.event.cause = ids[d.cause];
    for (const std::size_t cause : d.causes) d.details.causes.push_back(ids[cause]);
    d.event.step = ++step;
    ids[i] = journal.emit(d.event, d.details.view());
  }
  hash_ = journal.hash().digest();
  return judged(ids);
}

history::RunResult Story::judged(const std::vector<EventId>& ids) const {
  history::RunResult r;
  r.scenario = "leader_crash";
  r.scenario_path = "scenarios/leader_crash.json";
  r.seed = 42;
  r.system = "raft";
  r.hash = hash_;
  r.counts.events = drafts_.size();
  r.counts.steps = drafts_.size() / 2;
  r.counts.messages = messages_;
  r.counts.commits = last_index_;
  r.counts.operations_ok = ok_;
  r.counts.operations_unknown = unknown_;
  r.counts.elections = 3;
  r.counts.crashes = crashes_;
  r.counts.end = end;
  for (const history::PropertyInfo& p : history::properties())
    r.verdict.properties.push_back({p.id, history::Judgement::held, 1000, {}});
  if (!options_.failing) return r;

  const auto broken = [&](PropertyId id) -> history::PropertyVerdict& {
    return r.verdict.properties[static_cast<std::size_t>(id)];
  };
  broken(PropertyId::election_safety).judgement = history::Judgement::violated;
  broken(PropertyId::durable_before_reply).judgement = history::Judgement::violated;
  broken(PropertyId::linearizable) = {PropertyId::linearizable, history::Judgement::unknown, 0,
                                      "gave up after 60s"};
  const auto line = [&](std::size_t draft, std::string what, std::string remark) {
    const Event& e = drafts_[draft].event;
    return history::Evidence{ids[draft], e.time, e.node, std::move(what), std::move(remark)};
  };
  history::Violation early{PropertyId::durable_before_reply,
                           ids[broken_],
                           time(broken_),
                           "n5 granted its vote of term 7 to n2 while neither term nor vote was durable.",
                           {}};
  early.evidence = {line(broken_, "grants vote to n2, term 7", "durable: term 6")};
  history::Violation late{PropertyId::election_safety,
                          ids[violation_],
                          time(violation_),
                          "Two leaders in term 7: n2 (votes n2 n3 n5) and n4 (votes n4 n5 n1).\n"
                          "n5 voted twice in term 7:",
                          {}};
  static constexpr std::array<std::array<const char*, 2>, 6> words{
      {{"vote for n2, term 7", "reply sent before sync"},
       {"n2 leads term 7", ""},
       {"crash", "lost unsynced vote for n2   [fault kill2]"},
       {"restart", "term 6, no vote"},
       {"vote for n4, term 7", ""},
       {"n4 leads term 7", "the second leader"}}};
  std::vector<std::pair<std::size_t, std::size_t>> order;
  for (std::size_t i = 0; i < evidence_.size(); ++i) order.emplace_back(evidence_[i], i);
  std::sort(order.begin(), order.end(),
            [&](const auto& a, const auto& b) { return ids[a.first] < ids[b.first]; });
  for (const auto& [draft, i] : order) late.evidence.push_back(line(draft, words.at(i)[0], words.at(i)[1]));
  if (options_.hostile) late.evidence.back().remark = hostile_value;
  r.verdict.violations = {early, late};
  r.verdict.situations[static_cast<std::size_t>(history::SituationId::two_leaders)] = {3, late.event,
                                                                                       late.time};
  return r;
}

}  // namespace

history::RunResult play_synthetic(const SyntheticOptions& options, history::Observer& observer) {
  return Story(options).play(observer);
}

}  // namespace raftsim::tests
