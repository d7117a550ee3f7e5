#include "core/configurations.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "core/bytes.hpp"
#include "seam/check.hpp"

namespace raftsim::core {
namespace {

// 0 u32 version   4 u32 voters   8 u32 outgoing voters   12 u32 learners   16 u64 node, ...
constexpr std::uint32_t encoding_version = 1;
constexpr std::size_t header_bytes = 16;

bool is_set_of_servers(const NodeSet& set) {
  if (!set.empty() && set.front() == NodeId{}) return false;
  return std::adjacent_find(set.begin(), set.end(), [](NodeId a, NodeId b) { return a >= b; }) == set.end();
}

/// Takes `count` ids off the front of `ids`.
NodeSet take_nodes(ByteSpan& ids, std::size_t count) {
  NodeSet nodes;
  nodes.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    nodes.push_back(NodeId{load<std::uint64_t>(ids.data() + i * sizeof(std::uint64_t))});
  }
  ids = ids.subspan(count * sizeof(std::uint64_t));
  return nodes;
}

}  // namespace

bool well_formed(const Configuration& configuration) {
  const NodeSet* sets[] = {&configuration.voters, &configuration.voters_outgoing, &configuration.learners};
  std::size_t ids = 0;
  for (const NodeSet* set : sets) {
    if (!is_set_of_servers(*set)) return false;
    ids += set->size();
  }
  if (ids > configuration_ids_max) return false;
  if (configuration.voters.empty()) return ids == 0;
  return std::none_of(configuration.learners.begin(), configuration.learners.end(),
                      [&](NodeId learner) { return configuration.votes(learner); });
}

void encode_configuration(const Configuration& configuration, std::vector<std::byte>& out) {
  const NodeSet* sets[] = {&configuration.voters, &configuration.voters_outgoing, &configuration.learners};
  std::size_t ids = 0;
  for (const NodeSet* set : sets) ids += set->size();
  CHECK(ids <= configuration_ids_max);
  const std::size_t start = out.size();
  out.resize(start + header_bytes + ids * sizeof(std::uint64_t));
  std::byte* count = out.data() + start;
  std::byte* node = count + header_bytes;
  store(count, encoding_version);
  for (const NodeSet* set : sets) {
    count += sizeof(std::uint32_t);
    store(count, static_cast<std::uint32_t>(set->size()));
    for (const NodeId id : *set) {
      store(node, id.value);
      node += sizeof(std::uint64_t);
    }
  }
}

std::optional<Configuration> decode_configuration(ByteSpan bytes) {
  if (bytes.size() < header_bytes) return std::nullopt;
  const std::byte* at = bytes.data();
  if (load<std::uint32_t>(at) != encoding_version) return std::nullopt;
  const std::uint64_t voters = load<std::uint32_t>(at + 4);
  const std::uint64_t outgoing = load<std::uint32_t>(at + 8);
  const std::uint64_t learners = load<std::uint32_t>(at + 12);
  const std::uint64_t count = voters + outgoing + learners;
  ByteSpan ids = bytes.subspan(header_bytes);
  if (count > configuration_ids_max || ids.size() != count * sizeof(std::uint64_t)) return std::nullopt;
  Configuration configuration;
  configuration.voters = take_nodes(ids, voters);
  configuration.voters_outgoing = take_nodes(ids, outgoing);
  configuration.learners = take_nodes(ids, learners);
  if (!well_formed(configuration)) return std::nullopt;
  return configuration;
}

std::optional<Configuration> configuration_in(const EntryRef& entry) {
  if (entry.kind != EntryKind::configuration) return std::nullopt;
  std::optional<Configuration> configuration = decode_configuration(entry.payload);
  if (configuration && configuration->voters.empty()) configuration.reset();
  return configuration;
}

void Configurations::restart(Index index, Configuration base) {
  held_.clear();
  held_.push_back(At{index, std::move(base)});
}

const Configuration& Configurations::at(Index index) const {
  CHECK(index >= held_.front().index);
  const auto after = std::upper_bound(held_.begin(), held_.end(), index,
                                      [](Index wanted, const At& one) { return wanted < one.index; });
  return std::prev(after)->configuration;
}

void Configurations::append(Index index, Configuration configuration) {
  CHECK(index > latest_index());
  held_.push_back(At{index, std::move(configuration)});
}

bool Configurations::truncate(Index from) {
  CHECK(from > held_.front().index);
  const std::size_t before = held_.size();
  while (held_.back().index >= from) held_.pop_back();
  return held_.size() < before;
}

void Configurations::compact(Index upto) {
  if (upto <= held_.front().index) return;
  const auto after = std::upper_bound(held_.begin(), held_.end(), upto,
                                      [](Index wanted, const At& one) { return wanted < one.index; });
  held_.erase(held_.begin(), std::prev(after));
  held_.front().index = upto;
}

}  // namespace raftsim::core
