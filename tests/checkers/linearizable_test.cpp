#include <boost/test/unit_test.hpp>

#include "story.hpp"

namespace raftsim::checkers {

namespace {

/// Clients alone: no server is seen.
struct Clients {
  OperationResult value(const std::string& text) {
    OperationResult r;
    r.value = text;
    return r;
  }
  void put(std::uint32_t client, const std::string& text) {
    s.ok(s.invoke(client, Story::put("k3", text)), 0);
  }
  EventId get(std::uint32_t client, const std::string& text) {
    return s.ok(s.invoke(client, Story::get("k3")), 0, value(text));
  }
  Story s{3};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(linearizable)

BOOST_FIXTURE_TEST_CASE(a_stale_read_names_the_write_that_it_missed, Clients) {
  s.at(2'000);
  put(0, "7");
  s.at(3'000);
  const auto nine = s.invoke(1, Story::put("k3", "9"));
  s.at(3'050).ok(nine, 0);
  s.at(3'100);
  const auto read = s.invoke(2, Story::get("k3"));
  s.at(3'120);
  const auto wrong = s.ok(read, 0, value("7"));
  const auto v = s.finish();
  BOOST_TEST(found(v) ==
             "linearizable" + at_event(wrong) +
                 "k3: get by c2 [3.100s,3.120s] returned 7, but put 9 by c1 finished at 3.050s and "
                 "nothing wrote 7 after it.\n"
                 "Longest order that is legal: none; the key is then 9.\n"
                 "Next could not be get by c2: it returned 7.");
}

BOOST_FIXTURE_TEST_CASE(a_value_from_nowhere, Clients) {
  put(0, "1");
  const auto wrong = get(1, "5");
  const auto v = s.finish();
  BOOST_TEST(found(v).find("linearizable" + at_event(wrong)) == 0);
}

BOOST_FIXTURE_TEST_CASE(reads_may_take_either_side_of_a_write_under_way, Clients) {
  put(0, "1");
  const auto two = s.invoke(0, Story::put("k3", "2"));
  get(1, "1");
  get(2, "2");
  s.ok(two, 0);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::linearizable) == "held 4");
}

BOOST_FIXTURE_TEST_CASE(but_not_back_again, Clients) {
  put(0, "1");
  const auto two = s.invoke(0, Story::put("k3", "2"));
  get(1, "2");
  const auto wrong = get(2, "1");
  s.ok(two, 0);
  const auto text = found(s.finish());
  BOOST_TEST(text.find("linearizable" + at_event(wrong)) == 0);
  BOOST_TEST(text.find("and no order of 2 operations explains it") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_write_of_unknown_outcome_may_take_effect_much_later, Clients) {
  put(0, "1");
  const auto lost = s.invoke(1, Story::put("k3", "2"));
  s.unknown(lost);
  get(2, "1");
  put(0, "3");
  get(2, "3");
  get(2, "2");
  get(2, "2");
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_FIXTURE_TEST_CASE(but_only_once, Clients) {
  put(0, "1");
  const auto lost = s.invoke(1, Story::put("k3", "2"));
  s.unknown(lost);
  get(2, "2");
  put(0, "3");
  const auto wrong = get(2, "2");
  BOOST_TEST(found(s.finish()).find("linearizable" + at_event(wrong)) == 0);
}

BOOST_FIXTURE_TEST_CASE(a_write_that_failed_for_certain_never_happened, Clients) {
  put(0, "1");
  const auto refused = s.invoke(1, Story::put("k3", "2"));
  s.fail(refused);
  const auto wrong = get(2, "2");
  BOOST_TEST(found(s.finish()).find("linearizable" + at_event(wrong)) == 0);
}

BOOST_FIXTURE_TEST_CASE(what_is_under_way_at_the_end_has_an_unknown_outcome, Clients) {
  put(0, "1");
  s.invoke(1, Story::put("k3", "2"));
  get(2, "2");
  s.invoke(3, Story::get("k3"));
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_FIXTURE_TEST_CASE(keys_are_independent, Clients) {
  put(0, "1");
  s.ok(s.invoke(0, Story::put("k4", "2")), 0);
  get(1, "1");
  BOOST_TEST(found(s.finish()) == "held");
}

BOOST_AUTO_TEST_CASE(without_a_model_it_is_skipped) {
  Story s(3);
  s.info.model = history::Model::none;
  BOOST_TEST(line(s.finish(), PropertyId::linearizable) == "skipped 0: no model of the clients' operations");
}

BOOST_AUTO_TEST_CASE(turned_off_it_is_not_in_the_verdict) {
  Story s(3);
  s.info.turned_off = {PropertyId::linearizable};
  BOOST_TEST(line(s.finish(), PropertyId::linearizable) == "not judged");
}

BOOST_AUTO_TEST_CASE(a_search_that_gives_up_says_unknown) {
  Story s(3);
  s.info.linearizable_timeout = milliseconds(1);
  // Appends that all overlap, and a read that none of their orders explains.
  std::vector<OperationId> open;
  for (std::uint32_t c = 0; c < 12; ++c) {
    Operation o = Story::put("k", std::string(1, static_cast<char>('a' + c)), c + 1);
    o.kind = OperationKind::append;
    open.push_back(s.invoke(c, o));
  }
  for (const OperationId id : open) s.ok(id, 0);
  OperationResult r;
  r.value = "abcdefghijklx";
  s.ok(s.invoke(0, Story::get("k")), 0, r);
  const auto v = s.finish();
  BOOST_TEST(found(v) == "held");
  BOOST_TEST(line(v, PropertyId::linearizable).substr(0, 10) == "unknown 0:");
}

/// Forty clients at once on one key, and a limit that no search keeps within.
struct Crowd : Clients {
  Crowd() { s.info.linearizable_timeout = milliseconds(1); }

  /// Each put takes its place in the log, each get is served behind the put before; all overlap.
  /// `lie`: a position that the answers of two puts exchange.
  std::string judged(std::uint32_t lie = 0) {
    constexpr std::uint32_t pairs = 20;
    std::vector<OperationId> puts, gets;
    for (std::uint32_t k = 0; k < pairs; ++k) {
      // In another order than that of the log, so that no search finds it at once.
      const std::uint32_t n = (k * 7) % pairs;
      puts.push_back(s.invoke(n, Story::put("k3", "v" + std::to_string(n % 3))));
    }
    for (std::uint32_t k = 0; k < pairs; ++k) gets.push_back(s.invoke(100 + k, Story::get("k3")));
    for (std::uint32_t k = 0; k < pairs; ++k) {
      const std::uint32_t n = (k * 7) % pairs;
      s.ok(gets[n], 2 * n + 1, value("v" + std::to_string(n % 3)));
      s.ok(puts[k], 2 * (lie != 0 && n == lie ? lie - 1 : n) + 1);
    }
    return line(s.finish(), PropertyId::linearizable);
  }
};

BOOST_FIXTURE_TEST_CASE(a_crowd_on_one_key_is_ordered_by_the_positions_of_its_answers, Crowd) {
  BOOST_TEST(judged() == "held 40");
}

BOOST_FIXTURE_TEST_CASE(positions_that_lie_only_lose_the_shortcut, Crowd) {
  BOOST_TEST(judged(5).find("unknown") == 0u);
}

BOOST_FIXTURE_TEST_CASE(positions_in_good_order_do_not_excuse_a_stale_read, Clients) {
  s.ok(s.invoke(0, Story::put("k3", "1")), 1);
  // Still under way at the end, so that the window is judged by the claimed order first.
  s.invoke(9, Story::put("k3", "9"));
  s.ok(s.invoke(0, Story::put("k3", "2")), 3);
  const auto wrong = s.ok(s.invoke(1, Story::get("k3")), 2, value("1"));
  BOOST_TEST(found(s.finish()).find("linearizable" + at_event(wrong)) != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::checkers
