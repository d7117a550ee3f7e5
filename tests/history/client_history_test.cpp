// Histories that other tools recorded: what each form says, what it means, and what is said of wrong ones.
#include <rapidcheck.h>
#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

#include <string>
#include <vector>

#include "history/client_history.hpp"
#include "history/client_values.hpp"
#include "history/foreign/edn.hpp"
#include "history/names.hpp"
#include "tests/print.hpp"

namespace raftsim::history {
namespace {

using End = ClientOperation::End;

AnyHistory read(const std::string& bytes, std::optional<Model> model = std::nullopt) {
  return any_history_from_bytes("h", bytes, model);
}

ClientHistory good(const std::string& bytes, std::optional<Model> model = std::nullopt) {
  AnyHistory any = read(bytes, model);
  if (const auto* error = std::get_if<HistoryError>(&any)) BOOST_FAIL(error->text());
  BOOST_REQUIRE(std::holds_alternative<ClientHistory>(any));
  return std::get<ClientHistory>(std::move(any));
}

std::string wrong(const std::string& bytes, std::optional<Model> model = std::nullopt) {
  const AnyHistory any = read(bytes, model);
  const auto* error = std::get_if<HistoryError>(&any);
  return error != nullptr ? error->text() : "no error";
}

/// `2 cas k 3->4 unknown [5,8]`.
std::string line(const ClientHistory& h, const ClientOperation& o) {
  const auto text = [&h](TextSpan span) { return span.present ? std::string(h.view(span)) : "nil"; };
  std::string out = fmt::format("{} {} {}", o.client, name(o.kind), h.keys[o.key]);
  if (o.kind == OperationKind::cas) out += " " + text(o.expected) + "->" + text(o.value);
  if (o.kind == OperationKind::put || o.kind == OperationKind::append) out += " " + text(o.value);
  const char* end = o.end == End::ok ? "ok" : o.end == End::failed ? "failed" : "unknown";
  out += fmt::format(" {} [{},{}]", end, o.call, o.back);
  if (o.end == End::ok && o.kind == OperationKind::get) out += " = " + text(o.returned);
  if (o.kind == OperationKind::cas && o.end == End::ok) out += o.applied ? " swapped" : " not swapped";
  return out;
}

std::vector<std::string> lines(const ClientHistory& h) {
  std::vector<std::string> all;
  for (const ClientOperation& o : h.operations) all.push_back(line(h, o));
  return all;
}

const std::string edn =
    "{:process 0, :type :invoke, :f :write, :value 3, :time 100}\n"
    "{:process 1, :type :invoke, :f :cas, :value [3 4]}\n"
    "{:process :nemesis, :type :info, :f :start}\n"
    "{:process 0, :type :ok, :f :write, :value 3, :time 200}\n"
    "{:process 1, :type :info, :f :cas, :value :timed-out}\n"
    "{:process 2, :type :invoke, :f :read, :value nil}\n"
    "{:process 2, :type :ok, :f :read, :value 4}\n"
    "{:process 3, :type :invoke, :f :read, :value nil}\n"
    "{:process 3, :type :fail, :f :read, :value :timed-out}\n"
    "{:process 4, :type :invoke, :f :cas, :value [9 1]}\n"
    "{:process 4, :type :fail, :f :cas, :value [9 1]}\n"
    "{:process 5, :type :invoke, :f :cas, :value [9 1]}\n"
    "{:process 5, :type :fail, :f :cas, :value [9 1], :error :no-leader}\n"
    "{:process 6, :type :invoke, :f :write, :value 8}\n";

const std::vector<std::string> edn_lines{
    "0 put  3 ok [1,3]",       "1 cas  3->4 unknown [2,4]",         "2 get  ok [5,6] = 4",
    "3 get  failed [7,8]",     "4 cas  9->1 ok [9,10] not swapped", "5 cas  9->1 failed [11,12]",
    "6 put  8 unknown [13,0]",
};

BOOST_AUTO_TEST_SUITE(client_histories)

BOOST_AUTO_TEST_CASE(outcomes_mean_what_jepsen_means) {
  const ClientHistory h = good(edn);
  BOOST_TEST(lines(h) == edn_lines, boost::test_tools::per_element());
  BOOST_TEST((h.form == ClientForm::jepsen_edn));
  BOOST_TEST((h.model == Model::register_));
  BOOST_TEST(!h.unset_is_empty);
  BOOST_TEST(h.operations[0].called_at.ns == 100);
  BOOST_TEST(h.operations[1].called_line == 2u);
  BOOST_TEST(h.operations[1].answered_line == 5u);
}

BOOST_AUTO_TEST_CASE(a_history_in_one_vector_of_records_reads_the_same) {
  std::string one = "[";
  for (const char c : edn) {
    if (c == '{') one += "#jepsen.history.Op";
    one += c;
  }
  one.pop_back();
  BOOST_TEST(lines(good(one + "]")) == edn_lines, boost::test_tools::per_element());
  std::string broken_lines;
  for (const char c : edn)
    broken_lines += c == ',' ? std::string(",\n ; a comment\n #_ {:left out}") : std::string(1, c);
  BOOST_TEST(lines(good(broken_lines)) == edn_lines, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(console_logs_say_the_same_among_other_lines) {
  const ClientHistory h = good(
      "INFO  jepsen.core - Running test\n"
      "INFO  jepsen.util - 0\t:invoke\t:write\t3\n"
      "2026-01-01 12:00:00,000{GMT}\tINFO\t[jepsen worker 1] jepsen.util: 1\t:invoke\t:cas\t[3 4]\n"
      "INFO  jepsen.util - :nemesis\t:info\t:start\tnil\n"
      "INFO  jepsen.util - 0\t:ok\t:write\t3\r\n"
      "INFO  jepsen.util - 1\t:info\t:cas\t:timed-out\n"
      "INFO  jepsen.util - 2\t:invoke\t:read\tnil\n"
      "INFO  jepsen.util - 2\t:ok\t:read\t4\n"
      "INFO  jepsen.util - 3\t:invoke\t:read\tnil\n"
      "INFO  jepsen.util - 3\t:fail\t:read\t:timed-out\n"
      "INFO  jepsen.util - 4\t:invoke\t:cas\t[9 1]\n"
      "INFO  jepsen.util - 4\t:fail\t:cas\t[9 1]\n"
      "INFO  jepsen.util - 5\t:invoke\t:cas\t[9 1]\n"
      "INFO  jepsen.util - 5\t:fail\t:cas\t[9 1]\t:no-leader\n"
      "INFO  jepsen.util - 6\t:invoke\t:write\t8");
  BOOST_TEST(lines(h) == edn_lines, boost::test_tools::per_element());
  BOOST_TEST((h.form == ClientForm::jepsen_log));
  BOOST_TEST((h.model == Model::register_));
}

BOOST_AUTO_TEST_CASE(independent_keys_stand_before_their_values) {
  const ClientHistory h = good(
      "{:process 0, :type :invoke, :f :cas, :value [7 [1 2]]}\n"
      "{:process 0, :type :ok, :f :cas, :value [7 [1 2]]}\n"
      "{:process 0, :type :invoke, :f :read, :value [8 nil]}\n"
      "{:process 0, :type :ok, :f :read, :value [8 nil]}\n");
  const std::vector<std::string> expected{"0 cas 7 1->2 ok [1,2] swapped", "0 get 8 ok [3,4] = nil"};
  BOOST_TEST(lines(h) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(lists_are_the_text_of_their_elements) {
  const ClientHistory h = good(
      "{:process 0, :type :invoke, :f :txn, :value [[:append 5 \"a b\"]]}\n"
      "{:process 0, :type :ok, :f :txn, :value [[:append 5 \"a b\"]]}\n"
      "{:process 1, :type :invoke, :f :txn, :value [[:r 5 nil]]}\n"
      "{:process 1, :type :ok, :f :txn, :value [[:r 5 [\"a b\" 2]]]}\n"
      "{:process 1, :type :invoke, :f :txn, :value [[:r 6 nil]]}\n"
      "{:process 1, :type :ok, :f :txn, :value [[:r 6 nil]]}\n");
  BOOST_TEST((h.model == Model::append));
  const std::vector<std::string> expected{"0 append 5 \"a\\_b  ok [1,2]", "1 get 5 ok [3,4] = \"a\\_b 2 ",
                                          "1 get 6 ok [5,6] = "};
  BOOST_TEST(lines(h) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(elements_of_a_list_cannot_run_together) {
  BOOST_TEST(rc::check("lists of any words", [] {
    const auto words = *rc::gen::container<std::vector<std::string>>(
        rc::gen::container<std::string>(rc::gen::element('a', ' ', '\\', '_', '"')));
    std::string list;
    for (const std::string& w : words) list += kept_element(w);
    std::vector<std::string> back;
    for (std::size_t at = 0; at < list.size(); at += element_at(list, at).size())
      back.push_back(element_value(element_at(list, at)));
    RC_ASSERT(back == words);
    if (!words.empty()) RC_ASSERT(element_value(last_element(list)) == words.back());
  }));
}

BOOST_AUTO_TEST_CASE(a_string_is_shown_as_written_and_in_quotes_where_it_would_be_something_else) {
  BOOST_TEST(shown_scalar("3", true) == "3");
  BOOST_TEST(shown_scalar("\"3", true) == "\"3\"");
  BOOST_TEST(shown_scalar("\"nil", true) == "\"nil\"");
  BOOST_TEST(shown_scalar("\"x", true) == "x");
  BOOST_TEST(shown_scalar("\"x y", true) == "\"x y\"");
  BOOST_TEST(shown_scalar("", true) == "\"\"");
  // JSONL has strings and numbers for the same values.
  BOOST_TEST(shown_scalar("3", false) == "3");
  BOOST_TEST(shown_scalar("x y", false) == "\"x y\"");
}

BOOST_AUTO_TEST_CASE(keys_that_are_a_string_and_a_number_are_two) {
  const std::string put = "{:process 0, :type :invoke, :f :write, :key 5, :value 1}\n";
  const std::string get = "{:process 1, :type :invoke, :f :read, :key \"5\"}\n";
  BOOST_TEST(good(put + get).keys == (std::vector<std::string>{"5", "\"5\""}),
             boost::test_tools::per_element());
  BOOST_TEST(good(get).keys == std::vector<std::string>{"5"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(jsonl_has_one_operation_a_line) {
  const ClientHistory h = good(
      "{\"client\":0,\"call\":17,\"return\":42,\"op\":\"put\",\"key\":\"k\",\"value\":\"v\",\"output\":\"\"}"
      "\n"
      "{\"client\":1,\"call\":42,\"return\":50,\"op\":\"get\",\"key\":\"k\",\"output\":\"v\"}\n"
      "\n"
      "{\"client\":2,\"call\":5,\"return\":60,\"op\":\"append\",\"key\":\"k\",\"value\":\"w\",\"output\":\"?"
      "\"}\n"
      "{\"client\":3,\"call\":6,\"op\":\"delete\",\"key\":\"k\"}\n"
      "{\"client\":4,\"call\":6,\"return\":7,\"op\":\"cas\",\"key\":7,\"value\":\"a>b\",\"output\":false}");
  const std::vector<std::string> expected{"0 put k v ok [34,85]", "1 get k ok [84,101] = v",
                                          "2 append k w unknown [10,121]", "3 delete k unknown [12,0]",
                                          "4 cas 7 a->b ok [12,15] not swapped"};
  BOOST_TEST(lines(h) == expected, boost::test_tools::per_element());
  BOOST_TEST((h.model == Model::kv));
  BOOST_TEST(h.unset_is_empty);
}

std::string op_of(int client, const std::string& fields) {
  return fmt::format("{{\"client\":{},\"call\":1,\"return\":2,\"key\":\"k\",{}}}\n", client, fields);
}
std::string op(const std::string& fields) { return op_of(0, fields); }

BOOST_AUTO_TEST_CASE(the_model_is_guessed_where_the_history_shows_it) {
  const std::string get_nil = op("\"op\":\"get\",\"output\":\"nil\"");
  const std::string get_empty = op_of(1, "\"op\":\"get\",\"output\":\"\"");
  const std::string append = op_of(2, "\"op\":\"append\",\"value\":\"x\"");
  BOOST_TEST((good(get_nil).model == Model::register_));
  BOOST_TEST(!good(get_nil).operations[0].returned.present);
  BOOST_TEST((good(get_empty).model == Model::kv));
  BOOST_TEST((good(get_nil + append).model == Model::kv));
  // A store that says "nil" of an unset key: nothing else wrote it.
  BOOST_TEST(!good(get_nil + append).operations[0].returned.present);
  BOOST_TEST(!good(get_nil + append).unset_is_empty);
  BOOST_TEST(!good(get_nil, Model::kv).operations[0].returned.present);
  BOOST_TEST(good(get_nil + get_empty, Model::kv).operations[0].returned.present);
  const std::string asks = "say --model kv (an unset key answers \"\"), or write null";
  BOOST_TEST(wrong(get_nil + get_empty + append).find(asks) != std::string::npos);
  BOOST_TEST(wrong(get_nil + op_of(1, "\"op\":\"append\",\"value\":\"l\"")).find("line 2 writes it") !=
             std::string::npos);
  BOOST_TEST((good(append + op("\"op\":\"get\",\"output\":[\"x\"]")).model == Model::append));
  // Either could be: it asks, unless it is told.
  BOOST_TEST(wrong(get_nil + get_empty).find("say --model register") != std::string::npos);
  BOOST_TEST(wrong(get_nil + op_of(1, "\"op\":\"put\",\"value\":\"nil\"")).find("line 2 writes it") !=
             std::string::npos);
  BOOST_TEST((good(get_nil + get_empty, Model::kv).model == Model::kv));
  BOOST_TEST((good(get_nil + get_empty, Model::register_).model == Model::register_));
}

BOOST_AUTO_TEST_CASE(a_model_that_does_not_fit_is_refused) {
  BOOST_TEST(wrong(op("\"op\":\"append\",\"value\":\"x\""), Model::register_) ==
             "h:1: the register model knows no append\n  help: --model kv judges appends to strings");
  BOOST_TEST(wrong(op("\"op\":\"put\",\"value\":\"x\""), Model::append).find("append and get only") !=
             std::string::npos);
  BOOST_TEST(wrong(op("\"op\":\"get\",\"output\":[1]"), Model::kv).find("returns no list") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_shown_in_its_place) {
  struct Case {
    std::string bytes, start;
  };
  const std::vector<Case> cases{
      {"", "h: an empty file"},
      {"hello\nworld\n", "h:1: not a history that this version reads"},
      {op("\"op\":\"gett\""), "h:1:48: no operation \"gett\" is known"},
      {op("\"opp\":\"get\""), "h:1:43: no field \"opp\" is known"},
      {op("\"value\":\"3\""), "h:1:1: an operation without \"op\""},
      {op("\"op\":\"put\""), "h:1:1: no \"value\" to put"},
      {op("\"op\":\"cas\",\"value\":\"3\""), "h:1:62: a cas without its two values"},
      {op("\"op\":\"cas\",\"value\":\"3>4>5\",\"output\":true"), "h:1:62: a cas without its two values"},
      {op("\"op\":\"cas\",\"value\":\"3>4\""), "h:1:1: whether the cas swapped is not told"},
      {"{\"client\":0,\"call\":9,\"return\":2,\"op\":\"get\",\"key\":\"k\",\"output\":\"\"}\n",
       "h:1:31: returned at 2, before"},
      {"{\"client\":0,\"call\":1.5,\"return\":2,\"op\":\"get\",\"key\":\"k\"}\n",
       "h:1:20: no time in \"call\""},
      {"{\"client\":-1,\"call\":1,\"op\":\"get\"}\n", "h:1:11: no number in \"client\""},
      {"{\"client\":0,]\n", "h:1:13: no JSON"},
      {"{:process 0, :type :invoke, :f :reed}\n", "h:1:32: no operation :reed is known"},
      {"{:process 0, :type :invoked, :f :read}\n", "h:1:20: no type of operation: :invoked"},
      {"{:process 0, :typ :invoke, :f :read}\n", "h:1:14: an operation without :type"},
      {"{:process 0, :type :ok, :f :read}\n", "h:1:20: process 0 has asked nothing"},
      {"{:process 0, :type :invoke, :f :cas, :value 3}\n", "h:1:45: a cas without its two values"},
      {"{:process 0, :type :invoke\n", "h:1:1: no } that closes this"},
      {"{:process 0, :type :invoke]\n", "h:1:27: a ] that closes nothing"},
      {"\n{:process 0, :type :invoke, :f :read}\n{:process 0, :type :invoke, :f :read}\n",
       "h:3:11: process 0 has not been answered yet (line 2)"},
      {"[1 2]\n", "h:1:2: not an operation"},
      {"x jepsen.util - 0\t:invok\t:read\tnil\n", "h:1:19: no type of operation: :invok"},
      {"x jepsen.util - 0 :invoke :read nil\n", "h:1:17: not an operation"},
      {"x jepsen.util - 0\t:invoke\t:cas\t[3\n", "h:1:32: no ] that closes this"},
      {"{:process :nemesis, :type :info, :f :start}\n", "h: no operation of a client in it"},
  };
  for (const Case& c : cases) BOOST_TEST(wrong(c.bytes).substr(0, c.start.size()) == c.start);
  BOOST_TEST(wrong(op("\"op\":\"gett\"")) ==
             "h:1:48: no operation \"gett\" is known\n"
             "   1 | {\"client\":0,\"call\":1,\"return\":2,\"key\":\"k\",\"op\":\"gett\"}\n"
             "     |                                                ^ did you mean \"get\"?");
}

BOOST_AUTO_TEST_CASE(what_jsonl_has_no_word_for_is_not_passed_over) {
  struct Case {
    std::string bytes, start;
  };
  const std::string key = ",\"key\":\"k\"", get = ",\"op\":\"get\"" + key;
  const auto returned = [](const std::string& output) { return op("\"op\":\"get\",\"output\":" + output); };
  const auto put = [](const std::string& fields) { return op("\"op\":\"put\"," + fields); };
  const std::vector<Case> cases{
      {"{\"client\":0,\"call\":1,\"retrun\":80" + get + ",\"output\":\"1\"}\n",
       "h:1:22: no field \"retrun\" is known\n"
       "   1 | {\"client\":0,\"call\":1,\"retrun\":80,\"op\":\"get\",\"key\":\"k\",\"output\":\"1\"}\n"
       "     |                      ^ did you mean \"return\"?"},
      {"{\"client\":0,\"call\":1,\"op\":\"get\",\"kye\":\"k\"}\n", "h:1:33: no field \"kye\" is known"},
      {op("\"op\":\"delete\",\"note\":{\"x\":[1]}"), "h:1:57: no field \"note\" is known"},
      {op("\"op\":\"delete\",\"\":1"), "h:1:57: no field \"\" is known"},
      {"{\"client\":0,\"call\":1,\"op\":\"get\"}\n", "h:1:1: an operation without \"key\""},
      {"{\"client\":0,\"call\":1,\"op\":\"get\",\"key\":[1]}\n", "h:1:39: \"key\" is neither"},
      {"{\"client\":0,\"call\":1,\"op\":\"get\",\"key\":null}\n", "h:1:39: \"key\" is neither"},
      {op("\"op\":\"delete\",\"call\":3"), "h:1:57: \"call\" stands there twice"},
      {"{\"client\":0,\"call\":1" + get + ",\"output\":\"1\"}\n", "h:1:52: an output, and no time at which"},
      {"{\"client\":0,\"call\":1,\"return\":null" + get + ",\"output\":[]}\n", "h:1:66: an output, and no"},
      {put("\"value\":{\"a\":1}"), "h:1:62: no \"value\" to put"},
      {put("\"value\":[1]"), "h:1:62: no \"value\" to put"},
      {put("\"value\":true"), "h:1:62: no \"value\" to put"},
      {op("\"op\":\"get\",\"value\":\"3\",\"output\":\"4\""), "h:1:62: a get has no \"value\""},
      {returned("{\"a\":1}"), "h:1:63: no answer to a get"},
      {returned("false"), "h:1:63: no answer to a get"},
      {returned("[[1]]"), "h:1:63: no answer to a get"},
      {returned("[1,{}]"), "h:1:63: no answer to a get"},
      {returned("[null]"), "h:1:63: no answer to a get"},
      {put("\"value\":\"3\",\"output\":\"timeout\""), "h:1:75: whether the put was done is not told"},
      {put("\"value\":\"3\",\"output\":7"), "h:1:75: whether the put was done is not told"},
      {put("\"value\":\"3\",\"output\":[]"), "h:1:75: whether the put was done is not told"},
  };
  for (const Case& c : cases) BOOST_TEST(wrong(c.bytes).substr(0, c.start.size()) == c.start);
}

BOOST_AUTO_TEST_CASE(a_write_says_that_it_was_done_never_done_or_nothing) {
  const auto end = [](const std::string& output) {
    return good(op("\"op\":\"put\",\"value\":\"3\"" + output)).operations[0].end;
  };
  for (const char* done :
       {"", ",\"output\":null", ",\"output\":\"\"", ",\"output\":true", ",\"output\":\"ok\""})
    BOOST_TEST((end(done) == End::ok), done);
  for (const char* never : {",\"output\":false", ",\"output\":\"fail\""})
    BOOST_TEST((end(never) == End::failed), never);
  BOOST_TEST((end(",\"output\":\"?\"") == End::unknown));
}

/// A put of client 0; `back` nothing: it was never answered.
std::string timed(int call, std::optional<int> back, const std::string& more = "") {
  const std::string told = back ? fmt::format("\"return\":{},", *back) : "";
  return fmt::format("{{\"client\":0,\"call\":{},{}\"op\":\"put\",\"key\":\"k\",\"value\":\"v\"{}}}\n", call,
                     told, more);
}

BOOST_AUTO_TEST_CASE(a_client_does_one_thing_at_a_time_unless_it_gave_something_up) {
  const std::string overlap =
      "h:2: client 0 calls at 8, though what it called before returns at 9 (line 1)\n"
      "  help: a client does one thing at a time; number them apart, or leave out a return that nobody saw";
  BOOST_TEST(wrong(timed(5, 9) + timed(8, 12)) == overlap);
  BOOST_TEST(wrong(timed(5, 9) + timed(8, std::nullopt)) == overlap);
  BOOST_TEST(wrong(timed(5, 9, ",\"output\":false") + timed(8, 12)) == overlap);
  BOOST_TEST(wrong(timed(8, 12) + timed(5, 9)).substr(0, 27) == "h:1: client 0 calls at 8, t");
  // Coarse clocks give the moment of an answer to the next call as well.
  good(timed(5, 9) + timed(9, 9) + timed(9, 12));
  good(timed(5, std::nullopt) + timed(8, 12));
  good(timed(5, 1000, ",\"output\":\"?\"") + timed(8, 12));
  good(timed(5, 9) + op_of(1, "\"op\":\"delete\""));
}

BOOST_AUTO_TEST_CASE(edn_is_read_as_it_is_written) {
  const auto text = [](const std::string& bytes) {
    std::size_t at = 0;
    Edn datum;
    EdnTrouble trouble;
    const EdnResult got = read_edn(bytes, at, datum, trouble);
    return got == EdnResult::datum ? to_text(datum) : fmt::format("{} at {}", trouble.what, trouble.at);
  };
  BOOST_TEST(text("{:a [1 -2N 3.5], :b #{x}, \"s\" (nil true)}") ==
             "{:a [1 -2 3.5] :b #{x} \"s\" (nil true)}");
  BOOST_TEST(text("#inst \"2026\"") == "\"2026\"");
  BOOST_TEST(text("[1 #_ 2]") == "[1]");
  BOOST_TEST(text("{:a}") == "a map whose last key has no value at 0");
  BOOST_TEST(text(std::string(100, '[')) == "nested too deeply at 65");
  BOOST_TEST(text("\"ab") == "a string that does not end at 0");
}

BOOST_AUTO_TEST_CASE(any_bytes_are_read_or_refused) {
  const std::vector<std::string> seeds{
      edn, "[" + edn + "]",
      "INFO  jepsen.util - 0\t:invoke\t:cas\t[3 4]\nINFO  jepsen.util - 0\t:fail\t:cas\t[3 4]\n",
      op("\"op\":\"cas\",\"value\":\"a>b\",\"output\":true") +
          op_of(1, "\"op\":\"get\",\"output\":[1,\"x\"]")};
  int accepted = 0, refused = 0;
  const bool total = rc::check("a reader of anything", [&] {
    for (int round = 0; round < 50; ++round) {
      std::string bytes = seeds[*rc::gen::inRange<std::size_t>(0, seeds.size())];
      const int changes = *rc::gen::inRange(0, 6);
      for (int k = 0; k < changes && !bytes.empty(); ++k) {
        const std::size_t at = *rc::gen::inRange<std::size_t>(0, bytes.size());
        const int how = *rc::gen::inRange(0, 4);
        const char c =
            *rc::gen::element('{', '}', '[', ']', '"', '\\', '\n', '\t', '#', '_', ':', '0', '\0', '\xFF');
        if (how == 0) bytes[at] = c;
        if (how == 1) bytes.insert(at, 1, c);
        if (how == 2) bytes.erase(at, *rc::gen::inRange<std::size_t>(1, 20));
        if (how == 3) bytes.insert(at, bytes.substr(*rc::gen::inRange<std::size_t>(0, bytes.size()), 30));
      }
      const AnyHistory any = read(bytes);
      if (const auto* error = std::get_if<HistoryError>(&any)) {
        ++refused;
        RC_ASSERT(!error->what.empty());
      } else {
        ++accepted;
        const auto* h = std::get_if<ClientHistory>(&any);
        RC_ASSERT(h != nullptr);
        for (const ClientOperation& o : h->operations) RC_ASSERT(!line(*h, o).empty());
      }
    }
  });
  BOOST_TEST(total);
  BOOST_TEST(accepted > 100);
  BOOST_TEST(refused > 100);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace raftsim::history
