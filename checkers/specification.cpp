#include "checkers/specification.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "history/names.hpp"

namespace raftsim::checkers::specification {

namespace {

bool campaigns(Role role) { return role == Role::candidate || role == Role::leader; }

}  // namespace

// ---- the bag of messages

Heard& Server::from_peer(NodeId peer) {
  if (peer.value > heard.size()) heard.resize(peer.value);
  return heard[peer.value - 1];
}

const Heard* Server::of(NodeId peer) const {
  return peer.value >= 1 && peer.value <= heard.size() ? &heard[peer.value - 1] : nullptr;
}

void Server::begin_step(std::uint32_t number, Cause why) {
  step = number;
  cause = why;
  type = MessageType::unknown;
  role_before = role;
  term_before = term;
  message_term = Term{};
  from = NodeId{};
  timer_due = false;
  term_changed = installed = matched = false;
}

bool Server::prompted() const {
  return cause == Cause::timer || cause == Cause::other || timer_due ||
         (cause == Cause::message && type == MessageType::timeout_now);
}

namespace {

template <class T>
void keep(Server& server, std::vector<T>& all, const T& told) {
  constexpr std::size_t kept = 64;
  if (std::find(all.begin(), all.end(), told) != all.end()) return;
  if (all.size() == kept) {
    all.erase(all.begin());
    server.heard_more = true;
  }
  all.push_back(told);
}

void keep_term(Server& server, std::vector<Term>& all, Term told) {
  std::erase_if(all, [&server](Term t) { return t < server.term; });
  if (told >= server.term) keep(server, all, told);
}

void keep_read(std::vector<Heard::ReadRequest>& all, std::uint64_t number, Index commit) {
  constexpr std::size_t kept = 256;
  if (std::ranges::find(all, number, &Heard::ReadRequest::number) != all.end()) return;
  if (all.size() == kept) all.erase(all.begin(), all.begin() + kept / 2);
  all.push_back({number, commit});
}

bool heard_of(const std::vector<Term>& terms, Term term) {
  return std::find(terms.begin(), terms.end(), term) != terms.end();
}

}  // namespace

void deliver(Server& server, const history::MessagePart& m, const std::optional<Content>& content,
             Index commit) {
  server.type = m.type;
  server.from = m.peer.as_node();
  Heard& heard = server.from_peer(server.from);
  const bool tells = m.type == MessageType::pre_vote || m.type == MessageType::install_snapshot;
  server.heard_more = server.heard_more || (tells && !content);
  // A pre-vote speaks of a term that nobody is in yet, and so does its grant (9.6).
  const bool prospective =
      m.type == MessageType::pre_vote || (m.type == MessageType::pre_vote_resp && m.granted != 0);
  if (!prospective) server.message_term = m.term;
  switch (m.type) {
    case MessageType::request_vote:
      keep_term(server, heard.vote_requests, m.term);
      ++heard.vote_requests_open;
      break;
    case MessageType::pre_vote:
      std::erase_if(heard.pre_vote_requests, [&server](const auto& r) { return r.term < server.term; });
      if (content && m.term >= server.term) keep(server, heard.pre_vote_requests, {m.term, content->named});
      ++heard.pre_vote_requests_open;
      break;
    case MessageType::install_snapshot:
      if (content) keep(server, heard.snapshots, content->named);
      [[fallthrough]];
    case MessageType::append_entries:
      keep_term(server, heard.led, m.term);
      heard.ever_led = true;
      break;
    case MessageType::append_entries_resp:
    case MessageType::install_snapshot_resp:
      if (m.granted == 0 || m.term < heard.match_term) break;
      if (m.term > heard.match_term) heard.match = Index{};
      heard.match_term = m.term;
      heard.match = std::max(heard.match, Index{m.match});
      break;
    case MessageType::read_index:
      ++heard.read_requests_open;
      heard.asked_more = heard.asked_more || !content;
      if (content) keep_read(heard.read_requests, content->context, commit);
      break;
    case MessageType::request_vote_resp:
      if (m.granted == 0) heard.refused = std::max(heard.refused, m.term);
      break;
    case MessageType::unknown:
    case MessageType::pre_vote_resp:
    case MessageType::timeout_now:
    case MessageType::read_index_resp:
    case MessageType::client_request:
    case MessageType::client_reply:
      break;
  }
}

// ---- elections

namespace {

/// Whether a candidate may still win: who has refused its vote in a term does not grant it.
bool may_win(const Server& s, Term term, const Configuration& configuration) {
  return configuration.agrees([&](NodeId voter) {
    const Heard* heard = s.of(voter);
    return heard == nullptr || heard->refused != term;
  });
}

}  // namespace

Illegal changes_role(const Server& s, Role to, Term term, const Configuration& configuration) {
  const bool pre_vote_answer = s.cause == Cause::message && s.type == MessageType::pre_vote_resp;
  switch (to) {
    case Role::pre_candidate:
      if (s.prompted()) break;
      return fmt::format(
          "asks for pre-votes, although neither its clock nor TimeoutNow prompted it (Timeout)");
    case Role::candidate:
      if (s.prompted() || pre_vote_answer) break;
      return fmt::format(
          "campaigns, although neither its clock, TimeoutNow nor a pre-vote prompted it (Timeout)");
    case Role::follower:
    case Role::learner: {
      if (term != s.term_before || s.prompted() || !configuration.votes(s.id)) break;
      if (s.role_before == Role::leader)
        return "gave up leading its term although no higher one was named, its clock did not prompt it and "
               "it "
               "is a voter (UpdateTerm; 6.2)";
      if (s.role_before != Role::candidate) break;
      const bool told = std::any_of(s.heard.begin(), s.heard.end(),
                                    [term](const Heard& heard) { return heard_of(heard.led, term); });
      // Not in the TLA+ specification, and harmless: a candidate promises nothing (etcd/raft does so).
      if (!told && may_win(s, term, configuration))
        return "gave up its candidacy although no leader of its term had told it anything and it might "
               "have won (HandleAppendEntriesRequest)";
      break;
    }
    case Role::leader:
      break;
  }
  return std::nullopt;
}

Illegal raises_term(const Server& s, Term from, Term to, Role role) {
  if (s.message_term == to) return std::nullopt;
  // A higher term may be told and acted upon before it campaigns.
  const Term reached = std::max(from, s.message_term);
  const bool prompted = s.prompted() || (s.cause == Cause::message && s.type == MessageType::pre_vote_resp);
  if (to == reached + 1 && campaigns(role) && prompted) return std::nullopt;
  if (!campaigns(role) && s.message_term > from)
    return fmt::format("went from term {} to {}, but the message names {} (UpdateTerm)", from.value, to.value,
                       s.message_term.value);
  if (!campaigns(role))
    return fmt::format("went from term {} to {}, which no message named (UpdateTerm)", from.value, to.value);
  return fmt::format(
      "campaigns in term {} behind term {}: it is the next one that a candidate enters (Timeout)", to.value,
      reached.value);
}

Illegal votes(const Server& s, NodeId previous, NodeId now, Term term, Role role) {
  if (!s.term_changed && previous != NodeId{})
    return fmt::format("changed its vote of term {} from n{} to {} (HandleRequestVoteRequest)", term.value,
                       previous.value, now == NodeId{} ? "nobody" : fmt::format("n{}", now.value));
  if (now == NodeId{}) return std::nullopt;
  if (now == s.id) {
    if (campaigns(role)) return std::nullopt;
    return fmt::format("voted for itself in term {} without campaigning (Timeout)", term.value);
  }
  if (campaigns(role))
    return fmt::format("voted for n{} in term {}, in which it campaigns itself (HandleRequestVoteRequest)",
                       now.value, term.value);
  const Heard* heard = s.of(now);
  if (heard != nullptr && heard_of(heard->vote_requests, term)) return std::nullopt;
  return fmt::format("voted for n{} in term {}, which had not asked it for that (HandleRequestVoteRequest)",
                     now.value, term.value);
}

Illegal learns_leader(const Server& s, NodeId leader, Term term, Role role) {
  if (leader == s.id) {
    if (role == Role::leader) return std::nullopt;
    return fmt::format("takes itself for the leader of term {}, but is {}", term.value, history::name(role));
  }
  const Heard* heard = s.of(leader);
  if (heard != nullptr && heard_of(heard->led, term)) return std::nullopt;
  return fmt::format(
      "takes n{} for the leader of term {}, of which that server had told it nothing "
      "(HandleAppendEntriesRequest)",
      leader.value, term.value);
}

// ---- logs

Illegal appends(const Server& s, Index index, Term entry, Term term, Role role, Index told) {
  const bool leads = role == Role::leader || (s.role_before == Role::leader && entry == s.term_before);
  if (leads) {
    if (entry == term || entry == s.term_before) return std::nullopt;
    return fmt::format("appended entry {} of term {} as leader of term {} (ClientRequest)", index.value,
                       entry.value, term.value);
  }
  if (index <= told) return std::nullopt;
  return fmt::format(
      "appended entry {} of term {}, but the leader of its term {} had told it of none beyond {} "
      "(HandleAppendEntriesRequest)",
      index.value, entry.value, term.value, told.value);
}

Illegal removes(const Server& s, const Removed& removed, Role role, std::optional<Term> leaders) {
  // What a snapshot takes the place of need not conflict entry by entry (figure 5.3).
  if (s.installed) return std::nullopt;
  if (role == Role::leader)
    return fmt::format("removed entry {} of its log although it leads (leaders only append)",
                       removed.index.value);
  if (!leaders || *leaders != removed.term) {
    if (leaders != Term{}) return std::nullopt;
    return fmt::format(
        "removed entry {} of term {}, although its leader's log ends before that and conflicts "
        "with nothing there (HandleAppendEntriesRequest)",
        removed.index.value, removed.term.value);
  }
  return fmt::format(
      "removed entry {} of term {}, which its leader's log holds as well "
      "(HandleAppendEntriesRequest)",
      removed.index.value, removed.term.value);
}

Illegal installs(Server& s, const LogEnd& snapshot) {
  s.installed = true;
  const bool offered = std::any_of(s.heard.begin(), s.heard.end(), [&snapshot](const Heard& heard) {
    return std::find(heard.snapshots.begin(), heard.snapshots.end(), snapshot) != heard.snapshots.end();
  });
  if (offered || s.heard_more) return std::nullopt;
  return fmt::format("installed a snapshot up to entry {} of term {}, which nobody had offered it",
                     snapshot.index.value, snapshot.term.value);
}

}  // namespace raftsim::checkers::specification
