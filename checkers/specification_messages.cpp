// What a server may say (specification.hpp).
#include <algorithm>

#include <fmt/format.h>

#include "checkers/specification.hpp"
#include "history/names.hpp"

namespace raftsim::checkers::specification {

namespace {

/// One message, with all that its guard may look at.
struct Said {
  Server& server;
  const history::MessagePart& part;
  const MessageView& view;
  const After& after;

  NodeId to() const { return part.peer.as_node(); }
  Heard& heard() const { return server.from_peer(to()); }
  std::string what() const {
    return fmt::format("{} of term {} to n{}", history::name(part.type), part.term.value, to().value);
  }
};

/// An answer takes a request out of the bag.
bool answers(std::uint64_t& open) {
  if (open == 0) return false;
  --open;
  return true;
}

/// RequestVote: a candidate, of its term, after its own vote.
Illegal request_vote(const Said& m) {
  const bool own = m.after.vote == std::optional(m.server.id);
  const bool campaigns = m.after.role == Role::candidate || m.after.role == Role::leader;
  if (campaigns && own && m.part.term == m.after.term) return std::nullopt;
  return fmt::format("sent {}, but is {} of term {}{} (RequestVote)", m.what(), history::name(m.after.role),
                     m.after.term.value, own ? "" : " and has not voted for itself");
}

/// A pre-vote asks for the term behind its own (9.6).
Illegal pre_vote(const Said& m) {
  if (m.after.role == Role::pre_candidate && m.part.term == m.after.term + 1) return std::nullopt;
  return fmt::format("sent {}, but is {} of term {} (dissertation 9.6)", m.what(),
                     history::name(m.after.role), m.after.term.value);
}

Illegal request_vote_resp(const Said& m) {
  if (!answers(m.heard().vote_requests_open))
    return fmt::format("sent {}, which had not asked (HandleRequestVoteRequest)", m.what());
  if (m.part.term != m.after.term)
    return fmt::format("sent {}, but is in term {} (HandleRequestVoteRequest)", m.what(), m.after.term.value);
  if (m.part.granted == 0 || m.after.vote == std::optional(m.to())) return std::nullopt;
  return fmt::format(
      "granted its vote of term {} to n{}, but {} (HandleRequestVoteRequest)", m.part.term.value,
      m.to().value,
      m.after.vote ? fmt::format("it went to n{}", m.after.vote->value) : std::string("has not voted"));
}

/// Who grants a pre-vote, in the words of the term asked for, would grant the vote (9.6).
Illegal pre_vote_resp(const Said& m) {
  if (!answers(m.heard().pre_vote_requests_open))
    return fmt::format("sent {}, which had not asked (dissertation 9.6)", m.what());
  if (m.part.granted == 0) {
    if (m.part.term == m.after.term) return std::nullopt;
    return fmt::format("sent {}, but is in term {} (dissertation 9.6)", m.what(), m.after.term.value);
  }
  // Of several of one term, the one with the best log: it may be the one that is answered.
  const Heard::PreVote* request = nullptr;
  for (const Heard::PreVote& asked : m.heard().pre_vote_requests)
    if (asked.term == m.part.term && (request == nullptr || asked.log > request->log)) request = &asked;
  if (request == nullptr && m.server.heard_more) return std::nullopt;
  if (request == nullptr)
    return fmt::format("granted a pre-vote of term {} to n{}, which had asked for another term (9.6)",
                       m.part.term.value, m.to().value);
  const bool would_vote = (!m.after.vote || m.after.vote == std::optional(m.to())) &&
                          m.after.role != Role::candidate && m.after.role != Role::leader;
  if (m.part.term < m.after.term || (m.part.term == m.after.term && !would_vote))
    return fmt::format("granted a pre-vote of term {} to n{}, but is {} of term {}{} (9.6)",
                       m.part.term.value, m.to().value, history::name(m.after.role), m.after.term.value,
                       m.after.vote ? fmt::format(", whose vote went to n{}", m.after.vote->value) : "");
  if (!m.after.last_term) return std::nullopt;
  const LogEnd own{*m.after.last_term, m.after.last};
  if (request->log >= own) return std::nullopt;
  return fmt::format(
      "granted a pre-vote of term {} to n{}, although its own log is more up-to-date: that "
      "server's last entry is {} of term {}, its own {} of term {} (5.4.1, 9.6)",
      m.part.term.value, m.to().value, request->log.index.value, request->log.term.value, own.index.value,
      own.term.value);
}

/// Still at the end of the step, in the term of the message.
bool leads(const Said& m) { return m.after.role == Role::leader && m.part.term == m.after.term; }

/// Or until this step.
bool led(const Said& m) {
  return leads(m) || (m.server.role_before == Role::leader && m.part.term == m.server.term_before);
}

/// AppendEntries, InstallSnapshot: of a term that it led in this step.
Illegal by_leader(const Said& m) {
  if (!led(m))
    return fmt::format("sent {}, but is {} of term {} (AppendEntries)", m.what(), history::name(m.after.role),
                       m.after.term.value);
  if (m.after.previous_term && *m.after.previous_term != m.view.previous_term)
    return fmt::format("sent {} behind entry {} of term {}, which is of term {} in its log (AppendEntries)",
                       m.what(), m.view.previous_index.value, m.view.previous_term.value,
                       m.after.previous_term->value);
  if (m.part.type == MessageType::install_snapshot && m.view.previous_index > m.after.commit && leads(m))
    return fmt::format("sent {} up to entry {}, but has committed no further than {}", m.what(),
                       m.view.previous_index.value, m.after.commit.value);
  return std::nullopt;
}

/// The answer of HandleAppendEntriesRequest, of an InstallSnapshot too.
Illegal append_entries_resp(const Said& m) {
  const Server& s = m.server;
  const Heard& heard = m.heard();
  if (!heard.ever_led)
    return fmt::format("sent {}, which had told it nothing (HandleAppendEntriesRequest)", m.what());
  if (m.part.term != m.after.term)
    return fmt::format("sent {}, but is in term {} (HandleAppendEntriesRequest)", m.what(),
                       m.after.term.value);
  const bool led = std::find(heard.led.begin(), heard.led.end(), m.part.term) != heard.led.end();
  if (m.part.granted != 0 && !led && !s.heard_more)
    return fmt::format(
        "sent {} and accepts, but that server never led that term (HandleAppendEntriesRequest)", m.what());
  const bool of_this_step = s.cause == Cause::message && s.from == m.to() &&
                            s.type == MessageType::append_entries && s.message_term == m.after.term;
  const bool refuses = m.part.granted == 0 && m.part.type == MessageType::append_entries_resp;
  if (!refuses || !of_this_step || !s.matched || m.after.may_refuse) return std::nullopt;
  return fmt::format(
      "refused AppendEntries of its leader n{}, although its log holds the entry before them "
      "(HandleAppendEntriesRequest)",
      m.to().value);
}

/// 3.10: to a voter whose log is known to end where the leader's does.
Illegal timeout_now(const Said& m) {
  // One that steps down as its removal commits may hand over with its last word (4.2.2).
  if (!led(m))
    return fmt::format("sent {}, but is {} of term {} (dissertation 3.10)", m.what(),
                       history::name(m.after.role), m.after.term.value);
  const Heard& heard = m.heard();
  const Index match = heard.match_term == m.part.term ? heard.match : Index{};
  if (match >= m.after.last) return std::nullopt;
  return fmt::format("sent {}, which had acknowledged its log up to {} of {} only (dissertation 3.10)",
                     m.what(), match.value, m.after.last.value);
}

/// 6.4: the commit index as the request came, or a later one, once an entry of the own term is committed.
Illegal read_index_resp(const Said& m) {
  Heard& heard = m.heard();
  if (heard.read_requests_open == 0)
    return fmt::format("sent {}, which had not asked (dissertation 6.4)", m.what());
  --heard.read_requests_open;
  if (m.part.granted == 0) return std::nullopt;
  if (m.after.role != Role::leader && m.server.role_before != Role::leader)
    return fmt::format("named a read index to n{}, but does not lead (dissertation 6.4)", m.to().value);
  if (m.after.commit_term && *m.after.commit_term != m.after.term &&
      *m.after.commit_term != m.server.term_before)
    return fmt::format(
        "named a read index to n{}, but has committed no entry of its term {} yet (dissertation 6.4)",
        m.to().value, m.after.term.value);
  const auto asked = std::ranges::find(heard.read_requests, m.view.context, &Heard::ReadRequest::number);
  if (!heard.asked_more && asked != heard.read_requests.end() && m.view.match < asked->commit)
    return fmt::format(
        "named the read index {} to n{}, but had committed {} when it was asked (dissertation 6.4)",
        m.view.match.value, m.to().value, asked->commit.value);
  if (m.view.match <= m.after.commit) return std::nullopt;
  return fmt::format(
      "named the read index {} to n{}, but has committed no further than {} (dissertation 6.4)",
      m.view.match.value, m.to().value, m.after.commit.value);
}

}  // namespace

Illegal says(Server& server, const history::MessagePart& part, const MessageView& view, const After& after) {
  const Said said{server, part, view, after};
  switch (part.type) {
    case MessageType::request_vote:
      return request_vote(said);
    case MessageType::request_vote_resp:
      return request_vote_resp(said);
    case MessageType::pre_vote:
      return pre_vote(said);
    case MessageType::pre_vote_resp:
      return pre_vote_resp(said);
    case MessageType::append_entries:
    case MessageType::install_snapshot:
      return by_leader(said);
    case MessageType::append_entries_resp:
    case MessageType::install_snapshot_resp:
      return append_entries_resp(said);
    case MessageType::timeout_now:
      return timeout_now(said);
    case MessageType::read_index_resp:
      return read_index_resp(said);
    case MessageType::read_index:
    case MessageType::unknown:
    case MessageType::client_request:
    case MessageType::client_reply:
      break;
  }
  return std::nullopt;
}

}  // namespace raftsim::checkers::specification
