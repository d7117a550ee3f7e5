// Streams that break and come back: what a leader does about what was on them.
#include <boost/test/unit_test.hpp>

#include "core/server.hpp"
#include "core/wire.hpp"
#include "tests/core_server/server_harness.hpp"
#include "tests/print.hpp"

namespace raftsim::core {
namespace {

Options without_pre_vote() {
  Options options;
  options.pre_vote = false;
  return options;
}

/// Leads three servers; n2 holds all, and two more commands are on their way to it.
void lead_with_a_window(OneServer& server) {
  server.start(Boot::fresh);
  server.become_leader();
  server.disk_until_idle();
  for (std::uint64_t id : {5u, 6u}) {
    Operation open = operation(OperationKind::open_session, "");
    open.sequence = id;
    server.request(id, open);
    server.disk_until_idle();
  }
}

PeerView peer(const OneServer& server, NodeId node) {
  for (const PeerView& p : server.view().peers)
    if (p.peer == node) return p;
  return {};
}

/// AppendEntries of the last step to that server.
std::vector<Sent> appends_to(const OneServer& server, NodeId node) {
  std::vector<Sent> out;
  for (const Sent& s : server.sent)
    if (s.to == node && s.view.type == MessageType::append_entries) out.push_back(s);
  return out;
}

BOOST_AUTO_TEST_SUITE(links)

BOOST_AUTO_TEST_CASE(a_leader_looks_anew_for_what_a_broken_stream_took_along) {
  OneServer server(3, {}, without_pre_vote());
  lead_with_a_window(server);
  BOOST_REQUIRE((peer(server, NodeId{2}).state == PeerState::replicate));
  BOOST_REQUIRE((peer(server, NodeId{2}).next == server.view().last + 1));
  const Index match = peer(server, NodeId{2}).match;
  BOOST_REQUIRE((match + 2 == server.view().last));

  server.step(Disconnected{NodeId{2}});
  BOOST_TEST(server.sent.empty());
  BOOST_TEST((peer(server, NodeId{2}).state == PeerState::probe));
  BOOST_TEST((peer(server, NodeId{2}).next == match + 1));

  // Sent at once, not with the next heartbeat, and with all that was in flight.
  server.step(Connected{NodeId{2}});
  const std::vector<Sent> appends = appends_to(server, NodeId{2});
  BOOST_REQUIRE(appends.size() == 1u);
  BOOST_TEST((appends[0].view.previous_index == match));
  BOOST_TEST(appends[0].view.entries.size() == 2u);
  BOOST_TEST(appends_to(server, NodeId{3}).empty());
}

BOOST_AUTO_TEST_CASE(a_break_before_the_first_answer_begins_no_log_anew) {
  OneServer server(3, {}, without_pre_vote());
  lead_with_a_window(server);
  server.crash_keeping_all();
  server.start(Boot::existing);
  server.become_leader();
  // n3, which has answered nothing yet, is asked about the entry before this leader's first.
  const PeerView before = peer(server, NodeId{3});
  BOOST_REQUIRE((before.state == PeerState::probe));
  BOOST_REQUIRE((before.match == Index{0}));
  BOOST_REQUIRE((before.next > Index{1}));
  server.step(Disconnected{NodeId{3}});
  BOOST_TEST((peer(server, NodeId{3}).next == before.next));
  server.step(Connected{NodeId{3}});
  const std::vector<Sent> appends = appends_to(server, NodeId{3});
  BOOST_REQUIRE(appends.size() == 1u);
  BOOST_TEST((appends[0].view.previous_index + 1 == before.next));
}

BOOST_AUTO_TEST_CASE(what_was_on_other_streams_is_not_sent_again) {
  OneServer server(3, {}, without_pre_vote());
  lead_with_a_window(server);
  const PeerView before = peer(server, NodeId{3});
  server.step(Disconnected{NodeId{2}});
  server.step(Connected{NodeId{2}});
  BOOST_TEST((peer(server, NodeId{3}).next == before.next));
  BOOST_TEST((peer(server, NodeId{3}).state == before.state));
}

BOOST_AUTO_TEST_CASE(links_of_strangers_and_links_of_followers_mean_nothing) {
  OneServer leader(3, {}, without_pre_vote());
  lead_with_a_window(leader);
  leader.step(Connected{NodeId{9}});
  BOOST_TEST(leader.sent.empty());
  OneServer follower(3, {}, without_pre_vote());
  follower.start_only(Boot::fresh);
  // Before it has recovered it serves nobody.
  follower.step(Connected{NodeId{2}});
  BOOST_TEST(follower.sent.empty());
  follower.disk_until_idle();
  follower.step(Disconnected{NodeId{2}});
  follower.step(Connected{NodeId{2}});
  BOOST_TEST(follower.sent.empty());
  BOOST_TEST(follower.disk_requests.empty());
  BOOST_TEST((follower.view().term == Term{0}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace raftsim::core
