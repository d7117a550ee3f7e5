// What one client is promised of its own past, judged from what clients of any system recorded: for each of
// the four guarantees a history in which exactly it breaks, and one close by that holds.
#include <fmt/format.h>

#include <rapidcheck.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "checkers/client_sessions.hpp"
#include "checkers/client_verdict.hpp"

namespace raftsim::checkers {

namespace {

using history::ClientHistory;
using history::Judgement;
using history::Model;

/// One operation a line: `CLIENT CALL RETURN OP VALUE OUTPUT`, on the key k; RETURN `-`: nobody knows.
ClientHistory clients(const std::vector<std::string>& lines, Model model) {
  std::string bytes;
  for (const std::string& line : lines) {
    std::vector<std::string> word;
    for (std::size_t at = 0; at <= line.size();) {
      const std::size_t end = std::min(line.find(' ', at), line.size());
      word.push_back(line.substr(at, end - at));
      at = end + 1;
    }
    const auto text = [](const std::string& w) { return w.starts_with('[') ? w : '"' + w + '"'; };
    bytes += fmt::format(R"({{"client":{},"call":{},"op":"{}","key":"k")", word[0], word[1], word[3]);
    if (word[2] != "-") bytes += fmt::format(R"(,"return":{})", word[2]);
    if (word[4] != "-") bytes += fmt::format(R"(,"value":{})", text(word[4]));
    bytes += fmt::format(R"(,"output":{}}})", word[2] == "-"   ? "\"?\""
                                              : word[5] == "-" ? "\"\""
                                                               : text(word[5]));
    bytes += '\n';
  }
  auto read = history::any_history_from_bytes("h", bytes, model);
  const auto* error = std::get_if<history::HistoryError>(&read);
  BOOST_REQUIRE_MESSAGE(error == nullptr, (error != nullptr ? error->text() : "") << "\n" << bytes);
  return std::get<ClientHistory>(std::move(read));
}

history::Verdict judged(const std::vector<std::string>& lines, Model model) {
  return judge(clients(lines, model), 10'000'000).result.verdict;
}

const history::PropertyVerdict& line_of(const history::Verdict& v, PropertyId id) {
  return *std::find_if(v.properties.begin(), v.properties.end(), [id](const auto& p) { return p.id == id; });
}

/// Which guarantees broke, and in which line each.
std::string broken(const history::Verdict& v) {
  std::string text;
  for (const history::Violation& found : v.violations) {
    if (found.id != PropertyId::session_guarantees) continue;
    for (const Guarantee g : {Guarantee::monotonic_reads, Guarantee::read_your_writes,
                              Guarantee::writes_follow_reads, Guarantee::monotonic_writes})
      if (found.sentence.find(fmt::format("({})", guarantee_name(g))) != std::string::npos)
        text +=
            fmt::format("{}{} in line {}", text.empty() ? "" : ", ", guarantee_name(g), found.event.value);
  }
  return text;
}

struct Pair {
  const char* name;
  Model model;
  std::vector<std::string> breaks;
  const char* what;
  std::vector<std::string> holds;
};

const std::vector<Pair> pairs{
    {"a_read_goes_back_behind_a_read",
     Model::register_,
     {"0 10 20 put 1 -", "0 30 40 put 2 -", "1 50 60 get - 2", "1 70 80 get - 1"},
     "monotonic reads in line 4",
     // Another client reads the old value: stale, but nobody's past.
     {"0 10 20 put 1 -", "0 30 40 put 2 -", "1 50 60 get - 2", "2 70 80 get - 1"}},
    {"a_read_goes_back_to_nothing",
     Model::register_,
     {"0 10 20 put 1 -", "1 50 60 get - 1", "1 70 80 get - nil"},
     "monotonic reads in line 3",
     // What is deleted is unset again.
     {"0 10 20 put 1 -", "1 50 60 get - 1", "1 70 80 get - 1"}},
    {"writes_that_overlap_are_in_no_order",
     Model::register_,
     {"0 10 20 put 1 -", "2 21 40 put 2 -", "1 50 60 get - 2", "1 70 80 get - 1"},
     "monotonic reads in line 4",
     {"0 10 20 put 1 -", "2 20 40 put 2 -", "1 50 60 get - 2", "1 70 80 get - 1"}},
    {"a_read_misses_a_write_of_its_own",
     Model::register_,
     {"0 10 20 put 1 -", "1 30 40 put 2 -", "1 50 60 get - 1"},
     "read your writes in line 3",
     // Nobody knows whether it took effect.
     {"0 10 20 put 1 -", "1 30 - put 2 -", "1 50 60 get - 1"}},
    {"a_client_s_next_call_is_behind_its_answer_of_the_same_moment",
     Model::register_,
     {"0 10 20 put 1 -", "1 30 40 put 2 -", "1 40 60 get - 1"},
     "read your writes in line 3",
     // Of two clients, nobody knows.
     {"0 10 20 put 1 -", "1 30 40 put 2 -", "2 40 60 get - 1"}},
    {"of_two_writes_at_one_moment_the_client_s_second_is_the_newer",
     Model::register_,
     {"0 0 10 put 1 -", "0 10 20 put 2 -", "0 20 30 get - 1"},
     "read your writes in line 3",
     {"0 0 10 put 1 -", "2 10 20 put 2 -", "0 20 30 get - 1"}},
    {"an_append_at_the_moment_of_an_answer_stands_behind_it",
     Model::append,
     {"0 10 20 append 1 -", "0 20 30 append 2 -", "1 50 60 get - [2,1]"},
     "monotonic writes in line 3",
     {"0 10 20 append 1 -", "2 20 30 append 2 -", "1 50 60 get - [2,1]"}},
    {"a_write_finds_what_its_client_had_overwritten",
     Model::register_,
     {"1 10 20 put 1 -", "1 30 40 put 2 -", "1 50 60 cas 1>3 true"},
     "monotonic writes in line 3",
     // That it found another value is no sight of an old one.
     {"1 10 20 put 1 -", "1 30 40 put 2 -", "1 50 60 cas 1>3 false"}},
    {"a_write_finds_what_was_older_than_what_its_client_had_read",
     Model::register_,
     {"0 10 20 put 1 -", "0 30 40 put 2 -", "1 50 60 get - 2", "1 70 80 cas 1>3 true"},
     "writes follow reads in line 4",
     {"0 10 20 put 1 -", "0 30 40 put 2 -", "1 50 60 get - 2", "2 70 80 cas 1>3 true"}},
    {"a_value_that_was_written_twice_tells_nothing",
     Model::register_,
     {"0 10 20 put 1 -", "0 30 40 put 2 -", "1 50 60 get - 2", "1 70 80 get - 1"},
     "monotonic reads in line 4",
     {"0 10 20 put 1 -", "0 30 40 put 2 -", "1 50 60 get - 2", "1 70 80 get - 1", "2 75 - put 1 -"}},
    {"a_read_misses_a_delete_of_its_own",
     Model::kv,
     {"0 10 20 put 1 -", "0 30 40 delete - -", "0 50 60 get - 1"},
     "read your writes in line 3",
     {"0 10 20 put 1 -", "2 30 40 delete - -", "0 50 60 get - 1"}},
    {"a_write_finds_what_its_client_had_deleted",
     Model::kv,
     {"0 10 20 put 1 -", "1 30 40 delete - -", "1 50 60 cas 1>3 true"},
     "monotonic writes in line 3",
     {"0 10 20 put 1 -", "1 10 40 delete - -", "1 50 60 cas 1>3 true"}},
    {"a_list_loses_what_was_read",
     Model::append,
     {"0 10 20 append 1 -", "0 30 40 append 2 -", "1 50 60 get - [1,2]", "1 70 80 get - [1]"},
     "monotonic reads in line 4",
     {"0 10 20 append 1 -", "0 30 40 append 2 -", "1 50 60 get - [1]", "1 70 80 get - [1,2]"}},
    {"a_list_without_what_its_reader_had_appended",
     Model::append,
     {"0 10 20 append 1 -", "1 30 40 append 2 -", "1 50 60 get - [1]"},
     "read your writes in line 3",
     {"0 10 20 append 1 -", "1 30 - append 2 -", "1 50 60 get - [1]"}},
    {"a_list_in_which_a_client_s_elements_are_swapped",
     Model::append,
     {"0 10 20 append 1 -", "0 30 40 append 2 -", "1 50 60 get - [2,1]"},
     "monotonic writes in line 3",
     {"0 10 20 append 1 -", "2 30 40 append 2 -", "1 50 60 get - [2,1]"}},
    {"a_list_with_an_answer_before_its_question",
     Model::append,
     {"0 10 20 append 1 -", "2 30 40 get - [1]", "2 50 60 append 2 -", "1 70 80 get - [2,1]"},
     "writes follow reads in line 4",
     {"0 10 20 append 1 -", "3 30 40 get - [1]", "2 50 60 append 2 -", "1 70 80 get - [2,1]"}},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(client_sessions)

BOOST_AUTO_TEST_CASE(each_guarantee_breaks_alone_and_close_by_it_holds) {
  for (const Pair& pair : pairs) {
    const history::Verdict bad = judged(pair.breaks, pair.model);
    BOOST_TEST(broken(bad) == pair.what, pair.name);
    // What breaks a guarantee has no legal order either.
    BOOST_TEST((line_of(bad, PropertyId::linearizable).judgement == Judgement::violated), pair.name);
    BOOST_TEST(broken(judged(pair.holds, pair.model)) == "", pair.name);
  }
}

BOOST_AUTO_TEST_CASE(the_witness_is_two_or_three_operations_in_the_words_of_the_live_checker) {
  const history::Verdict v = judged(pairs[3].breaks, pairs[3].model);
  const auto& violation = v.violations.back();
  BOOST_TEST(violation.sentence ==
             "c1 was answered get k = 1 at 60ns, after an answer of its own at 40ns (read your writes).\n"
             "put k = 1 by c0 had been answered (20ns) when put k = 2 by c1 was called (30ns).");
  BOOST_TEST(violation.evidence.size() == 3u);
  const auto swapped = std::find_if(pairs.begin(), pairs.end(), [](const Pair& p) {
    return p.name == std::string_view("a_list_in_which_a_client_s_elements_are_swapped");
  });
  const history::Verdict list = judged(swapped->breaks, swapped->model);
  BOOST_TEST(
      list.violations.back().sentence ==
      "c1 was answered get k = [2 1] at 60ns: 2 by c0 does not stand behind 1, which c0 had appended (20ns) "
      "before it (monotonic writes).");
  BOOST_TEST(list.violations.back().evidence.size() == 3u);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_told_is_skipped_with_the_reason) {
  const auto why = [](const std::vector<std::string>& lines, Model model) {
    const history::Verdict v = judged(lines, model);
    const history::PropertyVerdict& p = line_of(v, PropertyId::session_guarantees);
    return (p.judgement == Judgement::skipped ? "skipped: " : "judged: ") + p.why;
  };
  BOOST_TEST(why({"0 10 20 put 1 -", "1 30 40 get - 1"}, Model::register_) ==
             "skipped: no client came back to a key that it had read or written");
  BOOST_TEST(why({"0 10 20 put 1 -", "0 30 40 put 1 -", "0 50 60 get - 1"}, Model::register_) ==
             "skipped: values were written more than once: which write was seen is not known");
  BOOST_TEST(why({"0 10 20 put 1 -", "0 30 40 get - 2"}, Model::register_) ==
             "skipped: values were read that nothing wrote");
  BOOST_TEST(why({"0 10 20 put 1 false", "0 30 40 put 2 -", "0 50 60 get - 1"}, Model::register_) ==
             "skipped: values were read whose writes are said to have failed");
  BOOST_TEST(why({"0 10 20 put 1 -", "1 30 40 delete - -", "0 50 60 get - -"}, Model::kv) ==
             "skipped: keys were made unset again: whether a read saw that or the beginning is not known");
  // Each reason is told, and none where nobody came back anyway.
  BOOST_TEST(
      why({"0 10 20 put 1 -", "0 30 40 put 1 -", "0 50 60 get - 1", "0 70 80 get - 2"}, Model::register_) ==
      "skipped: values were written more than once: which write was seen is not known; values were read "
      "that nothing wrote");
  BOOST_TEST(why({"0 10 20 put 1 -", "1 30 40 get - 2"}, Model::register_) ==
             "skipped: no client came back to a key that it had read or written");
  // That a key was not there is something to know.
  BOOST_TEST(why({"0 10 20 get - nil", "0 30 40 get - nil"}, Model::register_) == "judged: ");
  BOOST_TEST(why({"0 10 20 append 1 -", "0 30 40 append 2 -", "0 50 60 get - 12"}, Model::kv) ==
             "skipped: values are texts that are appended to: which write was seen is not known");
  BOOST_TEST(why({"0 10 20 put 1 -", "0 50 60 get - 1"}, Model::kv) == "judged: ");
}

namespace {

/// Clients of one copy: every operation takes effect at a moment between its call and its answer, or, where
/// that never comes, later or not at all.
class OneCopy {
 public:
  explicit OneCopy(std::uint64_t seed) : random_(seed) {}

  std::vector<std::string> history(Model model) {
    std::vector<Asked> all;
    for (std::uint64_t client = 0; client < 4; ++client) {
      std::uint64_t now = below(20);
      // No history is empty.
      for (std::uint64_t n = below(8) + (client == 0 ? 1 : 0); n > 0; --n) {
        Asked a{client, now += below(10), 0, 0, below(8) == 0, next(model)};
        now += below(25);
        a.back = now;
        a.effect = a.call + below(a.back - a.call + 1) + (a.lost ? below(60) : 0);
        all.push_back(std::move(a));
      }
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const Asked& a, const Asked& b) { return a.effect < b.effect; });
    std::vector<std::string> lines;
    for (const Asked& a : all) {
      const std::string output = a.lost && below(2) == 0 ? "-" : take(a.what, model);
      lines.push_back(fmt::format("{} {} {} {} {} {}", a.client, a.call,
                                  a.lost ? "-" : std::to_string(a.back), a.what.op, a.what.value, output));
    }
    return lines;
  }

  std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : random_() % bound; }

 private:
  struct What {
    std::string op, value;
  };
  struct Asked {
    std::uint64_t client, call, back, effect;
    bool lost;
    What what;
  };

  What next(Model model) {
    const std::uint64_t kind = below(8);
    if (kind < 4) return {"get", "-"};
    const std::string fresh = std::to_string(below(10) == 0 ? 1 + below(3) : ++written_ + 10);
    if (model == Model::append) return {"append", fresh};
    if (kind == 4) return {"cas", fmt::format("{}>{}", 11 + below(written_ + 1), fresh)};
    if (kind == 5 && model == Model::kv && below(3) == 0) return {"delete", "-"};
    return {"put", fresh};
  }

  std::string take(const What& what, Model model) {
    if (model == Model::append) {
      if (what.op == "append") list_ += (list_.empty() ? "" : ",") + what.value;
      return what.op == "append" ? "-" : '[' + list_ + ']';
    }
    if (what.op == "get") return value_.empty() ? (model == Model::kv ? "-" : "nil") : value_;
    if (what.op == "delete") value_.clear();
    if (what.op == "put") value_ = what.value;
    if (what.op != "cas") return "-";
    const std::size_t arrow = what.value.find('>');
    if (value_ != what.value.substr(0, arrow)) return "false";
    value_ = what.value.substr(arrow + 1);
    return "true";
  }

  std::mt19937_64 random_;
  std::uint64_t written_ = 0;
  std::string value_, list_;
};

constexpr Model models[] = {Model::register_, Model::kv, Model::append};

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_linearizable_breaks_no_guarantee) {
  std::uint64_t looked = 0;
  BOOST_TEST(rc::check("clients of one copy", [&](std::uint64_t seed) {
    for (const Model model : models) {
      const history::Verdict v = judged(OneCopy(seed).history(model), model);
      RC_ASSERT(line_of(v, PropertyId::linearizable).judgement == Judgement::held);
      RC_ASSERT(broken(v) == "");
      looked += line_of(v, PropertyId::session_guarantees).looked;
    }
  }));
  BOOST_TEST(looked > 500u);
}

BOOST_AUTO_TEST_CASE(what_breaks_a_guarantee_is_not_linearizable) {
  std::map<std::string, int> seen;
  BOOST_TEST(rc::check("answers of another copy", [&](std::uint64_t seed) {
    for (const Model model : models) {
      // The same questions, some answered as another copy would have.
      OneCopy copy(seed);
      std::vector<std::string> lines = copy.history(model);
      for (int times = 0; times < 3 && lines.size() > 1; ++times) {
        const std::size_t a = copy.below(lines.size()), b = copy.below(lines.size());
        const auto output = [&](std::size_t i) { return lines[i].rfind(' ') + 1; };
        const bool gets =
            lines[a].find(" get ") != std::string::npos && lines[b].find(" get ") != std::string::npos;
        const bool lost =
            lines[a].find(" - get") != std::string::npos || lines[b].find(" - get") != std::string::npos;
        if (!gets || lost) continue;
        const std::string from_b = lines[b].substr(output(b));
        lines[a] = lines[a].substr(0, output(a)) + from_b;
      }
      const history::Verdict v = judged(lines, model);
      const std::string what = broken(v);
      if (what.empty()) continue;
      ++seen[what.substr(0, what.find(" in "))];
      RC_ASSERT(line_of(v, PropertyId::linearizable).judgement == Judgement::violated);
    }
  }));
  BOOST_TEST(seen["monotonic reads"] > 0);
  BOOST_TEST(seen["read your writes"] > 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::checkers
