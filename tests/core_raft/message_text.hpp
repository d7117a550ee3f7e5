// Messages, notes and states in the protocol's words, and back: the language of the transcripts.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/core_raft/cluster.hpp"

namespace raftsim::core::test {

/// Splits at blanks.
std::vector<std::string> words(std::string_view line);
/// The part after `key=` of the word that begins so; nothing if there is none.
std::optional<std::string> value_of(const std::vector<std::string>& in, std::string_view key);
std::uint64_t number(std::string_view text);
/// "n3"
NodeId node_id(std::string_view text);
/// "150ms"
Duration duration(std::string_view text);

std::string text(NodeId node);
std::string text(Role role);
std::string text(Instant time);
std::string text(const Letter& letter);
std::string text(const Note& note);
std::string text(TransferStart start);
std::string text(TransferEnd end);
std::string text(ReadFailure failure);
/// "{1;2;3}"; with learners "{1;2;3|4}", joint "{3;4;5<-1;2;3}"; of nobody "{}".
std::string text(const Configuration& configuration);
/// The same back.
Configuration parse_configuration(std::string_view text);
StoredEntry configuration_entry(Term term, const Configuration& configuration);
/// Index, term, kind and payload of one entry: "4@2:no_op", "5@2:x", "6@2:{1;2;3}".
std::string text(Index index, const StoredEntry& entry);
/// "n1 leader term=2 vote=n1 leader=n1 commit=3 log=1,1,2 durable=3"
std::string state_text(const Node& node);

/// What a line like "n2 -> n1 append_entries term=2 prev=3@1 commit=2 entries=4@2:x" says.
Letter parse_letter(const std::vector<std::string>& line);

}  // namespace raftsim::core::test
