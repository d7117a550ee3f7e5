// Labels are audited: a system whose labels say more than its disk holds is found out even where nobody ever
// restarts, and the audits change nothing of the run.
#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "history/names.hpp"
#include "search/run_one.hpp"
#include "wrapped_system.hpp"

namespace raftsim::search {
namespace {

using history::AuditOf;
using history::Event;
using history::EventKind;
using history::Judgement;
using history::PropertyId;

/// What becomes of one disk request of the core.
using Change = void (*)(DiskRequest&, Effects&);

tests::Meddle each_request(Change change) {
  return [change](const Input&, Effects& out) {
    for (Effect& effect : out.list)
      if (auto* request = std::get_if<DiskRequest>(&effect)) change(*request, out);
  };
}

/// Blanks the bytes of writes that carry a label of this kind: the label stays.
template <class Kind>
void keep_the_label_only(DiskRequest& request, Effects& out) {
  for (std::uint32_t i = 0; i < request.label_count; ++i) {
    if (!std::holds_alternative<Kind>(out.labels[request.label_first + i])) continue;
    for (std::uint32_t b = 0; b < request.bytes.length; ++b) out.arena[request.bytes.offset + b] = {};
  }
}

/// All events but audits and what speaks of labels, as one line each.
class Plot final : public history::Observer {
 public:
  history::EventKinds kinds() const override { return history::EventKinds::all(); }
  void on_event(const Event& e, const history::Details&) override {
    if (e.kind == EventKind::audit) ++audits[static_cast<std::size_t>(e.audit.of)];
    if (e.kind == EventKind::audit || e.kind == EventKind::durable || e.kind == EventKind::lost) return;
    const bool in_world = e.kind == EventKind::write || e.kind == EventKind::phase;
    lines.push_back(fmt::format("{} {} {} {} {}", e.time.ns, e.step, e.node.raw, history::name(e.kind),
                                in_world ? 0 : e.words[1]));
  }

  std::vector<std::string> lines;
  std::size_t audits[2] = {};
};

/// Our core, but a restart asks to be woken for ever.
class LoopingProcess final : public Process {
 public:
  explicit LoopingProcess(std::unique_ptr<Process> core) : core_(std::move(core)) {}

  void step(const Input& input, Effects& out) override {
    const auto* start = std::get_if<Start>(&input.what);
    if (start != nullptr && start->boot == Boot::existing) loops_ = true;
    if (!loops_) return core_->step(input, out);
    out.wake_at = input.now;
  }
  void inspect(View& out) const override { core_->inspect(out); }
  EntryView entry(Index index) const override { return core_->entry(index); }

 private:
  std::unique_ptr<Process> core_;
  bool loops_ = false;
};

class LoopingSystem final : public tests::CoreBehind {
 public:
  std::string_view name() const override { return "looping"; }
  std::unique_ptr<Process> make_process() const override {
    return std::make_unique<LoopingProcess>(make_core_process());
  }
};

sim::Scenario scenario(bool with_crashes) {
  sim::Scenario s;
  s.name = "audits";
  s.nodes = 3;
  s.limits.time = seconds(20);
  s.workload.clients = 8;
  s.workload.arrival = sim::Workload::Closed{sim::Distribution::constant(milliseconds(2))};
  if (!with_crashes) return s;
  sim::RandomFault crashes;
  crashes.every = sim::Distribution::constant(milliseconds(700));
  crashes.action = sim::Crash{history::Target{history::RandomTarget{1, nullptr}},
                              sim::Distribution::constant(milliseconds(300)), history::CrashPoint::now};
  s.faults.random.push_back(crashes);
  return s;
}

struct Judged {
  Judged(const sim::Scenario& s, Change change)
      : Judged(s, std::make_unique<tests::WrappedSystem>(each_request(change))) {}
  Judged(const sim::Scenario& s, std::unique_ptr<System> judged) : system(std::move(judged)) {
    RunRequest request;
    request.scenario = &s;
    request.seed = 7;
    request.systems.assign(s.nodes, system.get());
    request.system_name = "wrapped";
    request.watcher = &plot;
    result = run_one(request, nullptr).result;
  }

  const history::PropertyVerdict& honesty() const {
    for (const auto& p : result.verdict.properties)
      if (p.id == PropertyId::label_honest) return p;
    BOOST_FAIL("label_honest was not judged");
    return result.verdict.properties.front();
  }
  std::string sentence() const {
    for (const auto& v : result.verdict.violations)
      if (v.id == PropertyId::label_honest) return v.sentence;
    return "";
  }

  std::unique_ptr<System> system;
  Plot plot;
  history::RunResult result;
};

void honest(DiskRequest&, Effects&) {}

}  // namespace

BOOST_AUTO_TEST_SUITE(label_audit)

BOOST_AUTO_TEST_CASE(the_disks_of_an_honest_system_hold_what_its_labels_say) {
  const Judged run(scenario(true), honest);
  BOOST_TEST(run.sentence() == "");
  BOOST_TEST((run.honesty().judgement == Judgement::held));
  BOOST_TEST(run.plot.audits[static_cast<std::size_t>(AuditOf::promise)] >= 3u);
  BOOST_TEST(run.plot.audits[static_cast<std::size_t>(AuditOf::crash)] >= 5u);
}

BOOST_AUTO_TEST_CASE(a_vote_that_is_labelled_and_not_written_is_found_out_although_nobody_restarts) {
  const Judged run(scenario(false), keep_the_label_only<HardStateLabel>);
  BOOST_TEST((run.honesty().judgement == Judgement::violated));
  // The core reads a blank record with sound ones behind it: its hard state is damaged, and it says so.
  BOOST_TEST(
      run.sentence() ==
      "n3's labels say more than its disk holds: started from what the worst power loss would leave, it "
      "recovers no vote in term 1, but its vote for n3 was durable.");
}

BOOST_AUTO_TEST_CASE(entries_that_are_labelled_and_not_written_are_found_out_although_nobody_restarts) {
  const Judged run(scenario(false), keep_the_label_only<EntriesLabel>);
  BOOST_TEST((run.honesty().judgement == Judgement::violated));
  BOOST_TEST(run.sentence().find("but it was durable up to") != std::string::npos, run.sentence());
}

BOOST_AUTO_TEST_CASE(a_recovery_that_loops_for_ever_is_found_out_although_nobody_restarts) {
  const Judged run(scenario(false), std::make_unique<LoopingSystem>());
  BOOST_TEST((run.honesty().judgement == Judgement::violated));
  BOOST_TEST(run.sentence().find("it never comes to rest.") != std::string::npos, run.sentence());
}

BOOST_AUTO_TEST_CASE(audits_change_nothing_of_the_run) {
  const Judged audited(scenario(true), honest);
  // Where nothing is labelled, there is nothing to audit.
  const Judged unlabelled(scenario(true), [](DiskRequest& r, Effects&) { r.label_count = 0; });
  BOOST_TEST(audited.plot.audits[0] + audited.plot.audits[1] > 0u);
  BOOST_TEST(unlabelled.plot.audits[0] + unlabelled.plot.audits[1] == 0u);
  BOOST_TEST(audited.plot.lines.size() > 5'000u);
  BOOST_TEST((audited.plot.lines == unlabelled.plot.lines));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::search
