#include "checkers/expectations.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "checkers/liveness.hpp"
#include "checkers/narrative.hpp"
#include "history/text.hpp"

namespace raftsim::checkers {

using history::Compare;
using history::Expectation;
using history::LeaderCount;

namespace {

constexpr EventKinds client_kinds{EventKind::invoke, EventKind::ok, EventKind::fail, EventKind::info};
constexpr EventKinds start_kinds{EventKind::step_fired, EventKind::phase, EventKind::fault_begin,
                                 EventKind::fault_end};

std::string compare_words(const Compare& c) {
  std::string text;
  const auto add = [&text](const char* sign, const std::optional<std::int64_t>& x) {
    if (x) text += fmt::format("{}{} {}", text.empty() ? "" : " and ", sign, *x);
  };
  add("=", c.eq);
  add(">=", c.ge);
  add("<=", c.le);
  add(">", c.gt);
  add("<", c.lt);
  return text;
}

std::string leaders_word(LeaderCount count) {
  if (count == LeaderCount::none) return "none";
  return count == LeaderCount::one ? "one" : "many";
}

}  // namespace

Expectations::Expectations(const ClusterShadow& c, Findings& f, const history::ClusterView& view)
    : Property(PropertyId::expectation, c, f), view_(view) {
  for (const Expectation& e : c.info().expectations) {
    Watch w;
    w.expectation = &e;
    if (!e.situation) w.kinds = history::relevant_kinds(e.that);
    if (e.kind != Expectation::Kind::eventually || e.since == "start") w.since = Instant{};
    watches_.push_back(w);
  }
}

EventKinds Expectations::kinds() const {
  // What is missed is dated at the last event before it was due.
  const auto due = [](const Watch& w) {
    return w.expectation->kind == Expectation::Kind::eventually && w.expectation->within.has_value();
  };
  if (std::ranges::any_of(watches_, due)) return EventKinds::all();
  EventKinds kinds;
  for (const Watch& w : watches_) {
    kinds = kinds | w.kinds;
    if (w.expectation->kind == Expectation::Kind::eventually) kinds = kinds | start_kinds;
  }
  const history::RunInfo& info = cluster().info();
  const bool counts = info.final.all_ops_answered || info.final.ops_ok || info.availability.ok_fraction_ppm ||
                      info.availability.longest_gap;
  if (counts) kinds = kinds | client_kinds;
  if (info.drain_at && info.final != history::FinalExpectation{}) kinds = kinds | Calm::kinds();
  return kinds;
}

bool Expectations::holds(const history::Predicate& p, const Event* event) {
  return history::holds(p, view_, event, resolver_);
}

void Expectations::on_event(const Event& event, const Details& details) {
  call_due(event.time);
  last_seen_ = event.id;
  calm_.on_event(event, details);
  if (client_kinds.has(event.kind)) count_operation(event);
  if (start_kinds.has(event.kind)) start_watches(event, details);
  for (Watch& w : watches_)
    if (w.kinds.has(event.kind)) judge(w, event);
}

/// What did not come true in time is broken at that time, whatever event comes next.
void Expectations::call_due(Instant now) {
  for (Watch& w : watches_) {
    const auto& within = w.expectation->within;
    const bool waits = w.expectation->kind == Expectation::Kind::eventually && w.since && !w.reached;
    if (waits && within && now > *w.since + *within) overdue(w);
  }
}

void Expectations::begin(Watch& watch, Instant since) {
  watch.since = since;
  watch.reached = holds(watch.expectation->that, nullptr);
}

void Expectations::start_watches(const Event& event, const Details& details) {
  const bool heal = event.kind == EventKind::fault_begin &&
                    static_cast<history::FaultClass>(event.fault.fault_class) == history::FaultClass::heal;
  for (Watch& w : watches_) {
    if (w.expectation->kind != Expectation::Kind::eventually) continue;
    const std::string& since = w.expectation->since;
    bool now = since == "heal" && heal;
    if (event.kind == EventKind::step_fired) now = !w.since && since == details.text;
    if (event.kind == EventKind::phase) {
      const auto phase = static_cast<history::Phase>(event.world.what);
      now = (since == "quiet" && phase == history::Phase::quiet) ||
            (since == "drain" && phase == history::Phase::drain);
    }
    if (now) begin(w, event.time);
  }
}

void Expectations::judge(Watch& w, const Event& event) {
  using Kind = Expectation::Kind;
  const Kind kind = w.expectation->kind;
  if (w.reached || !w.since || broken()) return;
  if (kind == Kind::always || kind == Kind::never) looked();
  const bool now = holds(w.expectation->that, &event);
  if (kind == Kind::always && !now) fail(event, w, "must always hold, and does not");
  if (kind == Kind::never && now) fail(event, w, "must never hold, and does");
  if ((kind == Kind::sometimes || kind == Kind::eventually) && now) {
    w.reached = true;
    if (kind == Kind::eventually) looked();
  }
}

void Expectations::fail(const Event& event, const Watch& w, const char* how) {
  violate(event, fmt::format("\"{}\" {} at {}.", w.expectation->name, how, short_time(event.time)));
}

void Expectations::overdue(Watch& w) {
  w.reached = true;
  looked();
  if (broken()) return;
  violate(last_seen_, *w.since + *w.expectation->within,
          fmt::format("\"{}\" did not come true within {} after {} ({}).", w.expectation->name,
                      history::to_text(*w.expectation->within), w.expectation->since, short_time(*w.since)));
}

void Expectations::count_operation(const Event& event) {
  if (event.kind == EventKind::invoke) {
    if (under_way_++ == 0) gap_since_ = event.time;
    return;
  }
  if (under_way_ != 0) --under_way_;
  if (event.kind == EventKind::fail) ++failed_;
  if (event.kind == EventKind::info) ++unknown_;
  if (event.kind == EventKind::ok) {
    ++ok_;
    if (gap_since_) longest_gap_ = std::max(longest_gap_, event.time - *gap_since_);
    gap_since_ = event.time;
  }
  if (under_way_ == 0) {
    if (gap_since_) longest_gap_ = std::max(longest_gap_, event.time - *gap_since_);
    gap_since_.reset();
  }
}

/// Of a run that was stopped, or that broke off, only what was due by then.
void Expectations::finish(Instant end) {
  const history::RunInfo& info = cluster().info();
  const bool whole = !info.stops_early && end >= info.end;
  call_due(end);
  bool left = info.final != history::FinalExpectation{} || info.availability != history::Availability{};
  for (Watch& w : watches_) {
    if (w.expectation->kind != Expectation::Kind::eventually || w.reached || !w.since) continue;
    if (w.expectation->within) continue;
    left = true;
    if (whole) never_came(w, end);
  }
  if (whole) {
    const std::string missing = judge_final(end);
    judge_availability(end);
    if (!missing.empty()) unjudged(missing);
  } else if (left) {
    return unjudged(fmt::format("what is expected of the end was not judged: the run ended at {}, not at {}",
                                short_time(end),
                                info.stops_early ? "its scenario's end" : short_time(info.end)));
  }
  std::string unbegun;
  for (const Watch& w : watches_)
    if (!w.since)
      unbegun += fmt::format("{}\"{}\" was not judged: {} never came", unbegun.empty() ? "" : "; ",
                             w.expectation->name, w.expectation->since);
  if (!unbegun.empty()) unjudged(unbegun);
}

void Expectations::never_came(const Watch& w, Instant end) {
  looked();
  if (broken()) return;
  violate(last_event(), end,
          fmt::format("\"{}\" did not come true after {} ({}).", w.expectation->name, w.expectation->since,
                      short_time(*w.since)));
}

/// The first running server whose log (or applied state) is not the first running server's; empty: none.
std::string Expectations::unequal(bool applied) const {
  const NodeShadow* first = nullptr;
  for (const NodeShadow& n : cluster().nodes()) {
    if (!n.up || !cluster().is_member(n.id)) continue;
    if (first == nullptr) first = &n;
    bool same = true;
    if (applied) {
      same = n.applied == first->applied && n.state_hash == first->state_hash;
    } else {
      const Index last = first->log.last();
      const auto chain = first->log.chain(last, cluster().can());
      same = n.log.last() == last && (!chain || n.log.agrees(last, *chain, cluster().can()) != Agreement::no);
    }
    if (!same) return fmt::format("{} and {}", name(first->id), name(n.id));
  }
  return "";
}

/// Why the servers need not have come as far as is expected of the end; empty: they must. Of a drain phase
/// that is what liveness may ask, too: disks, links and clocks may have left them nothing to agree by.
std::string Expectations::undemanded(Instant end) const {
  if (!cluster().info().drain_at) return "";
  if (std::string without = no_quorum(cluster(), calm_); !without.empty()) return without;
  if (calm_.disturbed()) return calm_.why();
  if (end >= calm_.since() + liveness_bound(cluster().info())) return "";
  return "the run ended before the bound";
}

/// Of what is expected, one leader, more answers and equality are progress, which may not be demanded; then
/// what is missing is returned, and was not looked at.
std::string Expectations::judge_final(Instant end) {
  const history::FinalExpectation& final = cluster().info().final;
  const std::string why = undemanded(end);
  std::string missing;
  std::string wrong;
  const auto judge = [&](bool holds, bool progress, const std::string& now) {
    const bool excused = progress && !why.empty();
    if (holds || !excused) looked();
    if (holds) return;
    std::string& told = excused ? missing : wrong;
    told += told.empty() ? now : " " + now;
  };
  const auto equal = [&](const std::optional<bool>& wanted, bool applied, const char* what) {
    if (!wanted) return;
    const std::string pair = unequal(applied);
    judge(*wanted == pair.empty(), *wanted,
          pair.empty()
              ? fmt::format("At the end the {} of all running servers are equal, expected otherwise.", what)
              : fmt::format("At the end the {} of {} differ.", what, pair));
  };
  equal(final.logs_equal, false, "logs");
  equal(final.applied_equal, true, "applied states");
  if (final.all_ops_answered)
    judge(*final.all_ops_answered == (under_way_ == 0), *final.all_ops_answered,
          fmt::format("At the end {} operations are still under way.", under_way_));
  if (final.ops_ok) {
    const auto ok = static_cast<std::int64_t>(ok_);
    const Compare& wanted = *final.ops_ok;
    const bool too_few = (wanted.ge && ok < *wanted.ge) || (wanted.gt && ok <= *wanted.gt);
    judge(wanted.holds(ok), too_few,
          fmt::format("{} operations were answered ok, expected {}.", ok, compare_words(wanted)));
  }
  if (final.leader) {
    const std::uint32_t leaders = view_.leaders();
    const LeaderCount now =
        leaders == 0 ? LeaderCount::none : (leaders == 1 ? LeaderCount::one : LeaderCount::many);
    judge(now == *final.leader, *final.leader == LeaderCount::one,
          fmt::format("At the end there are {} leaders, expected {}.", leaders, leaders_word(*final.leader)));
  }
  if (!wrong.empty() && !broken()) violate(last_event(), end, wrong);
  return missing.empty() ? missing : fmt::format("not demanded ({}): {}", why, missing);
}

void Expectations::judge_availability(Instant end) {
  const history::Availability& wanted = cluster().info().availability;
  const std::uint64_t ended = ok_ + failed_ + unknown_;
  if (wanted.ok_fraction_ppm && ended != 0) {
    looked();
    const auto ppm = static_cast<std::int64_t>(ok_ * 1'000'000 / ended);
    if (!wanted.ok_fraction_ppm->holds(ppm) && !broken())
      violate(last_event(), end,
              fmt::format("{} of {} operations that ended were answered ok: {}.{:04} %.", ok_, ended,
                          ppm / 10'000, ppm % 10'000));
  }
  if (wanted.longest_gap) {
    looked();
    Duration longest = longest_gap_;
    if (gap_since_) longest = std::max(longest, end - *gap_since_);
    if (longest > *wanted.longest_gap && !broken())
      violate(last_event(), end,
              fmt::format("For {} operations were under way and none was answered ok; expected at most {}.",
                          short_time(Instant{longest.ns}), history::to_text(*wanted.longest_gap)));
  }
}

std::vector<history::Goal> Expectations::goals(const history::SituationCounts& situations) const {
  std::vector<history::Goal> goals;
  for (const Watch& w : watches_) {
    const Expectation& e = *w.expectation;
    if (e.kind != Expectation::Kind::sometimes) continue;
    const bool had = e.situation && situations[static_cast<std::size_t>(*e.situation)].times > 0;
    goals.push_back({e.name, w.reached || had});
  }
  return goals;
}

}  // namespace raftsim::checkers
