// Sentences and evidence in the protocol's words, made once something is violated (cli.md shows the shape).
#pragma once

#include <string>
#include <vector>

#include "checkers/cluster_shadow.hpp"
#include "history/verdict.hpp"

namespace raftsim::checkers {

using history::Evidence;

/// Seconds with three decimals, cut off: `3.402s`.
std::string short_time(Instant time);
/// `n2`.
std::string name(NodeId node);

/// One line of evidence about a server.
Evidence line(EventId event, Instant time, NodeId node, std::string what, std::string remark = "");
Evidence line(const Event& event, std::string what, std::string remark = "");
Evidence line(NodeId node, const Milestone& milestone);

/// Who committed a canonical entry.
Evidence line(Index index, const Committed& entry);

/// At most 8 lines, in order of time, without repetition; of more, the latest.
std::vector<Evidence> in_order(std::vector<Evidence> evidence);

/// What a server went through from its vote of `term` on: its votes of that term, crashes, recoveries.
std::vector<Evidence> life_of(const NodeShadow& node, Term term);
/// Its last `count` milestones.
std::vector<Evidence> last_of(const NodeShadow& node, std::size_t count);

/// The voters whose granted votes a winner had really received, itself included: `n2 n3 n5`.
std::string votes_of(const Election& election);
std::string votes_of(const Leadership& leadership);

}  // namespace raftsim::checkers
