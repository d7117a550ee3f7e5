// Events in words: names of nodes and times, and one readable line per event in the protocol's language.
// Made only when somebody reads it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "history/event.hpp"
#include "history/names.hpp"
#include "history/predicate.hpp"

namespace raftsim::history {

/// `n3`.
std::string to_text(NodeId node);
/// `n3`, `c2`, `world`.
std::string to_text(Endpoint endpoint);
/// Seconds with six decimals, cut off, not rounded: `3.418207s`.
std::string to_text(Instant time);
/// In the largest unit that leaves no fraction, as scenarios write it: `150ms`, `1500us`, `2s`, `0ms`.
std::string to_text(Duration duration);
/// `n1 n2 n3`.
std::string to_text(const NodeSet& nodes);
/// `{n1, n2, n3}`, joint: `{n1, n2} and {n2, n3}`, learners after a `+`.
std::string to_text(const Configuration& configuration);
/// `term 7, vote for n2`, `entries 4..6 of term 7`, ...
std::string to_text(const Label& label);
/// In double quotes; quotes, control characters and what is not ASCII are escaped, so that a line stays a
/// line.
std::string quoted(std::string_view value);
/// `put k3 = "v9"`, `get k3`, `cas k3 "a" -> "b"`.
std::string to_text(const Operation& operation);

/// Nothing where `text` is not `n` and a positive number below 32768.
std::optional<NodeId> node_named(std::string_view text);
/// `n3`, `c2` or `world`.
std::optional<Endpoint> endpoint_named(std::string_view text);

/// What happened, without number, time and place: `vote for n2, term 7`.
std::string in_words(const Event& event, const Details& details);
/// `18655  3.396100s  n5  vote for n2, term 7`; one line, without its end.
std::string one_line(const Event& event, const Details& details);

/// Decodes `send,drop,role`: names of kinds with commas between; the families `message`, `raft`, `disk`,
/// `process`, `fault`, `client` and `all` stand for theirs. Else a sentence that says what was wrong.
std::variant<EventKinds, std::string> kinds_named(std::string_view list);

}  // namespace raftsim::history
