// Clients: redirects, retries of the same bytes, time-outs, sessions, and what they may claim to know.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <set>

#include "../print.hpp"
#include "sim/scenario_values.hpp"
#include "toy.hpp"

using namespace raftsim;
using namespace raftsim::toy;
using history::EventKind;

namespace {

struct Asked {
  std::uint64_t server = 0;
  std::uint64_t client = 0;
  std::uint64_t id = 0;
  std::string text;
  Instant at;
};

bool opens(const Request& r) { return text_of(r.bytes).starts_with("open_session"); }

/// n2 leads and answers everything; the others know.
void leader_is_2(ToyProcess& p, const Input& input, Effects& out) {
  const auto* r = std::get_if<Request>(&input.what);
  if (r == nullptr) return;
  if (p.self != NodeId{2})
    p.reply(out, *r, ReplyKind::not_leader, "2");
  else
    p.reply(out, *r, ReplyKind::ok, opens(*r) ? "77" : "value");
}

/// The same, noting what was asked.
ToySystem::Behave noting(std::vector<Asked>& asked, ToySystem::Behave then) {
  return [&asked, then](ToyProcess& p, const Input& input, Effects& out) {
    if (const auto* r = std::get_if<Request>(&input.what))
      asked.push_back({p.self.value, r->client.value, r->id.value, text_of(r->bytes), input.now});
    then(p, input, out);
  };
}

/// One client that only puts.
sim::Scenario putting() {
  sim::Scenario s = client_scenario(1);
  s.workload.mix = {.get = 0, .put = 1};
  return s;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_client_opens_a_session_and_numbers_its_commands_in_it) {
  std::vector<Asked> asked;
  const Run run(putting(), noting(asked, leader_is_2), {.base = sim::Base::benign});
  BOOST_REQUIRE(asked.size() > 20u);
  // n1 first (benign), which names n2; from then on the client knows.
  BOOST_TEST(asked[0].server == 1u);
  BOOST_TEST(asked[1].server == 2u);
  BOOST_TEST(asked[0].text == asked[1].text);
  BOOST_TEST(asked[0].text.find("sequence 4294967297") != std::string::npos);
  for (std::size_t i = 2; i < asked.size(); ++i) {
    BOOST_TEST(asked[i].server == 2u);
    BOOST_TEST(asked[i].text ==
               "put k0 c0-" + std::to_string(i - 1) + " session 77 sequence " + std::to_string(i - 1));
  }
  const auto invoked = run.seen.of(EventKind::invoke);
  BOOST_TEST(invoked[1].operation->value == "c0-1");
  BOOST_TEST(invoked[1].event.operation.content_hash != 0u);
  BOOST_TEST(run.end.counts.operations_ok == run.seen.count(EventKind::ok) - 1);
  BOOST_TEST(run.end.counts.operations_unknown == 0u);
}

BOOST_AUTO_TEST_CASE(no_two_operations_of_a_run_write_the_same_value) {
  sim::Scenario s = client_scenario(4);
  s.workload.mix = {.get = 1, .put = 1, .cas = 1};
  const Run run(s, leader_is_2);
  std::set<std::string> values;
  std::set<std::uint64_t> contents;
  std::size_t writes = 0;
  for (const Kept& k : run.seen.of(EventKind::invoke)) {
    if (k.operation->kind == OperationKind::open_session) {
      contents.insert(k.event.operation.content_hash);
      ++writes;
    }
    if (k.operation->value.empty()) continue;
    values.insert(k.operation->value);
    contents.insert(k.event.operation.content_hash);
    ++writes;
  }
  BOOST_TEST(writes > 50u);
  BOOST_TEST(values.size() == writes - 4);
  BOOST_TEST(contents.size() == writes);
}

BOOST_AUTO_TEST_CASE(a_try_that_is_not_answered_is_repeated_elsewhere_with_the_same_bytes) {
  std::vector<Asked> asked;
  // n2 is deaf to the first try of each operation; whoever is asked second answers.
  std::map<std::uint64_t, int> tries;
  const auto second = [&](ToyProcess& p, const Input& input, Effects& out) {
    const auto* r = std::get_if<Request>(&input.what);
    if (r != nullptr && ++tries[r->id.value] == 2) p.reply(out, *r, ReplyKind::ok, opens(*r) ? "77" : "");
  };
  const Run run(putting(), noting(asked, second), {.base = sim::Base::benign});
  BOOST_REQUIRE(asked.size() > 4u);
  for (std::size_t i = 0; i + 1 < asked.size(); i += 2) {
    BOOST_TEST(asked[i].id == asked[i + 1].id);
    BOOST_TEST(asked[i].text == asked[i + 1].text);
    BOOST_TEST(asked[i].server != asked[i + 1].server);
    // A quarter of the operation's time-out of 200 ms.
    BOOST_TEST(asked[i + 1].at - asked[i].at == milliseconds(50));
  }
  BOOST_TEST(run.seen.count(EventKind::ok) > 4u);
  BOOST_TEST(run.seen.count(EventKind::info) == 0u);
}

BOOST_AUTO_TEST_CASE(a_client_that_dies_hears_nothing_and_another_takes_its_place) {
  sim::Scenario s = putting();
  s.workload.dies = *sim::ratio_from("1").value;
  s.faults.quiet_after = milliseconds(500);
  std::vector<Asked> asked;
  std::uint64_t session = 70;
  const auto opening = [&session](ToyProcess& p, const Input& input, Effects& out) {
    if (const auto* r = std::get_if<Request>(&input.what))
      p.reply(out, *r, ReplyKind::ok, opens(*r) ? std::to_string(++session) : "");
  };
  const Run run(s, noting(asked, opening), {.base = sim::Base::seed, .seed = 3});
  // Each command is asked once, in a session of its own, though nobody waits for its answer.
  const std::vector<Kept> unknown = run.seen.of(EventKind::info);
  BOOST_TEST(unknown.size() > 20u);
  for (const Kept& k : unknown) {
    const Kept& death = run.seen.at(k.event.cause);
    BOOST_TEST((death.event.kind == EventKind::fault_begin));
    BOOST_TEST(death.text == "client 0 dies");
    BOOST_TEST((run.seen.at(death.event.cause).event.kind == EventKind::invoke));
    BOOST_TEST(run.seen.at(death.event.cause).event.time == k.event.time);
    BOOST_TEST(k.event.time < ms(500));
    BOOST_TEST(std::ranges::count(asked, k.event.operation.operation.value, &Asked::id) == 1);
  }
  std::set<std::uint64_t> sessions;
  for (const Kept& k : run.seen.of(EventKind::invoke))
    if (k.event.time < ms(500) && k.operation->kind == OperationKind::put)
      sessions.insert(k.operation->session);
  BOOST_TEST(sessions.size() == unknown.size());
  // From then on they live.
  BOOST_TEST(run.seen.of(EventKind::ok).back().event.time > ms(900));
  const history::FaultCount deaths = run.fault(history::FaultClass::client_death);
  BOOST_TEST(
      (deaths.configured == 1 && deaths.fired == unknown.size() && deaths.effective == unknown.size()));
}

BOOST_AUTO_TEST_CASE(who_takes_the_place_of_a_dead_client_knows_neither_its_session_nor_its_leader) {
  sim::Scenario s = client_scenario(1);
  s.workload.mix = {.get = 1, .put = 1};
  s.workload.dies = *sim::ratio_from("0.3").value;
  std::vector<Asked> asked;
  std::uint64_t session = 70;
  const Run run(s,
                noting(asked,
                       [&session](ToyProcess& p, const Input& input, Effects& out) {
                         if (const auto* r = std::get_if<Request>(&input.what))
                           p.reply(out, *r, ReplyKind::ok, opens(*r) ? std::to_string(++session) : "");
                       }),
                {.base = sim::Base::seed, .seed = 3});
  std::set<std::uint64_t> of_the_dead, asked_next;
  std::uint64_t last_session = 0;
  bool died = false, reader_died = false;
  OperationKind asked_last{};
  for (const Kept& k : run.seen.all) {
    if (k.event.kind == EventKind::info) {
      of_the_dead.insert(last_session);
      died = true;
      reader_died = reader_died || (asked_last == OperationKind::get && last_session != 0);
    }
    if (k.event.kind != EventKind::invoke) continue;
    asked_last = k.operation->kind;
    if (asked_last == OperationKind::put) {
      last_session = k.operation->session;
      BOOST_TEST(!of_the_dead.contains(last_session));
    }
    const auto first = std::ranges::find(asked, k.event.operation.operation.value, &Asked::id);
    if (died && first != asked.end()) asked_next.insert(first->server);
    died = false;
  }
  BOOST_TEST(reader_died);
  BOOST_TEST((asked_next == std::set<std::uint64_t>{1, 2, 3}));
}

BOOST_AUTO_TEST_CASE(a_scripted_operation_kills_no_client) {
  sim::Scenario s = quiet_scenario();
  s.workload.dies = *sim::ratio_from("1").value;
  sim::ClientAction get;
  get.op = OperationKind::get;
  get.key = "x";
  s.faults.script.push_back(at(50, get));
  const Run run(s, leader_is_2, {.base = sim::Base::seed, .seed = 3});
  BOOST_TEST(run.end.counts.operations_ok == 1u);
  BOOST_TEST(run.seen.count(EventKind::info) == 0u);
}

BOOST_AUTO_TEST_CASE(an_unanswered_command_is_unknown_and_its_session_is_left) {
  std::vector<Asked> asked;
  std::uint64_t session = 70;
  const auto deaf_to_puts = [&](ToyProcess& p, const Input& input, Effects& out) {
    const auto* r = std::get_if<Request>(&input.what);
    if (r != nullptr && opens(*r)) p.reply(out, *r, ReplyKind::ok, std::to_string(++session));
  };
  const Run run(putting(), noting(asked, deaf_to_puts), {.base = sim::Base::benign});
  const auto unknown = run.seen.of(EventKind::info);
  BOOST_REQUIRE(unknown.size() >= 3u);
  BOOST_TEST(run.end.counts.operations_unknown == unknown.size());
  for (const Kept& k : unknown) {
    const Kept* invoked = nullptr;
    for (const Kept& i : run.seen.of(EventKind::invoke))
      if (i.event.operation.operation == k.event.operation.operation) invoked = &run.seen.at(i.event.id);
    BOOST_REQUIRE(invoked != nullptr);
    BOOST_TEST(k.event.time - invoked->event.time == milliseconds(200));
  }
  // Each put is number 1 of a session of its own.
  std::set<std::string> texts;
  for (const Asked& a : asked)
    if (a.text.starts_with("put")) {
      texts.insert(a.text);
      BOOST_TEST(a.text.ends_with("sequence 1"));
    }
  BOOST_TEST(texts.size() >= unknown.size());
  BOOST_TEST(run.seen.count(EventKind::fail) == 0u);
}

BOOST_AUTO_TEST_CASE(a_refusal_of_the_first_try_is_a_failure_and_of_a_retry_unknown) {
  std::map<std::uint64_t, int> tries;
  int answer_at = 1;
  const auto refusing = [&](ToyProcess& p, const Input& input, Effects& out) {
    const auto* r = std::get_if<Request>(&input.what);
    if (r == nullptr) return;
    if (opens(*r))
      p.reply(out, *r, ReplyKind::ok, "77");
    else if (++tries[r->id.value] == answer_at)
      p.reply(out, *r, ReplyKind::refused, "");
  };
  const Run first(putting(), refusing);
  BOOST_TEST(first.end.counts.operations_failed > 5u);
  BOOST_TEST(first.end.counts.operations_unknown == 0u);
  // A session that is not known is opened anew.
  BOOST_TEST(first.seen.count(EventKind::ok) >= first.end.counts.operations_failed);

  tries.clear();
  answer_at = 2;
  const Run second(putting(), refusing);
  BOOST_TEST(second.end.counts.operations_failed == 0u);
  BOOST_TEST(second.end.counts.operations_unknown > 3u);

  // Where the network may duplicate requests, one try may be two.
  tries.clear();
  answer_at = 1;
  sim::Scenario doubled = putting();
  doubled.network.clients.duplicate = sim::ratio(1, 1'000'000);
  const Run third(doubled, refusing);
  BOOST_TEST(third.end.counts.operations_failed == 0u);
}

BOOST_AUTO_TEST_CASE(a_busy_server_is_asked_again_after_a_pause) {
  std::vector<Asked> asked;
  std::map<std::uint64_t, int> tries;
  const auto busy = [&](ToyProcess& p, const Input& input, Effects& out) {
    const auto* r = std::get_if<Request>(&input.what);
    if (r == nullptr) return;
    if (++tries[r->id.value] < 3)
      p.reply(out, *r, ReplyKind::busy, "");
    else
      p.reply(out, *r, ReplyKind::ok, "77");
  };
  const Run run(putting(), noting(asked, busy), {.base = sim::Base::benign});
  BOOST_REQUIRE(asked.size() > 6u);
  for (std::size_t i = 0; i < 3; ++i) BOOST_TEST(asked[i].server == 1u);
  // The way there and back, and a fiftieth of 200 ms.
  BOOST_TEST(asked[1].at - asked[0].at == milliseconds(6));
  BOOST_TEST(run.seen.count(EventKind::info) == 0u);
}

BOOST_AUTO_TEST_CASE(what_any_server_may_serve_is_asked_of_another_where_one_is_busy) {
  sim::Scenario s = putting();
  s.workload.mix = {.get = 1, .put = 0};
  s.workload.reads = {.log = 0, .read_index = 0, .follower = 1};
  std::vector<Asked> asked;
  const auto first_is_busy = [](ToyProcess& p, const Input& input, Effects& out) {
    const auto* r = std::get_if<Request>(&input.what);
    if (r != nullptr) p.reply(out, *r, p.self == NodeId{1} ? ReplyKind::busy : ReplyKind::ok, "");
  };
  const Run run(s, noting(asked, first_is_busy));
  BOOST_TEST(run.seen.count(EventKind::info) == 0u);
  BOOST_TEST(run.end.counts.operations_ok > 5u);
  std::set<std::pair<std::uint64_t, std::uint64_t>> askings;
  for (const Asked& a : asked) askings.insert({a.id, a.server});
  BOOST_TEST(askings.size() == asked.size());
}

BOOST_AUTO_TEST_CASE(a_client_gives_up_after_its_retries) {
  sim::Scenario s = putting();
  s.workload.retries = 2;
  std::vector<Asked> asked;
  const auto nobody = [](ToyProcess& p, const Input& input, Effects& out) {
    if (const auto* r = std::get_if<Request>(&input.what)) p.reply(out, *r, ReplyKind::not_leader, "");
  };
  const Run run(s, noting(asked, nobody));
  std::map<std::uint64_t, int> tries;
  for (const Asked& a : asked) ++tries[a.id];
  for (const auto& [id, count] : tries) BOOST_TEST(count == 3);
  BOOST_TEST(run.seen.count(EventKind::info) > 3u);
}

BOOST_AUTO_TEST_CASE(servers_that_point_at_each_other_are_not_chased_without_end) {
  std::vector<Asked> asked;
  const auto circle = [](ToyProcess& p, const Input& input, Effects& out) {
    const auto* r = std::get_if<Request>(&input.what);
    if (r != nullptr) p.reply(out, *r, ReplyKind::not_leader, p.self == NodeId{1} ? "2" : "1");
  };
  const Run run(putting(), noting(asked, circle));
  // 2 ms a round trip: without pauses 100 tries would fit into the time-out.
  std::map<std::uint64_t, int> tries;
  for (const Asked& a : asked) ++tries[a.id];
  for (const auto& [id, count] : tries) BOOST_TEST(count < 70);
}

BOOST_AUTO_TEST_CASE(an_answer_that_comes_too_late_is_received_and_changes_nothing) {
  sim::Scenario s = putting();
  s.limits.time = milliseconds(900);
  s.workload.ops = 1;
  const auto late = [](ToyProcess& p, const Input& input, Effects& out) {
    // The answer waits for a sync that takes longer than the client has patience.
    const auto* r = std::get_if<Request>(&input.what);
    if (r == nullptr) return;
    p.write(out, "x");
    const DiskOp sync = p.sync(out);
    p.reply(out, *r, ReplyKind::ok, "77");
    std::get<Reply>(out.list.back()).after = sync;
  };
  s.disk.fsync = lasting(250);
  const Run run(s, late, {.base = sim::Base::benign});
  BOOST_TEST(run.seen.count(EventKind::ok) == 0u);
  BOOST_TEST(run.seen.count(EventKind::info) > 0u);
  BOOST_TEST(run.seen.count(EventKind::depart) > 0u);
  std::size_t arrived = 0;
  for (const Kept& k : run.seen.of(EventKind::recv)) arrived += k.event.node.is_client() ? 1u : 0u;
  BOOST_TEST(arrived > 0u);
}

BOOST_AUTO_TEST_CASE(reads_by_index_need_no_number_and_reads_through_the_log_do) {
  sim::Scenario s = client_scenario(1);
  s.workload.mix = {.get = 1, .put = 0};
  s.workload.reads = {.log = 0, .read_index = 1};
  const Run index(s, leader_is_2);
  for (const Kept& k : index.seen.of(EventKind::invoke)) {
    BOOST_TEST(static_cast<int>(k.operation->kind) == static_cast<int>(OperationKind::get));
    BOOST_TEST(k.operation->sequence == 0u);
  }
  s.workload.reads = {.log = 1, .read_index = 0};
  const Run log(s, leader_is_2);
  std::set<std::uint64_t> sequences;
  for (const Kept& k : log.seen.of(EventKind::invoke))
    if (k.operation->kind == OperationKind::get) BOOST_TEST(sequences.insert(k.operation->sequence).second);
  BOOST_TEST(sequences.size() > 20u);
}

BOOST_AUTO_TEST_CASE(after_the_drain_begins_nothing_starts_but_each_client_reads_each_key_once) {
  sim::Scenario s = client_scenario(3);
  s.workload.final_reads = true;
  s.faults.quiet_after = milliseconds(300);
  s.faults.drain_after = milliseconds(500);
  const Run run(s, leader_is_2);
  std::map<std::pair<std::uint32_t, std::string>, int> final_reads;
  for (const Kept& k : run.seen.of(EventKind::invoke)) {
    if (k.event.operation.final_read == 0) {
      BOOST_TEST(k.event.time <= ms(500));
      continue;
    }
    BOOST_TEST(k.event.time >= ms(500));
    ++final_reads[{k.event.operation.client, k.operation->key}];
  }
  BOOST_TEST(final_reads.size() == 6u);
  for (const auto& [what, count] : final_reads) BOOST_TEST(count == 1);
}

BOOST_AUTO_TEST_CASE(an_open_loop_keeps_its_rate_whatever_the_answers_take) {
  sim::Scenario s = client_scenario(2);
  s.workload.arrival = sim::Workload::Open{milliseconds(10), false};
  s.network.clients.latency = lasting(15);
  s.workload.mix = {.get = 1, .put = 0};
  const Run run(s, leader_is_2, {.base = sim::Base::benign});
  // 100 arrivals a second for two clients that need 30 ms each: they are busy all the time.
  const std::size_t started = run.seen.count(EventKind::invoke);
  BOOST_TEST(started > 60u);
  BOOST_TEST(started < 68u);
}

/// One by one they would be 10^9 items of the queue, and no event: no limit of the scenario would end it.
BOOST_AUTO_TEST_CASE(arrivals_that_find_everybody_busy_cost_nothing) {
  sim::Scenario s = client_scenario(2);
  s.network.clients.latency = lasting(15);
  s.workload.mix = {.get = 1, .put = 0};
  for (const bool poisson : {false, true}) {
    s.workload.arrival = sim::Workload::Open{nanoseconds(1), poisson};
    const Run run(s, leader_is_2, {.base = sim::Base::benign});
    BOOST_TEST(run.seen.count(EventKind::invoke) > 60u);
    BOOST_TEST(run.seen.count(EventKind::invoke) < 68u);
  }
}

BOOST_AUTO_TEST_CASE(a_limited_number_of_operations_is_not_exceeded) {
  sim::Scenario s = client_scenario(3);
  s.workload.ops = 10;
  const Run run(s, leader_is_2);
  BOOST_TEST(run.end.counts.operations_ok == 10u);
}

BOOST_AUTO_TEST_CASE(a_session_is_left_after_its_share_of_commands) {
  sim::Scenario s = putting();
  s.workload.ops_per_session = 3;
  s.workload.ops = 9;
  const Run run(s, leader_is_2);
  std::size_t opened = 0;
  for (const Kept& k : run.seen.of(EventKind::invoke))
    opened += k.operation->kind == OperationKind::open_session ? 1u : 0u;
  BOOST_TEST(opened == 3u);
  BOOST_TEST(run.end.counts.operations_ok == 9u);
}

BOOST_AUTO_TEST_CASE(a_scripted_operation_runs_without_a_workload_and_asks_whom_it_is_told) {
  sim::Scenario s = quiet_scenario();
  sim::ClientAction put;
  put.client = 1;
  put.op = OperationKind::put;
  put.key = "x";
  put.value = "7";
  put.to = node(3);
  s.faults.script.push_back(at(50, put));
  std::vector<Asked> asked;
  const Run run(s, noting(asked, leader_is_2), {.base = sim::Base::benign});
  BOOST_REQUIRE(asked.size() == 4u);
  // The session is opened wherever; the operation itself goes to n3 first.
  BOOST_TEST(asked[0].client == 2u);
  BOOST_TEST(asked[2].server == 3u);
  BOOST_TEST(asked[2].text == "put x 7 session 77 sequence 1");
  BOOST_TEST(asked[3].server == 2u);
  BOOST_TEST(run.end.counts.operations_ok == 1u);
}

BOOST_AUTO_TEST_CASE(an_isolation_with_clients_too_cuts_them_off) {
  sim::Scenario s = client_scenario(1);
  s.workload.mix = {.get = 1, .put = 0};
  s.faults.script.push_back(at(100, sim::Isolate{node(2), sim::Direction::both, true, lasting(500)}));
  const Run run(s, leader_is_2);
  for (const Kept& k : run.seen.of(EventKind::ok))
    BOOST_TEST((k.event.time < ms(101) || k.event.time > ms(600)));
  BOOST_TEST(run.seen.count(EventKind::info) > 0u);
}

BOOST_AUTO_TEST_CASE(a_reply_says_what_was_asked) {
  sim::Scenario s = client_scenario(2);
  s.workload.mix = {.get = 1, .put = 1};
  s.workload.reads = {.log = 0, .read_index = 0, .lease = 1};
  const Run run(s, leader_is_2);
  std::map<history::OperationId, std::pair<std::uint8_t, std::uint8_t>> asked;
  for (const Kept& k : run.seen.of(EventKind::invoke))
    asked[k.event.operation.operation] = {k.event.operation.kind, k.event.operation.read};
  std::set<std::uint8_t> kinds;
  for (const Kept& k : run.seen.of(EventKind::reply)) {
    const history::OperationPart& reply = k.event.operation;
    kinds.insert(reply.kind);
    BOOST_TEST((asked.at(reply.operation) == std::pair(reply.kind, reply.read)));
  }
  BOOST_TEST(kinds.size() == 3u);  // of sessions, too
}

BOOST_AUTO_TEST_CASE(a_reply_to_what_nobody_asked_says_nothing_of_it) {
  const Run run(putting(), [](ToyProcess& p, const Input& input, Effects& out) {
    const auto* r = std::get_if<Request>(&input.what);
    if (r == nullptr) return;
    for (const std::uint64_t id : {std::uint64_t{0}, r->id.value + 1'000'000, ~std::uint64_t{0}}) {
      Request other = *r;
      other.id = RequestId{id};
      p.reply(out, other, ReplyKind::ok, "value");
    }
    p.reply(out, *r, ReplyKind::ok, opens(*r) ? "77" : "value");
  });
  BOOST_TEST(run.seen.count(EventKind::reply) > 100u);
}
