#include "tests/core_raft/message_text.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <array>
#include <charconv>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "history/names.hpp"

namespace raftsim::core::test {

namespace {

constexpr std::array<std::pair<MessageType, std::string_view>, 11> type_names{{
    {MessageType::pre_vote, "pre_vote"},
    {MessageType::pre_vote_resp, "pre_vote_resp"},
    {MessageType::request_vote, "request_vote"},
    {MessageType::request_vote_resp, "request_vote_resp"},
    {MessageType::append_entries, "append_entries"},
    {MessageType::append_entries_resp, "append_entries_resp"},
    {MessageType::timeout_now, "timeout_now"},
    {MessageType::read_index, "read_index"},
    {MessageType::read_index_resp, "read_index_resp"},
    {MessageType::install_snapshot, "install_snapshot"},
    {MessageType::install_snapshot_resp, "install_snapshot_resp"},
}};

std::string_view type_name(MessageType type) {
  for (const auto& [known, name] : type_names) {
    if (known == type) return name;
  }
  return "unknown";
}

MessageType type_of(std::string_view name) {
  for (const auto& [type, known] : type_names) {
    if (known == name) return type;
  }
  return MessageType::unknown;
}

// In order of NoteKind.
std::string place(Index index, Term term) { return fmt::format("{}@{}", index.value, term.value); }

std::pair<Index, Term> parse_place(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos) return {Index{number(text)}, Term{}};
  return {Index{number(text.substr(0, at))}, Term{number(text.substr(at + 1))}};
}

std::string doubt_text(const Message& message) {
  if (message.doubt == 0) return "";
  if (message.doubt == doubt_for_good) return " doubt=for_good";
  return fmt::format(" doubt={}", message.doubt);
}

std::string response_text(const Message& message) {
  const bool to_chunk = message.type == MessageType::install_snapshot_resp;
  std::string line = message.granted ? "granted" : to_chunk ? "so far" : "refused";
  line += fmt::format(" term={}", message.term.value);
  if (message.type == MessageType::read_index_resp) {
    return line + fmt::format(" match={} ask={}", message.match.value, message.context);
  }
  if (message.type != MessageType::append_entries_resp && !to_chunk) return line;
  if (to_chunk && !message.granted) {
    line += fmt::format(" last={} at={} wants={}", place(message.index, message.index_term),
                        message.chunk.size, message.chunk.offset);
  } else if (message.granted) {
    line += fmt::format(" proved={} match={}", message.index.value, message.match.value);
  } else {
    line += fmt::format(" index={} hint={}", message.index.value, place(message.hint, message.hint_term));
  }
  if (message.context != 0) line += fmt::format(" round={}", message.context);
  return line + doubt_text(message);
}

std::string request_text(const Letter& letter) {
  const Message& message = letter.message;
  std::string line = fmt::format("term={}", message.term.value);
  if (message.type == MessageType::timeout_now) return line;
  if (message.type == MessageType::read_index) return line + fmt::format(" ask={}", message.context);
  if (message.type == MessageType::install_snapshot) {
    line += fmt::format(" last={} bytes={}+{} of {}", place(message.index, message.index_term),
                        message.chunk.offset, letter.data.size(), message.chunk.size);
    return message.context != 0 ? line + fmt::format(" round={}", message.context) : line;
  }
  if (message.type != MessageType::append_entries) {
    line += fmt::format(" last={}", place(message.index, message.index_term));
    if (message.commanded) line += " commanded";
    return message.released ? line + " released" : line;
  }
  line += fmt::format(" prev={} commit={}", place(message.index, message.index_term), message.commit.value);
  if (message.context != 0) line += fmt::format(" round={}", message.context);
  if (message.leased) line += " leased";
  line += doubt_text(message);
  if (message.doubt != 0) line += fmt::format(" leader_last={}", message.hint.value);
  Index at = message.index;
  for (const StoredEntry& entry : letter.entries) {
    ++at;
    line += fmt::format("{}{}", at == message.index + 1 ? " entries=" : ",", text(at, entry));
  }
  return line;
}

StoredEntry parse_entry(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) throw std::runtime_error("an entry is index@term:payload");
  const std::string payload(text.substr(colon + 1));
  const Term term = parse_place(text.substr(0, colon)).second;
  if (payload.starts_with('{')) return configuration_entry(term, parse_configuration(payload));
  if (payload == "no_op") return StoredEntry{term, EntryKind::no_op, {}};
  return StoredEntry{term, EntryKind::command, payload};
}

void parse_entries(std::string_view list, std::vector<StoredEntry>& out) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    out.push_back(parse_entry(list.substr(0, comma)));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
}

}  // namespace

std::vector<std::string> words(std::string_view line) {
  std::vector<std::string> result;
  std::size_t at = 0;
  while ((at = line.find_first_not_of(' ', at)) != std::string_view::npos) {
    const std::size_t end = std::min(line.find(' ', at), line.size());
    result.emplace_back(line.substr(at, end - at));
    at = end;
  }
  return result;
}

std::optional<std::string> value_of(const std::vector<std::string>& in, std::string_view key) {
  for (const std::string& word : in) {
    if (word.size() > key.size() && word.starts_with(key) && word[key.size()] == '=') {
      return word.substr(key.size() + 1);
    }
  }
  return std::nullopt;
}

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    throw std::runtime_error(fmt::format("'{}' is no number", text));
  }
  return value;
}

NodeId node_id(std::string_view text) {
  if (!text.starts_with('n')) throw std::runtime_error(fmt::format("'{}' is no node", text));
  return NodeId{number(text.substr(1))};
}

Duration duration(std::string_view text) {
  if (!text.ends_with("ms")) throw std::runtime_error(fmt::format("'{}' is no duration in ms", text));
  return milliseconds(static_cast<std::int64_t>(number(text.substr(0, text.size() - 2))));
}

std::string text(NodeId node) { return node == NodeId{} ? "-" : fmt::format("n{}", node.value); }

std::string text(Role role) {
  constexpr std::array<std::string_view, 5> names{"follower", "pre_candidate", "candidate", "leader",
                                                  "learner"};
  return std::string(names.at(static_cast<std::size_t>(role)));
}

std::string text(Instant time) {
  if (time.ns % 1'000'000 == 0) return fmt::format("{}ms", time.ns / 1'000'000);
  return fmt::format("{}ns", time.ns);
}

std::string text(ReadFailure failure) {
  constexpr std::array<std::string_view, 5> names{"not_leader", "stepped_down", "busy", "leader_changed",
                                                  "timed_out"};
  return std::string(names.at(static_cast<std::size_t>(failure)));
}

std::string text(TransferStart start) {
  constexpr std::array<std::string_view, 6> names{"started",       "not_leader", "busy",
                                                  "leads_already", "not_voter",  "votes_no_more"};
  return std::string(names.at(static_cast<std::size_t>(start)));
}

std::string text(TransferEnd end) {
  constexpr std::array<std::string_view, 4> names{"done", "aborted", "lost", "the target has left"};
  return std::string(names.at(static_cast<std::size_t>(end)));
}

std::string text(const Configuration& configuration) {
  std::string line;
  const auto list = [&line](const char* before, const NodeSet& nodes) {
    if (!nodes.empty()) line += before;
    for (const NodeId node : nodes) line += fmt::format("{}{}", node == nodes.front() ? "" : ";", node.value);
  };
  list("", configuration.voters);
  list("<-", configuration.voters_outgoing);
  list("|", configuration.learners);
  return "{" + line + "}";
}

Configuration parse_configuration(std::string_view text) {
  if (!text.starts_with('{') || !text.ends_with('}'))
    throw std::runtime_error("a configuration is in braces");
  Configuration configuration;
  NodeSet* set = &configuration.voters;
  std::string digits;
  for (const char c : text.substr(1)) {
    if (c >= '0' && c <= '9') {
      digits += c;
      continue;
    }
    if (!digits.empty()) set->push_back(NodeId{number(std::exchange(digits, {}))});
    if (c == '<') set = &configuration.voters_outgoing;
    if (c == '|') set = &configuration.learners;
  }
  return configuration;
}

StoredEntry configuration_entry(Term term, const Configuration& configuration) {
  std::vector<std::byte> bytes;
  encode_configuration(configuration, bytes);
  return StoredEntry{term, EntryKind::configuration,
                     std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size())};
}

std::string text(Index index, const StoredEntry& entry) {
  if (entry.kind == EntryKind::configuration) {
    const EntryRef ref = entry.ref();
    return fmt::format("{}:{}", place(index, entry.term),
                       text(configuration_in(ref).value_or(Configuration{})));
  }
  return fmt::format("{}:{}", place(index, entry.term),
                     entry.kind == EntryKind::no_op ? "no_op" : entry.payload);
}

std::string text(const Note& note) {
  if (note.kind == NoteKind::role_changed) {
    return fmt::format("becomes {} (was {})", text(static_cast<Role>(note.a)),
                       text(static_cast<Role>(note.b)));
  }
  return fmt::format("{} {} {}", history::name(note.kind), note.a, note.b);
}

std::string text(const Letter& letter) {
  const bool response = letter.message.type == MessageType::pre_vote_resp ||
                        letter.message.type == MessageType::request_vote_resp ||
                        letter.message.type == MessageType::read_index_resp ||
                        letter.message.type == MessageType::append_entries_resp ||
                        letter.message.type == MessageType::install_snapshot_resp;
  return fmt::format("{} -> {} {} {}", text(letter.from), text(letter.to), type_name(letter.message.type),
                     response ? response_text(letter.message) : request_text(letter));
}

std::string state_text(const Node& node) {
  if (!node.raft) return fmt::format("{} down", text(node.id));
  const Raft& raft = *node.raft;
  std::string line = fmt::format("{} {} term={} vote={} leader={} commit={} log=", text(node.id),
                                 text(raft.role()), raft.term().value, text(raft.vote().value_or(NodeId{})),
                                 text(raft.leader().value_or(NodeId{})), raft.commit().value);
  const Index base = raft.log().first() - 1;
  if (base != Index{})
    line += fmt::format("({}){}", place(base, *raft.log().term_at(base)), raft.log().empty() ? "" : ",");
  for (Index at = raft.log().first(); at <= raft.log().last(); ++at) {
    line += fmt::format("{}{}", at == raft.log().first() ? "" : ",", raft.log().at(at).term.value);
  }
  line += fmt::format(" durable={}", raft.durability().durable().value);
  if (raft.doubt() == Doubt::log) line += " in_doubt";
  if (raft.doubt() == Doubt::hard_state) line += " in_doubt_for_good";
  if (raft.snapshot() != nullptr) {
    line += fmt::format(" snapshot={}", place(raft.snapshot()->index, raft.snapshot()->term));
  }
  for (const Progress& follower : raft.peers()) {
    constexpr std::array<std::string_view, 3> states{"probe", "replicate", "snapshot"};
    line += fmt::format(" {}({} match={} next={} inflight={})", text(follower.node),
                        states.at(static_cast<std::size_t>(follower.state)), follower.match.value,
                        follower.next.value, follower.inflight.size());
  }
  return line;
}

Letter parse_letter(const std::vector<std::string>& line) {
  if (line.size() < 4 || line[1] != "->") throw std::runtime_error("a message is 'nA -> nB type ...'");
  Letter letter{node_id(line[0]), node_id(line[2]), {}, {}, {}};
  Message& message = letter.message;
  message.type = type_of(line[3]);
  for (const std::string& word : line) {
    if (word == "granted") message.granted = true;
    if (word == "commanded") message.commanded = true;
    if (word == "released") message.released = true;
    if (word == "leased") message.leased = true;
  }
  const auto as_number = [&line](std::string_view key, std::uint64_t otherwise) {
    const std::optional<std::string> value = value_of(line, key);
    return value ? number(*value) : otherwise;
  };
  message.term = Term{as_number("term", 0)};
  message.commit = Index{as_number("commit", 0)};
  message.match = Index{as_number("match", 0)};
  message.index = Index{as_number("proved", as_number("index", 0))};
  message.context = as_number("round", as_number("ask", as_number("ballot", 0)));
  message.context = as_number("round", as_number("ballot", 0));
  message.doubt = as_number("doubt", 0);
  message.hint = Index{as_number("leader_last", 0)};
  for (std::string_view key : {"prev", "last"}) {
    if (const auto value = value_of(line, key)) {
      std::tie(message.index, message.index_term) = parse_place(*value);
    }
  }
  if (const auto value = value_of(line, "hint")) {
    std::tie(message.hint, message.hint_term) = parse_place(*value);
  }
  if (const auto value = value_of(line, "entries")) parse_entries(*value, letter.entries);
  if (const auto value = value_of(line, "data")) {
    letter.data = *value;
    message.chunk = {.offset = as_number("offset", 0),
                     .size = as_number("size", value->size()),
                     .hash = XXH3_64bits(value->data(), value->size()),
                     .data = {}};
  }
  if (const auto value = value_of(line, "wants")) {
    message.chunk.offset = number(*value);
    message.chunk.size = as_number("at", 0);
  }
  return letter;
}

}  // namespace raftsim::core::test
