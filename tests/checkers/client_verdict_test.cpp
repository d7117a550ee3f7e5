// What is said of histories that clients of any system recorded: which values are the same, which operations
// were over before others began, and that what explains a violation is true of the file.
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <string>

#include "checkers/client_verdict.hpp"

namespace raftsim::checkers {

namespace {

using history::ClientHistory;
using history::PropertyId;

history::Verdict judged(const std::string& bytes) {
  auto read = history::any_history_from_bytes("h", bytes, std::nullopt);
  const auto* error = std::get_if<history::HistoryError>(&read);
  BOOST_REQUIRE_MESSAGE(error == nullptr, (error != nullptr ? error->text() : "") << "\n" << bytes);
  return judge(std::get<ClientHistory>(read), 1'000'000).result.verdict;
}

/// What is said of the order of a history; empty: there is one.
std::string order_of(const std::string& bytes) {
  const history::Verdict v = judged(bytes);
  for (const history::Violation& found : v.violations)
    if (found.id == PropertyId::linearizable) return found.sentence;
  return "";
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

std::string jsonl(int client, int call, int back, const std::string& rest) {
  return fmt::format(R"({{"client":{},"call":{},"return":{},"key":"k",{}}})"
                     "\n",
                     client, call, back, rest);
}

/// One process after the other, each with one operation that is answered at once.
std::string edn(const std::vector<std::string>& asked_and_answered) {
  std::string bytes;
  for (std::size_t i = 0; i < asked_and_answered.size(); ++i)
    bytes += fmt::format("{{:process {}, :type {}, {}}}\n", i / 2, i % 2 == 0 ? ":invoke" : ":ok",
                         asked_and_answered[i]);
  return bytes;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(client_verdict)

BOOST_AUTO_TEST_CASE(two_elements_are_not_one_with_a_space_in_it) {
  const std::string one = jsonl(0, 1, 2, R"("op":"append","value":"a b")");
  BOOST_TEST(first_line(order_of(one + jsonl(1, 3, 4, R"("op":"get","output":["a","b"])"))) ==
             "k: get by c1 [3ns,4ns] returned [a b], and no order of 1 operations explains it.");
  BOOST_TEST(order_of(one + jsonl(1, 3, 4, R"("op":"get","output":["a b"])")) == "");
  const std::string two =
      jsonl(0, 1, 2, R"("op":"append","value":"x y")") + jsonl(0, 3, 4, R"("op":"append","value":"z")");
  BOOST_TEST(order_of(two + jsonl(1, 5, 6, R"("op":"get","output":["x","y z"])")) != "");
  BOOST_TEST(order_of(two + jsonl(1, 5, 6, R"("op":"get","output":["x y","z"])")) == "");
  // What escapes are made of is a word like any other.
  BOOST_TEST(order_of(jsonl(0, 1, 2, R"("op":"append","value":"a\\_b")") +
                      jsonl(1, 3, 4, R"("op":"get","output":["a b"])")) != "");
  const auto list = [](const std::string& read) {
    return edn({R"(:f :append, :key "0", :value "a b")", R"(:f :append, :key "0", :value "a b")",
                R"(:f :read, :key "0", :value nil)", R"(:f :read, :key "0", :value )" + read});
  };
  BOOST_TEST(order_of(list(R"(["a" "b"])")) != "");
  BOOST_TEST(order_of(list(R"(["a b"])")) == "");
}

BOOST_AUTO_TEST_CASE(in_jepsens_files_a_string_is_no_number) {
  const auto read = [](const std::string& value) {
    return edn(
        {":f :write, :value 1", ":f :write, :value 1", ":f :read, :value nil", ":f :read, :value " + value});
  };
  BOOST_TEST(first_line(order_of(read("\"1\""))) ==
             "get by c1 [line 3,line 4] returned \"1\", but put 1 by c0 finished in line 2 and nothing wrote "
             "\"1\" after it.");
  BOOST_TEST(order_of(read("1")) == "");
  const auto list = [](const std::string& key, const std::string& element) {
    return edn({":f :txn, :value [[:append 5 1]]", ":f :txn, :value [[:append 5 1]]",
                fmt::format(":f :txn, :value [[:r {} nil]]", key),
                fmt::format(":f :txn, :value [[:r {} [{}]]]", key, element)});
  };
  BOOST_TEST(order_of(list("5", "1")) == "");
  BOOST_TEST(order_of(list("5", "\"1\"")).find("returned [\"1\"]") != std::string::npos);
  BOOST_TEST(order_of(list("\"5\"", "1")).find("\"5\": get by c1") == 0u);
  BOOST_TEST(order_of(edn({":f :write, :value nil", ":f :write, :value nil", ":f :read, :value nil",
                           ":f :read, :value \"nil\""}))
                 .find("returned \"nil\", but put nil") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(in_jepsens_files_texts_that_are_appended_to_are_texts) {
  BOOST_TEST(order_of(edn({":f :write, :value \"a\"", ":f :write, :value \"a\"", ":f :append, :value \"b\"",
                           ":f :append, :value \"b\"", ":f :read, :value nil", ":f :read, :value \"ab\""})) ==
             "");
}

BOOST_AUTO_TEST_CASE(jsonl_has_strings_and_numbers_for_the_same_values) {
  BOOST_TEST(order_of(jsonl(0, 1, 2, R"("op":"put","value":1)") +
                      jsonl(0, 3, 4, R"("op":"cas","value":"1>2","output":true)") +
                      jsonl(0, 5, 6, R"("op":"get","output":2)")) == "");
}

BOOST_AUTO_TEST_CASE(a_client_s_next_call_is_behind_its_answer_of_the_same_moment) {
  const std::string put = jsonl(0, 1, 10, R"("op":"put","value":"1")");
  const std::string get_nothing = R"("op":"get","output":null)";
  BOOST_TEST(order_of(put + jsonl(0, 10, 20, get_nothing)) ==
             "k: get by c0 [10ns,20ns] returned nil, but put 1 by c0 finished at 10ns and nothing wrote nil "
             "after it.\n"
             "Longest order that is legal: put 1 by c0; the key is then 1.\n"
             "Next could not be get by c0: it returned nil.");
  // Of two clients, nobody knows.
  BOOST_TEST(order_of(put + jsonl(1, 10, 20, get_nothing)) == "");
  // All in one moment: the lines tell.
  BOOST_TEST(order_of(jsonl(0, 5, 5, R"("op":"put","value":"1")") + jsonl(0, 5, 5, get_nothing)) != "");
  BOOST_TEST(order_of(jsonl(0, 5, 5, get_nothing) + jsonl(0, 5, 5, R"("op":"put","value":"1")")) == "");
  // What it did on another key, or gave up, in between changes nothing.
  const std::string other = R"({"client":0,"call":10,"return":10,"op":"put","key":"l","value":"1"})";
  const std::string given_up = R"({"client":0,"call":10,"op":"put","key":"k","value":"7"})";
  BOOST_TEST(order_of(put + other + "\n" + jsonl(0, 10, 20, get_nothing)) != "");
  BOOST_TEST(order_of(put + given_up + "\n" + jsonl(0, 10, 20, get_nothing)) != "");
}

BOOST_AUTO_TEST_CASE(what_a_client_gave_up_at_the_moment_of_another_call_came_before_it_or_as_the_lines_say) {
  const std::string takes_time = jsonl(0, 8, 9, R"("op":"put","value":"2")");
  const std::string given_up = jsonl(0, 8, 13, R"("op":"put","value":"1","output":"?")");
  const std::string seen = jsonl(1, 10, 13, R"("op":"get","output":"2")");
  BOOST_TEST(order_of(given_up + takes_time + seen) == "");
  BOOST_TEST(order_of(takes_time + given_up + seen) == "");
  // Put 2 behind put 1, as the lines say: who saw 2 does not see 1 again.
  for (const char* unanswered :
       {R"({"client":0,"call":5,"key":"k","op":"put","value":"2"})",
        R"({"client":0,"call":5,"return":5,"key":"k","op":"put","value":"2","output":"?"})"}) {
    const std::string put = jsonl(0, 5, 5, R"("op":"put","value":"1")");
    const std::string reads =
        jsonl(1, 5, 5, R"("op":"get","output":"2")") + jsonl(1, 6, 7, R"("op":"get","output":"1")");
    BOOST_TEST(order_of(put + unanswered + "\n" + reads) != "");
    BOOST_TEST(order_of(unanswered + ("\n" + put) + reads) == "");
  }
}

BOOST_AUTO_TEST_CASE(what_clients_wrote_stands_on_one_line_and_is_cut_between_characters) {
  const std::string put =
      R"({"client":0,"call":1,"return":2,"op":"put","key":"k\n","value":"a\nb\u001b[31m"})";
  const std::string get =
      R"({"client":1,"call":3,"return":4,"op":"get","key":"k\n","output":"éééééééééééé"})";
  BOOST_TEST(
      first_line(order_of(put + "\n" + get + "\n")) ==
      "k\\n: get by c1 [3ns,4ns] returned éééé...éééé, but put a\\nb\\x1b[31m by c0 finished at 2ns and "
      "nothing wrote éééé...éééé after it.");
}

BOOST_AUTO_TEST_CASE(several_clients_that_call_at_one_moment_keep_their_order_each) {
  // Each read would have to be behind the other client's write, and that behind its own.
  const std::string puts =
      jsonl(0, 0, 10, R"("op":"put","value":"1")") + jsonl(1, 0, 10, R"("op":"put","value":"2")");
  const auto get = [](int client, int value) {
    return jsonl(client, 10, 20, fmt::format(R"("op":"get","output":"{}")", value));
  };
  BOOST_TEST(order_of(puts + get(0, 2) + get(1, 1)) != "");
  BOOST_TEST(order_of(puts + get(0, 2) + get(1, 2)) == "");
  BOOST_TEST(order_of(puts + get(2, 2) + get(3, 1)) == "");
}

/// Of two equal puts that nobody saw answered, the one that was called first must wait for the read.
BOOST_AUTO_TEST_CASE(one_that_must_wait_holds_up_none_that_need_not) {
  const std::string put = R"(,"call":5,"key":"k","op":"put","value":"5"})";
  BOOST_TEST(order_of(jsonl(1, 1, 5, R"("op":"get","output":"5")") + R"({"client":1)" + put + "\n" +
                      R"({"client":2)" + put + "\n") == "");
}

BOOST_AUTO_TEST_CASE(the_longest_order_is_one_of_the_file_with_all_its_outcomes) {
  const std::string put = R"("op":"put","value":)";
  BOOST_TEST(
      order_of(jsonl(0, 1, 2, put + "\"1\"") + jsonl(0, 3, 4, R"("op":"get","output":"2")")) ==
      "k: get by c0 [3ns,4ns] returned 2, but put 1 by c0 finished at 2ns and nothing wrote 2 after it.\n"
      "Longest order that is legal: put 1 by c0; the key is then 1.\n"
      "Next could not be get by c0: it returned 2.");
  // The cas is not needed for the contradiction, but it was answered.
  BOOST_TEST(
      order_of(jsonl(0, 1, 2, put + "\"1\"") + jsonl(0, 3, 4, R"("op":"cas","value":"1>2","output":true)") +
               jsonl(0, 5, 6, put + "\"3\"") + jsonl(0, 7, 8, R"("op":"get","output":"2")")) ==
      "k: get by c0 [7ns,8ns] returned 2, but put 3 by c0 finished at 6ns and nothing wrote 2 after it.\n"
      "Longest order that is legal: put 1 by c0, cas 1 -> 2 by c0, put 3 by c0; the key is then 3.\n"
      "Next could not be get by c0: it returned 2.");
  // What was under way by then stands in it where it is needed.
  const std::string lost = R"({"client":1,"call":1,"key":"k","op":"put","value":"7"})";
  BOOST_TEST(order_of(lost + "\n" + jsonl(0, 3, 4, R"("op":"get","output":"7")") +
                      jsonl(2, 5, 20, put + "\"8\"") + jsonl(0, 6, 9, R"("op":"get","output":"9")")) ==
             "k: get by c0 [6ns,9ns] returned 9, but nothing wrote 9.\n"
             "Longest order that is legal: put 7 by c1, get by c0; the key is then 7.\n"
             "Next could not be get by c0: it returned 9.");
}

BOOST_AUTO_TEST_CASE(a_store_may_say_nil_of_a_key_that_is_not_there) {
  const std::string nil = R"("op":"get","output":"nil")";
  BOOST_TEST(order_of(jsonl(0, 1, 2, nil) + jsonl(0, 3, 4, R"("op":"put","value":"1")") +
                      jsonl(0, 5, 6, R"("op":"delete")") + jsonl(0, 7, 8, nil)) == "");
  BOOST_TEST(order_of(jsonl(0, 1, 2, nil) + jsonl(0, 3, 4, R"("op":"append","value":"1")") +
                      jsonl(0, 5, 6, R"("op":"get","output":"1")")) == "");
  BOOST_TEST(order_of(jsonl(0, 3, 4, R"("op":"append","value":"1")") + jsonl(0, 5, 6, nil)) != "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::checkers
