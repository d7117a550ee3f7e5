// Messages are untrusted: any number in any field, of any type, in any role.
#include <boost/test/unit_test.hpp>
#include <limits>

#include "tests/core_raft/cluster.hpp"
#include "tests/core_raft/message_text.hpp"
#include "tests/print.hpp"

namespace raftsim::core::test {
namespace {

constexpr std::uint64_t huge = std::numeric_limits<std::uint64_t>::max();

Cluster three_servers() {
  Cluster cluster({{NodeId{1}, NodeId{2}, NodeId{3}}, {}, {}}, Config{});
  cluster.start(NodeId{1});
  return cluster;
}

/// n1 leads term 1.
Cluster leader_of_three() {
  Cluster cluster = three_servers();
  cluster.step(NodeId{1}, CampaignNow{});
  cluster.persisted(NodeId{1}, WriteId{1});
  cluster.receive(parse_letter(words("n2 -> n1 request_vote_resp granted term=1")));
  BOOST_REQUIRE((cluster.node(NodeId{1}).raft->role() == Role::leader));
  return cluster;
}

BOOST_AUTO_TEST_CASE(a_term_that_nobody_can_have_reached_is_not_believed) {
  Cluster cluster = three_servers();
  for (const MessageType type :
       {MessageType::append_entries, MessageType::append_entries_resp, MessageType::request_vote,
        MessageType::request_vote_resp, MessageType::pre_vote, MessageType::pre_vote_resp}) {
    Letter letter{NodeId{2}, NodeId{1}, {}, {}, {}};
    letter.message.type = type;
    for (const Term term : {Term{huge}, term_max, term_told_max + 1}) {
      letter.message.term = term;
      const Output& out = cluster.receive(letter);
      BOOST_TEST(out.sends.empty());
      BOOST_TEST(cluster.node(NodeId{1}).raft->term() == Term{});
    }
  }
}

/// One message of a confused peer must not end all elections for good.
BOOST_AUTO_TEST_CASE(behind_the_last_term_that_is_believed_there_are_more_to_campaign_for) {
  Cluster cluster = three_servers();
  const std::string last = std::to_string(term_told_max.value);
  cluster.receive(parse_letter(words("n2 -> n1 request_vote_resp term=" + last)));
  BOOST_TEST(cluster.node(NodeId{1}).raft->term() == term_told_max);
  BOOST_TEST(cluster.node(NodeId{1}).wake_at.has_value());
  BOOST_TEST((cluster.step(NodeId{1}, CampaignNow{}).campaign == CampaignOutcome::started));
  BOOST_TEST(cluster.node(NodeId{1}).raft->term() == term_told_max + 1);
}

/// And who campaigns there is heard by those who stand there, too.
BOOST_AUTO_TEST_CASE(behind_the_last_term_that_is_believed_a_leader_is_elected) {
  Cluster cluster({{NodeId{1}, NodeId{2}, NodeId{3}}, {}, {}}, Config{});
  for (const NodeId n : {NodeId{1}, NodeId{2}}) cluster.node(n).disk.hard_state.term = term_told_max;
  for (const NodeId n : {NodeId{1}, NodeId{2}}) cluster.start(n);
  cluster.step(NodeId{1}, CampaignNow{});
  cluster.persisted(NodeId{1}, WriteId{1});
  const std::string next = std::to_string(term_told_max.value + 1);
  cluster.receive(parse_letter(words("n1 -> n2 request_vote term=" + next + " last=0@0")));
  BOOST_TEST(cluster.node(NodeId{2}).raft->term() == term_told_max + 1);
  BOOST_TEST((cluster.node(NodeId{2}).raft->vote() == NodeId{1}));
  cluster.receive(parse_letter(words("n2 -> n1 request_vote_resp granted term=" + next)));
  BOOST_TEST((cluster.node(NodeId{1}).raft->role() == Role::leader));
}

BOOST_AUTO_TEST_CASE(nobody_is_led_far_beyond_what_is_believed_by_one_message) {
  Cluster cluster({{NodeId{1}, NodeId{2}, NodeId{3}}, {}, {}}, Config{});
  cluster.node(NodeId{1}).disk.hard_state.term = term_told_max;
  cluster.start(NodeId{1});
  const auto told = [&](Term term) {
    Letter letter = parse_letter(words("n2 -> n1 request_vote_resp term=1"));
    letter.message.term = term;
    cluster.receive(letter);
    return cluster.node(NodeId{1}).raft->term();
  };
  BOOST_TEST(told(term_told_max + terms_ahead_max + 1) == term_told_max);
  BOOST_TEST(told(Term{huge}) == term_told_max);
  BOOST_TEST(told(term_told_max + terms_ahead_max) == term_told_max + terms_ahead_max);
}

BOOST_AUTO_TEST_CASE(a_server_at_the_last_term_follows_and_never_campaigns) {
  Cluster cluster({{NodeId{1}, NodeId{2}, NodeId{3}}, {}, {}}, Config{});
  cluster.node(NodeId{1}).disk.hard_state.term = term_max;
  cluster.start(NodeId{1});
  BOOST_TEST(cluster.node(NodeId{1}).raft->term() == term_max);
  BOOST_TEST(!cluster.node(NodeId{1}).wake_at.has_value());
  BOOST_TEST((cluster.step(NodeId{1}, CampaignNow{}).campaign == CampaignOutcome::refused_not_voter));
}

BOOST_AUTO_TEST_CASE(messages_from_oneself_or_from_nobody_are_ignored) {
  Cluster cluster = three_servers();
  for (const std::uint64_t from : {0U, 1U}) {
    Letter letter = parse_letter(words("n2 -> n1 append_entries term=5 prev=0@0 commit=0"));
    letter.from = NodeId{from};
    cluster.receive(letter);
    BOOST_TEST(cluster.node(NodeId{1}).raft->term() == Term{});
  }
}

BOOST_AUTO_TEST_CASE(entries_whose_terms_decrease_or_exceed_the_leaders_are_ignored) {
  Cluster cluster = three_servers();
  for (const char* entries : {"1@3:a,2@2:b", "1@9:a"}) {
    const Output& out = cluster.receive(parse_letter(
        words(std::string("n2 -> n1 append_entries term=5 prev=0@0 commit=0 entries=") + entries)));
    BOOST_TEST(out.sends.empty());
    BOOST_TEST(cluster.node(NodeId{1}).raft->log().last() == Index{});
  }
}

BOOST_AUTO_TEST_CASE(a_conflict_with_a_committed_entry_is_not_believed) {
  Cluster cluster = three_servers();
  cluster.receive(
      parse_letter(words("n2 -> n1 append_entries term=1 prev=0@0 commit=1 entries=1@1:a,2@1:b")));
  cluster.receive(parse_letter(words("n3 -> n1 append_entries term=2 prev=0@0 commit=0 entries=1@2:x")));
  BOOST_TEST(cluster.node(NodeId{1}).raft->log().at(Index{1}).term == Term{1});
  BOOST_TEST(cluster.node(NodeId{1}).raft->log().last() == Index{2});
}

BOOST_AUTO_TEST_CASE(an_acknowledgement_of_what_was_never_sent_counts_for_nothing) {
  Cluster cluster = leader_of_three();
  for (const char* line : {"n2 -> n1 append_entries_resp granted term=1 proved=9 match=9",
                           "n2 -> n1 append_entries_resp granted term=1 proved=0 match=1",
                           "n2 -> n1 append_entries_resp refused term=1 index=18446744073709551615 hint=0"}) {
    cluster.receive(parse_letter(words(line)));
    BOOST_TEST(cluster.node(NodeId{1}).raft->peers()[0].match == Index{});
    BOOST_TEST(cluster.node(NodeId{1}).raft->commit() == Index{});
  }
}

BOOST_AUTO_TEST_CASE(a_response_of_a_server_that_is_no_member_counts_for_nothing) {
  Cluster cluster = leader_of_three();
  cluster.persisted(NodeId{1}, WriteId{2});
  cluster.receive(parse_letter(words("n7 -> n1 append_entries_resp granted term=1 proved=1 match=1")));
  BOOST_TEST(cluster.node(NodeId{1}).raft->commit() == Index{});
  cluster.receive(parse_letter(words("n3 -> n1 append_entries_resp granted term=1 proved=1 match=1")));
  BOOST_TEST(cluster.node(NodeId{1}).raft->commit() == Index{1});
}

/// Operators are believed no more than peers are.
BOOST_AUTO_TEST_CASE(one_server_too_many_is_refused) {
  constexpr NodeId n1{1};
  Configuration largest{{n1}, {}, {}};
  for (std::uint64_t n = 2; n <= configuration_ids_max; ++n) largest.learners.push_back(NodeId{n});
  Cluster cluster(largest, Config{});
  cluster.start(n1);
  cluster.step(n1, CampaignNow{});
  while (!cluster.node(n1).writes.empty()) cluster.persisted(n1, cluster.node(n1).writes.back().id);
  for (const ChangeKind kind : {ChangeKind::add_learner, ChangeKind::add_voter}) {
    const NodeId another{configuration_ids_max + 1};
    const Output& out = cluster.step(n1, ChangeRequest{kind, {&another, 1}});
    BOOST_REQUIRE(out.change.has_value());
    BOOST_CHECK(out.change->result == ChangeResult::refused);
    BOOST_CHECK(out.change->why == ChangeRefusal::too_many_servers);
  }
}

/// Every field from a small set of nasty values, every type, in every role: nothing may fail a CHECK, and
/// the log's order and the commit bound must hold.
BOOST_AUTO_TEST_CASE(no_message_whatever_breaks_a_server) {
  constexpr std::uint64_t values[] = {0, 1, 2, 3, huge - 1, huge, std::uint64_t{1} << 63};
  std::uint64_t state = 1;
  const auto draw = [&state](std::uint64_t n) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (state >> 33) % n;
  };
  const auto value = [&] { return values[draw(std::size(values))]; };
  for (int trial = 0; trial < 300; ++trial) {
    Cluster cluster = trial % 2 == 0 ? three_servers() : leader_of_three();
    Index commit;
    for (int i = 0; i < 100; ++i) {
      Letter letter{NodeId{draw(4)}, NodeId{1}, {}, {}, {}};
      Message& message = letter.message;
      message.type = static_cast<MessageType>(draw(message_types));
      message.granted = draw(2) == 0;
      message.commanded = draw(2) == 0;
      message.term = Term{draw(3) == 0 ? value() : draw(4)};
      message.index = Index{value()};
      message.index_term = Term{value()};
      message.commit = Index{value()};
      message.match = Index{value()};
      message.hint = Index{value()};
      message.hint_term = Term{value()};
      message.context = value();
      for (std::uint64_t n = draw(4); n > 0; --n) {
        letter.entries.push_back({Term{draw(4)}, EntryKind::command, "x"});
      }
      cluster.receive(letter);
      if (draw(5) == 0) cluster.step(NodeId{1}, WakeUp{});
      const Raft& raft = *cluster.node(NodeId{1}).raft;
      BOOST_REQUIRE(raft.commit() <= raft.log().last());
      BOOST_REQUIRE(raft.commit() >= commit);
      BOOST_REQUIRE(raft.log().last_term() <= raft.term());
      BOOST_REQUIRE(raft.term() <= term_max);
      commit = raft.commit();
    }
  }
}

}  // namespace
}  // namespace raftsim::core::test
