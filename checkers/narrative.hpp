// Sentences and evidence in the protocol's words, made once something is violated (cli.md shows the shape).
#pragma once

#include <string>
#include <vector>

#include "checkers/cluster_shadow.hpp"
#include "history/verdict.hpp"

namespace raftsim::checkers {

using history::Evidence;

/// Seconds with three decimals, cut off: `3.402s`.
[[gnu::cold]] std::string short_time(Instant time);
[[gnu::cold]] std::string span(Duration time);
/// `n2`.
[[gnu::cold]] std::string name(NodeId node);

/// One line of evidence about a server.
[[gnu::cold]] Evidence line(EventId event, Instant time, NodeId node, std::string what,
                            std::string remark = "");
[[gnu::cold]] Evidence line(const Event& event, std::string what, std::string remark = "");
[[gnu::cold]] Evidence line(NodeId node, const Milestone& milestone);

/// Who committed a canonical entry.
[[gnu::cold]] Evidence line(Index index, const Committed& entry);

/// At most 8 lines, in order of time, without repetition; of more, the latest.
[[gnu::cold]] std::vector<Evidence> in_order(std::vector<Evidence> evidence);

/// What a server went through from its vote of `term` on: its votes of that term, crashes, recoveries.
[[gnu::cold]] std::vector<Evidence> life_of(const NodeShadow& node, Term term);
/// Its last `count` milestones.
[[gnu::cold]] std::vector<Evidence> last_of(const NodeShadow& node, std::size_t count);

/// The voters whose granted votes a winner had really received, itself included: `n2 n3 n5`.
[[gnu::cold]] std::string votes_of(const Election& election);
[[gnu::cold]] std::string votes_of(const Leadership& leadership);

}  // namespace raftsim::checkers
