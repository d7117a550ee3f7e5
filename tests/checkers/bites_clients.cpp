// What clients are told.
#include "bites.hpp"

namespace raftsim::checkers {

namespace {

using history::Verdict;

/// n1 leads and has committed and applied entry 1.
struct Store {
  Store() {
    s.boot_all();
    s.elect(1, 1, {2});
    s.propose(1);
    settle(1, 0);
  }
  void settle(std::uint64_t state, std::uint64_t result) {
    const std::uint64_t index = s.log_length(1);
    s.replicate(1, 2, index);
    s.commit(1, index);
    s.apply(1, index, state, result);
  }
  /// Appended, committed and applied.
  std::uint64_t log(OperationId id, std::uint64_t state) {
    s.propose(1, s.content(id));
    settle(state, 10);
    return s.log_length(1);
  }
  static OperationResult value(const std::string& text) {
    OperationResult r;
    r.value = text;
    return r;
  }
  Story s{3};
};

Verdict applied_again(std::uint64_t state_then) {
  Store t;
  const auto put = t.s.invoke(0, Story::put("k", "1"));
  t.log(put, 2);
  t.log(put, state_then);
  return t.s.finish();
}
Verdict answered(std::uint64_t result) {
  Store t;
  const auto put = t.s.invoke(0, Story::put("k", "1"));
  const auto at = t.log(put, 2);
  t.s.reply(1, put, at, result);
  return t.s.finish();
}
Verdict told_to_have_failed(bool appended) {
  Store t;
  const auto put = t.s.invoke(0, Story::put("k", "1"));
  if (appended) t.s.propose(1, t.s.content(put));
  t.s.fail(put);
  if (appended) t.settle(2, 10);
  return t.s.finish();
}
/// c0 writes twice; its second answer names `second`.
Verdict writes_at(bool in_order) {
  Store t;
  const auto first = t.s.invoke(0, Story::put("k", "1", 1));
  const auto second = t.s.invoke(1, Story::put("j", "2", 2));
  const auto at = t.log(first, 2);
  const auto later = t.log(second, 3);
  if (in_order) t.s.ok(first, at);
  t.s.ok(second, later);
  // Its own read, at what it was told before or behind.
  const auto read = t.s.invoke(1, Story::get("k"));
  t.s.ok(read, in_order ? later : at, Store::value("1"));
  return t.s.finish();
}
/// c1's write begins after c0's was answered; only positions tell.
Verdict takes_its_place(bool behind) {
  Store t;
  const auto early = t.s.invoke(1, Story::put("j", "2", 7));
  const auto other = t.s.invoke(0, Story::put("k", "1"));
  const auto at_early = t.log(early, 2);
  const auto at_other = t.log(other, 3);
  t.s.ok(other, at_other);
  // Asked after that answer, and answered by what stands in the log already.
  const auto again = behind ? t.s.invoke(2, Story::put("i", "3", 8)) : t.s.invoke(2, Story::put("j", "2", 7));
  const auto place = behind ? t.log(again, 4) : at_early;
  t.s.reply(1, again, place, 10);
  return t.s.finish();
}
Verdict read_at(std::uint64_t index) {
  Store t;
  const auto put = t.s.invoke(0, Story::put("k", "1"));
  t.s.ok(put, t.log(put, 2));
  const auto get = t.s.invoke(1, Story::get("k"));
  t.s.reply(1, get, index);
  return t.s.finish();
}
/// No server is seen.
Verdict read_of(const char* what) {
  Story s(3);
  s.ok(s.invoke(0, Story::put("k", "1")), 0);
  s.ok(s.invoke(0, Story::put("k", "2", 2)), 0);
  s.ok(s.invoke(1, Story::get("k")), 0, Store::value(what));
  return s.finish();
}

}  // namespace

std::vector<Bite> bites_of_clients() {
  using enum PropertyId;
  return {
      {exactly_once, "a command changes the state a second time", [] { return applied_again(3); },
       "its second time changes nothing", [] { return applied_again(2); }},
      {reply_correct, "an answer is another result than applying gave", [] { return answered(11); },
       "it is that result", [] { return answered(10); }},
      {failure_honesty, "a command that a client was told had failed takes effect",
       [] { return told_to_have_failed(true); }, "it never came into the log",
       [] { return told_to_have_failed(false); }},
      {session_guarantees, "a client's read is served before its own write", [] { return writes_at(false); },
       "it is served at it", [] { return writes_at(true); }},
      {causal_order, "a write takes its place before one that was answered before it began",
       [] { return takes_its_place(false); }, "it takes one behind it", [] { return takes_its_place(true); }},
      {read_freshness, "a read is served before another client's answered write", [] { return read_at(1); },
       "it is served at it", [] { return read_at(2); }},
      {linearizable, "a read returns what was overwritten before it began", [] { return read_of("1"); },
       "it returns what was written last", [] { return read_of("2"); }},
  };
}

}  // namespace raftsim::checkers
