#include <boost/test/unit_test.hpp>

#include "story.hpp"

namespace raftsim::checkers {

namespace {

/// n1 leads; entries are committed by n2's help and applied by n1.
struct Cluster {
  Cluster() {
    s.boot_all();
    s.elect(1, 1, {2});
    s.propose(1);
    settle(1, 1, 0);
  }
  void settle(std::uint64_t index, std::uint64_t state, std::uint64_t result) {
    s.replicate(1, 2, index);
    s.commit(1, index);
    s.apply(1, index, state, result);
  }
  /// Appended, committed and applied.
  std::uint64_t log(OperationId id, std::uint64_t state, std::uint64_t result) {
    s.propose(1, s.content(id));
    settle(s.log_length(1), state, result);
    return s.log_length(1);
  }
  OperationResult value(const std::string& text) {
    OperationResult r;
    r.value = text;
    return r;
  }
  Story s{3};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(clients)

BOOST_FIXTURE_TEST_CASE(a_command_that_takes_effect_twice, Cluster) {
  const auto put = s.invoke(0, Story::put("k", "1"));
  log(put, 2, 10);
  log(put, 3, 10);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "exactly_once" + at_event(s.last()) +
                             "put k = \"1\" by c0 took effect twice: at index 2 and again at index 3.");
  BOOST_TEST(line(v, PropertyId::exactly_once) == "violated 2");
}

BOOST_FIXTURE_TEST_CASE(a_repeated_command_that_changes_nothing, Cluster) {
  const auto put = s.invoke(0, Story::put("k", "1"));
  log(put, 2, 10);
  log(put, 2, 10);
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_FIXTURE_TEST_CASE(equal_commands_without_a_session_are_two_commands, Cluster) {
  Operation put = Story::put("k", "1", 0);
  put.session = 0;
  const auto first = s.invoke(0, put);
  log(first, 2, 10);
  const auto second = s.invoke(1, put);
  log(second, 3, 10);
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_FIXTURE_TEST_CASE(an_answer_before_the_commit, Cluster) {
  const auto put = s.invoke(0, Story::put("k", "1"));
  s.propose(1, s.content(put));
  const auto early = s.reply(1, put, 2, 10);
  BOOST_TEST(found(s.finish()) ==
             "reply_correct" + at_event(early) +
                 "n1 answered put k = \"1\" by c0 as done at index 2, but nothing beyond 1 "
                 "is committed.");
}

BOOST_FIXTURE_TEST_CASE(an_answer_for_another_entry, Cluster) {
  const auto first = s.invoke(0, Story::put("k", "1"));
  log(first, 2, 10);
  const auto second = s.invoke(1, Story::put("k", "2", 2));
  const auto wrong = s.reply(1, second, 2, 10);
  BOOST_TEST(found(s.finish()) ==
             "reply_correct" + at_event(wrong) +
                 "n1 answered put k = \"2\" by c1 as done at index 2, but another entry is "
                 "committed there.");
}

BOOST_FIXTURE_TEST_CASE(an_answer_with_another_result, Cluster) {
  const auto put = s.invoke(0, Story::put("k", "1"));
  log(put, 2, 10);
  const auto wrong = s.reply(1, put, 2, 11);
  BOOST_TEST(found(s.finish()) ==
             "reply_correct" + at_event(wrong) +
                 "n1 answered put k = \"1\" by c0 with another result than applying it at "
                 "index 2 gave.");
}

BOOST_FIXTURE_TEST_CASE(an_answer_that_nobody_asked_for, Cluster) {
  const auto wrong = s.reply(1, OperationId{5}, 0, 0);
  BOOST_TEST(found(s.finish()) ==
             "reply_correct" + at_event(wrong) + "n1 answered an operation that no client asked for.");
}

BOOST_FIXTURE_TEST_CASE(right_answers_hold, Cluster) {
  const auto put = s.invoke(0, Story::put("k", "1"));
  const auto at = log(put, 2, 10);
  s.reply(1, put, at, 10);
  s.ok(put, at);
  const auto get = s.invoke(1, Story::get("k"));
  s.reply(1, get, at, 77);
  s.ok(get, at, value("1"));
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::reply_correct) == "held 4");
  BOOST_TEST(line(v, PropertyId::read_freshness) == "held 3");
  BOOST_TEST(line(v, PropertyId::linearizable) == "held 2");
}

BOOST_FIXTURE_TEST_CASE(a_cas_that_says_it_swapped_and_did_not, Cluster) {
  Operation cas = Story::put("k", "2");
  cas.kind = OperationKind::cas;
  cas.expected = "1";
  const auto id = s.invoke(0, cas);
  const auto at = log(id, 2, 10);
  const auto wrong = s.ok(id, at);
  const auto text = found(s.finish());
  BOOST_TEST(text.find("reply_correct" + at_event(wrong) +
                       "c0 learned that cas k \"1\" -> \"2\" swapped, but at index 2 it did not.") == 0);
}

BOOST_FIXTURE_TEST_CASE(a_log_read_of_another_value, Cluster) {
  const auto put = s.invoke(0, Story::put("k", "1"));
  log(put, 2, 10);
  Operation get = Story::get("k", ReadMode::log);
  get.session = 1;
  get.sequence = 2;
  const auto id = s.invoke(1, get);
  const auto at = log(id, 3, 11);
  const auto wrong = s.ok(id, at, value("7"));
  const auto text = found(s.finish());
  BOOST_TEST(text.find("reply_correct" + at_event(wrong) +
                       "c1 read k = 7 at index 3, but the log up to there makes it 1.") == 0);
}

BOOST_FIXTURE_TEST_CASE(a_read_served_before_an_answered_write, Cluster) {
  const auto put = s.at(10).invoke(0, Story::put("k", "1"));
  const auto at = log(put, 2, 10);
  s.ok(put, at);
  s.at(20);
  const auto get = s.invoke(1, Story::get("k"));
  const auto wrong = s.reply(3, get, 1);
  const auto v = s.finish();
  BOOST_TEST(found(v) ==
             "read_freshness" + at_event(wrong) +
                 "get k by c1 (began 0.020s) was served at index 1, but an operation at index 2 had "
                 "been answered before it began.");
}

BOOST_FIXTURE_TEST_CASE(a_read_that_began_before_the_write_was_answered_may_miss_it, Cluster) {
  const auto get = s.invoke(1, Story::get("k"));
  const auto put = s.invoke(0, Story::put("k", "1"));
  const auto at = log(put, 2, 10);
  s.ok(put, at);
  s.reply(3, get, 1);
  s.ok(get, 1);
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_FIXTURE_TEST_CASE(a_read_of_a_value_that_the_log_does_not_make, Cluster) {
  const auto put = s.invoke(0, Story::put("k", "1"));
  const auto at = log(put, 2, 10);
  s.ok(put, at);
  const auto get = s.invoke(1, Story::get("k"));
  const auto wrong = s.ok(get, at, value("7"));
  const auto text = found(s.finish());
  BOOST_TEST(text.find("read_freshness" + at_event(wrong) +
                       "c1 read k = 7 at index 2, but the log up to there makes it 1 (index 2).") == 0);
}

BOOST_FIXTURE_TEST_CASE(an_entry_that_nobody_asked_for_ends_the_model_and_is_said, Cluster) {
  s.propose(1, 999);
  settle(2, 5, 10);
  const auto get = s.invoke(1, Story::get("k"));
  s.ok(get, 2, value("7"));
  const auto v = s.finish();
  BOOST_TEST(
      line(v, PropertyId::read_freshness) ==
      "held 1: the values of 1 reads were not compared: entry 2 is no operation that a client asked for");
}

BOOST_FIXTURE_TEST_CASE(appends_and_deletes_are_modelled, Cluster) {
  std::uint64_t sequence = 1;
  const auto run = [this, &sequence](OperationKind kind, const std::string& text) {
    Operation o = Story::put("k", text, sequence++);
    o.kind = kind;
    const auto id = s.invoke(0, o);
    const auto at = log(id, 100 + sequence, 10);
    s.ok(id, at);
    return at;
  };
  run(OperationKind::append, "a");
  const auto at = run(OperationKind::append, "b");
  const auto get = s.invoke(1, Story::get("k"));
  s.ok(get, at, value("ab"));
  const auto gone = run(OperationKind::remove, "");
  const auto none = s.invoke(1, Story::get("k"));
  s.ok(none, gone);
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_FIXTURE_TEST_CASE(without_sessions_equal_appends_both_count, Cluster) {
  Operation append = Story::put("k", "a", 0);
  append.kind = OperationKind::append;
  append.session = 0;
  const auto first = s.invoke(0, append);
  s.ok(first, log(first, 2, 10));
  const auto second = s.invoke(1, append);
  const auto at = log(second, 3, 10);
  s.ok(second, at);
  const auto get = s.invoke(2, Story::get("k"));
  s.ok(get, at, value("aa"));
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_FIXTURE_TEST_CASE(without_a_session_a_retry_may_count_twice_and_only_clients_can_tell, Cluster) {
  Operation append = Story::put("k", "a", 0);
  append.kind = OperationKind::append;
  append.session = 0;
  const auto id = s.invoke(0, append);
  log(id, 2, 10);
  const auto at = log(id, 3, 10);
  s.ok(id, at);
  const auto get = s.invoke(2, Story::get("k"));
  const auto read = s.ok(get, at, value("aa"));
  BOOST_TEST(found(s.finish()).find("linearizable" + at_event(read)) == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_command_of_unknown_outcome_is_recognised_however_late_it_is_applied, Cluster) {
  const auto late = s.invoke(0, Story::put("k", "late"));
  s.unknown(late);
  for (int k = 0; k < 10'000; ++k) s.ok(s.invoke(1, Story::get("other")), 1);
  const auto at = log(late, 2, 10);
  const auto get = s.invoke(2, Story::get("k"));
  s.ok(get, at, value("late"));
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::read_freshness) == "held 20002");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::checkers
