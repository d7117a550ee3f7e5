#include "sim/scenario_leases.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/json_write.hpp"
#include "sim/scenario_checks.hpp"

namespace raftsim::sim {
namespace {

using Kind = JsonNode::Kind;

/// All places where options of Raft stand that are not the whole cluster's.
template <class Visit>
void each_own_raft(const JsonNode& root, Visit visit) {
  if (const JsonNode* overrides = value_at(root, {"cluster", "overrides"}))
    for (const JsonMember& server : overrides->members)
      if (const JsonNode* raft = server.value.find("raft"))
        visit(*raft, fmt::format("cluster.overrides.{}.raft", server.key));
  for (const std::string_view list : {"script", "random"})
    each_action(root, list, [&](const JsonNode& action, const std::string& path) {
      if (const JsonNode* raft = value_at(action, {"restart", "raft"})) visit(*raft, path + ".restart.raft");
    });
}

bool clocks_break_leases(const JsonNode& root) {
  const JsonNode* jump = value_at(root, {"clock", "jump"});
  const JsonNode* monotonic = value_at(root, {"clock", "monotonic"});
  bool breaks = jump != nullptr || (monotonic != nullptr && monotonic->text == "false") ||
                drift_between_clocks_ppm(root) > drift_bound(root).ppm;
  for (const std::string_view list : {"script", "random"})
    each_action(root, list, [&breaks](const JsonNode& action, const std::string&) {
      breaks = breaks || action.find("clock_jump") != nullptr || action.find("clock_freeze") != nullptr;
    });
  return breaks;
}

void ask_a_quorum_instead(JsonNode& reads) {
  if (reads.is(Kind::string)) {
    reads.text = "read_index";
    return;
  }
  const std::uint64_t weight = integer_of(reads.find("lease")).value_or(0);
  const std::uint64_t other = integer_of(reads.find("read_index")).value_or(0);
  std::erase_if(reads.members, [](const JsonMember& m) { return m.key == "lease" || m.key == "read_index"; });
  // A weight is at most a million (the field table), whatever the sum.
  add(reads, "read_index", json_number(std::min<std::uint64_t>(weight + other, 1'000'000)));
}

}  // namespace

bool reads_by_lease(const JsonNode& root) {
  const JsonNode* reads = value_at(root, {"workload", "reads"});
  return reads != nullptr && (reads->text == "lease" || integer_of(reads->find("lease")).value_or(0) > 0);
}

std::vector<UnequalOption> unequal_for_leases(const JsonNode& root) {
  std::vector<UnequalOption> unequal;
  each_own_raft(root, [&](const JsonNode& options, const std::string& path) {
    for (const JsonMember& option : options.members) {
      const JsonNode* all = value_at(root, {"cluster", "raft", option.key});
      const Duration timeout = duration_of(all).value_or(Options{}.election_timeout);
      const bool checks = all == nullptr ? Options{}.check_quorum : is_true(all);
      const bool differs = option.key == "election_timeout" ? duration_of(&option.value) != timeout
                                                            : is_true(&option.value) != checks;
      if ((option.key == "election_timeout" || option.key == "check_quorum") && differs)
        unequal.push_back({path, &option});
    }
  });
  return unequal;
}

DriftBound drift_bound(const JsonNode& root) {
  constexpr std::string_view option = "clock_drift_bound_ppm";
  DriftBound smallest{
      integer_of(value_at(root, {"cluster", "raft", option})).value_or(Options{}.clock_drift_bound_ppm),
      "cluster.raft"};
  each_own_raft(root, [&](const JsonNode& options, const std::string& path) {
    const auto own = integer_of(options.find(option));
    if (own && *own < smallest.ppm) smallest = {*own, path};
  });
  smallest.path += fmt::format(".{}", option);
  return smallest;
}

std::uint64_t drift_between_clocks_ppm(const JsonNode& root) {
  return 2 * integer_of(value_at(root, {"clock", "drift_ppm"})).value_or(0);
}

bool give_up_unsafe_leases(JsonNode& drawn, const JsonNode& file) {
  if (!reads_by_lease(drawn)) return false;
  const bool as_written = reads_by_lease(file) && clocks_break_leases(file);
  if (unequal_for_leases(drawn).empty() && (as_written || !clocks_break_leases(drawn))) return false;
  ask_a_quorum_instead(*drawn.find("workload")->find("reads"));
  return true;
}

}  // namespace raftsim::sim
