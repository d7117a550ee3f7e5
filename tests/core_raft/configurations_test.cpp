// Configurations: their encoding, and their history in a log against a replay of that log.
#include "core/configurations.hpp"

#include <rapidcheck.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <optional>
#include <vector>

#include "core/bytes.hpp"
#include "seam/chain.hpp"

namespace raftsim::core {
namespace {

NodeSet draw_nodes(std::uint64_t first, std::uint64_t last) {
  NodeSet set;
  for (std::uint64_t n = first; n <= last; ++n) {
    if (*rc::gen::inRange(0, 2) == 1) set.push_back(NodeId{n});
  }
  return set;
}

/// With voters, so that it may stand in an entry.
Configuration draw_configuration() {
  Configuration configuration;
  configuration.voters = draw_nodes(1, 6);
  configuration.voters.push_back(NodeId{7});
  configuration.voters_outgoing = draw_nodes(1, 9);
  configuration.learners = draw_nodes(10, 13);
  return configuration;
}

std::vector<std::byte> encoded(const Configuration& configuration) {
  std::vector<std::byte> bytes;
  encode_configuration(configuration, bytes);
  return bytes;
}

void what_is_encoded_comes_back() {
  const Configuration configuration = *rc::gen::inRange(0, 8) == 0 ? Configuration{} : draw_configuration();
  RC_ASSERT(well_formed(configuration));
  const std::optional<Configuration> back = decode_configuration(encoded(configuration));
  RC_ASSERT(back.has_value());
  RC_ASSERT(*back == configuration);
}

/// Whatever bytes decode are the encoding of what they decode to: there are no two for one configuration.
void damaged_bytes_are_refused_or_mean_themselves() {
  std::vector<std::byte> bytes = encoded(draw_configuration());
  const int changes = *rc::gen::inRange(1, 4);
  for (int i = 0; i < changes; ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
    bytes[at] = static_cast<std::byte>(*rc::gen::inRange(0, 256));
  }
  if (*rc::gen::inRange(0, 3) == 0) bytes.resize(*rc::gen::inRange<std::size_t>(0, bytes.size() + 9));
  const std::optional<Configuration> decoded = decode_configuration(bytes);
  if (!decoded) return;
  RC_ASSERT(well_formed(*decoded));
  RC_ASSERT(encoded(*decoded) == bytes);
}

/// The log as it is, entry by entry: what is in force at a position is found by walking back from it.
struct DumbLog {
  Index base{0};
  Configuration base_configuration;
  std::vector<std::optional<Configuration>> entries;  ///< those behind the base

  Index last() const { return base + entries.size(); }
  Configuration at(Index index) const {
    for (std::size_t n = index - base; n > 0; --n) {
      if (entries[n - 1]) return *entries[n - 1];
    }
    return base_configuration;
  }
  Index index_of_latest() const {
    for (std::size_t n = entries.size(); n > 0; --n) {
      if (entries[n - 1]) return base + n;
    }
    return base;
  }
};

void step(Configurations& held, DumbLog& log) {
  const int what = *rc::gen::inRange(0, 10);
  if (what < 6) {
    log.entries.emplace_back();
    if (what < 3) {
      log.entries.back() = draw_configuration();
      held.append(log.last(), *log.entries.back());
    }
  } else if (what < 8 && !log.entries.empty()) {
    const Index from = log.base + *rc::gen::inRange<std::uint64_t>(1, log.entries.size() + 1);
    const bool loses_one = log.index_of_latest() >= from && log.index_of_latest() > log.base;
    log.entries.resize(from - 1 - log.base);
    RC_ASSERT(held.truncate(from) == loses_one);
  } else if (what == 8) {
    const Index upto = log.base + *rc::gen::inRange<std::uint64_t>(0, log.entries.size() + 1);
    log.base_configuration = log.at(upto);
    log.entries.erase(log.entries.begin(),
                      log.entries.begin() + static_cast<std::ptrdiff_t>(upto - log.base));
    log.base = upto;
    held.compact(upto);
    held.compact(Index{upto.value / 2});  // a late snapshot of less changes nothing
  } else if (*rc::gen::inRange(0, 4) == 0) {
    log = DumbLog{log.last() + 3, draw_configuration(), {}};
    held.restart(log.base, log.base_configuration);
  }
}

void history_is_a_replay_of_the_log() {
  DumbLog log;
  Configurations held;
  const int steps = *rc::gen::inRange(0, 40);
  for (int i = 0; i < steps; ++i) {
    step(held, log);
    RC_ASSERT(held.latest() == log.at(log.last()));
    RC_ASSERT(held.latest_index() == log.index_of_latest());
    for (Index at = log.base; at <= log.last(); ++at) RC_ASSERT(held.at(at) == log.at(at));
  }
}

BOOST_AUTO_TEST_CASE(an_encoded_configuration_comes_back) {
  BOOST_TEST(rc::check("encoding", what_is_encoded_comes_back));
}

BOOST_AUTO_TEST_CASE(damaged_configurations_are_refused_or_mean_themselves) {
  BOOST_TEST(rc::check("damage", damaged_bytes_are_refused_or_mean_themselves));
}

BOOST_AUTO_TEST_CASE(the_history_of_configurations_is_a_replay_of_the_log) {
  BOOST_TEST(rc::check("history", history_is_a_replay_of_the_log));
}

BOOST_AUTO_TEST_CASE(only_sets_of_servers_make_a_configuration) {
  const NodeId a{1};
  const NodeId b{2};
  const NodeId c{3};
  BOOST_TEST(well_formed(Configuration{{a, b}, {b, c}, {}}));
  BOOST_TEST(well_formed(Configuration{}));
  BOOST_TEST(!well_formed(Configuration{{b, a}, {}, {}}));
  BOOST_TEST(!well_formed(Configuration{{a, a}, {}, {}}));
  BOOST_TEST(!well_formed(Configuration{{NodeId{}, a}, {}, {}}));
  BOOST_TEST(!well_formed(Configuration{{}, {a}, {}}));
  BOOST_TEST(!well_formed(Configuration{{}, {}, {a}}));
  BOOST_TEST(!well_formed(Configuration{{a}, {}, {a}}));
  BOOST_TEST(!well_formed(Configuration{{a}, {b}, {b}}));
}

BOOST_AUTO_TEST_CASE(a_configuration_has_a_bound_that_a_decoder_keeps) {
  Configuration large;
  for (std::uint64_t n = 1; n <= configuration_ids_max; ++n) large.voters.push_back(NodeId{n});
  BOOST_TEST(decode_configuration(encoded(large)).has_value());
  std::vector<std::byte> bytes = encoded(large);
  store(bytes.data() + 4, static_cast<std::uint32_t>(configuration_ids_max + 1));
  bytes.resize(bytes.size() + sizeof(std::uint64_t), std::byte{0xFF});
  BOOST_TEST(!decode_configuration(bytes).has_value());
  large.voters.push_back(NodeId{configuration_ids_max + 1});
  BOOST_TEST(!well_formed(large));
}

BOOST_AUTO_TEST_CASE(an_entry_holds_a_configuration_with_voters_or_none) {
  const auto entry = [](EntryKind kind, const std::vector<std::byte>& payload) {
    return EntryRef{Term{1}, entry_hash(kind, payload), payload, kind};
  };
  const std::vector<std::byte> one = encoded(Configuration{{NodeId{1}}, {}, {}});
  const std::vector<std::byte> nobody = encoded(Configuration{});
  BOOST_TEST(configuration_in(entry(EntryKind::configuration, one)).has_value());
  BOOST_TEST(!configuration_in(entry(EntryKind::command, one)).has_value());
  BOOST_TEST(!configuration_in(entry(EntryKind::configuration, nobody)).has_value());
  BOOST_TEST(!configuration_in(entry(EntryKind::configuration, {})).has_value());
}

}  // namespace
}  // namespace raftsim::core
