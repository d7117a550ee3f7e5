// A follower through any number of shortages of space, crashes and leaders: what it said of its disk is so.
//
// The test plays the other two of three: n2 leads one term after the other, and has all that it ever
// proposed; n3 asks for votes. What n1 acknowledges of its leader's term is thereby committed, and every
// later leader has it. So n1 must come back with all of it, in no lower term than it ever named, and with its
// vote.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <vector>

#include "core/snapshot_format.hpp"
#include "seam/chain.hpp"
#include "tests/core_raft/random.hpp"
#include "tests/core_server/server_harness.hpp"
#include "tests/print.hpp"

namespace raftsim::core {
namespace {

constexpr NodeId self{1};
constexpr NodeId leader{2};
constexpr NodeId rival{3};

class Story {
 public:
  explicit Story(std::uint64_t seed) : random_(seed), server_(3, {}, options(random_)) {
    server_.start_only(Boot::fresh);
    while (!server_.disk().idle()) disk_step();
    propose();
  }

  /// What is wrong; empty if nothing is.
  std::string run(int steps) {
    for (int i = 0; i < steps && wrong_.empty(); ++i) one_step();
    if (wrong_.empty()) end_well();
    return wrong_;
  }
  std::uint64_t committed() const { return committed_; }
  std::uint64_t shortages() const { return shortages_; }
  std::uint64_t installed() const { return installed_; }

 private:
  static Options options(test::Random& random) {
    Options options;
    options.check_quorum = false;
    options.pre_vote = random.one_in(2);
    options.segment_bytes = random.one_in(2) ? 64 : 1'024;
    options.trailing_entries = random.below(3);
    options.snapshot_every = random.one_in(4) ? 1'000 : 1 + random.below(4);
    return options;
  }
  std::size_t below(std::size_t n) { return random_.below(n); }
  Chooser chooser() {
    return [this](std::size_t n) { return below(n); };
  }

  void one_step() {
    const std::size_t what = below(28);
    if (what < 12) {
      disk_step();
    } else if (what < 17) {
      send_entries();
    } else if (what < 19) {
      propose();
      // n3 takes part as well, and is faster.
      if (below(4) == 0 && log_.back() == term_) committed_ = log_.size();
    } else if (what < 21) {
      ask_for_vote();
    } else if (what == 21) {
      install_some();
    } else if (what == 22) {
      new_leader();
    } else if (what == 23) {
      if (below(2) == 0) {
        ++shortages_;
        server_.disk().fill_up(chooser());
      } else {
        server_.disk().make_space();
      }
    } else if (what < 27) {
      pass_time(Duration{static_cast<std::int64_t>(below(40)) * 1'000'000});
    } else if (below(6) == 0) {
      crash();
    }
  }

  // ---- the others

  void propose() {
    if (log_.size() < 200) log_.push_back(term_);
  }
  Term term_at(std::uint64_t index) const { return index == 0 ? Term{} : log_[index - 1]; }

  void send_entries() {
    const std::uint64_t previous = below(3) == 0 ? below(log_.size() + 1) : std::min(next_, log_.size());
    const std::uint64_t last = previous + below(log_.size() - previous + 1);
    std::vector<EntryRef> entries;
    for (std::uint64_t i = previous + 1; i <= last; ++i) entries.push_back(no_op(term_at(i)));
    next_ = last;
    tell(leader, append(term_, Index{previous}, term_at(previous), Index{committed_}, entries));
  }

  void install_some() {
    if (committed_ == 0) return;
    const std::uint64_t index = 1 + below(committed_);
    StateMachine machine(Options{}.session_cap);
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->chain = chain_start;
    for (std::uint64_t i = 1; i <= index; ++i) {
      const EntryRef entry = no_op(term_at(i));
      machine.apply(Index{i}, entry.kind, entry.payload);
      snapshot->chain = chain_next(snapshot->chain, entry.term, entry.hash);
    }
    snapshot->index = Index{index};
    snapshot->term = term_at(index);
    snapshot->configuration.voters = {self, leader, rival};
    make_image(machine, *snapshot);
    tell(leader, install(*snapshot, term_));
  }

  /// It has all that is committed, and some of what is not.
  void new_leader() {
    highest_ = std::max(highest_, server_.view().term) + 1;
    term_ = highest_;
    log_.resize(committed_ + below(log_.size() - committed_ + 1));
    log_.push_back(term_);
    next_ = below(log_.size());
  }

  void ask_for_vote() {
    const Term term = below(3) == 0 ? highest_ : highest_ + 1;
    highest_ = term;
    tell(below(2) == 0 ? leader : rival, vote_request(term, Index{1'000}, term_));
  }

  // ---- the server and its runtime

  void tell(NodeId from, const Message& message) {
    server_.receive(from, message);
    stepped();
  }
  void pass_time(Duration duration) {
    server_.now = server_.now + duration;
    server_.step(Wake{});
    stepped();
  }
  void disk_step() {
    if (server_.disk().idle()) return;
    const CrashDisk::Done done = server_.disk_step_any(chooser());
    note_answer(done.request.op, done.status == DiskStatus::ok);
  }

  /// What the last step sent leaves, or waits.
  void stepped() {
    if (server_.halted) object("it stopped itself");
    if (server_.noted(NoteKind::damage_found)) object("it took a crash for damage");
    if (server_.noted(NoteKind::snapshot_installed)) ++installed_;
    for (const Sent& sent : server_.sent) waiting_.push_back(sent);
    for (const Applied& applied : server_.applied) {
      if (applied.index.value > committed_ || applied.term != term_at(applied.index.value))
        object("it applied what is not committed");
    }
    let_go();
  }

  /// The step that it caused has been taken, and what that sent stands behind what waits.
  void note_answer(DiskOp op, bool well) {
    if (!well) std::erase_if(waiting_, [op, this](const Sent& s) { return s.after && *s.after >= op; });
    answered_[op] = true;
    while (answered_.contains(frontier_ + 1)) ++frontier_;
    stepped();
  }

  void let_go() {
    std::vector<Sent> still;
    for (const Sent& sent : waiting_) {
      if (sent.after && *sent.after > frontier_)
        still.push_back(sent);
      else
        said(sent);
    }
    waiting_ = still;
  }

  void said(const Sent& sent) {
    const MessageView& message = sent.view;
    const bool grants = message.type == MessageType::request_vote_resp && message.granted;
    if (message.type == MessageType::request_vote) vote_for(self, message.term);
    if (grants) vote_for(sent.to, message.term);
    const bool acknowledges = message.type == MessageType::append_entries_resp ||
                              message.type == MessageType::install_snapshot_resp;
    if (!acknowledges || !message.granted) return;
    named_ = std::max(named_, message.term);
    if (message.term != term_) return;
    const std::uint64_t match = message.match.value;
    if (match > log_.size()) return object("it acknowledged what it was never sent");
    if (term_at(match) == term_) committed_ = std::max(committed_, match);
    acknowledged_ = std::max(acknowledged_, std::min(match, committed_));
  }

  void vote_for(NodeId candidate, Term term) {
    named_ = std::max(named_, term);
    highest_ = std::max(highest_, term);
    const auto [at, first] = votes_.emplace(term, candidate);
    if (!first && at->second != candidate) object("it voted twice in a term");
  }

  void crash() {
    const int times = 1 + static_cast<int>(below(2));
    for (int i = 0; i < times; ++i) {
      server_.crash(chooser());
      waiting_.clear();
      answered_.clear();
      frontier_ = DiskOp{};
      server_.start_only(Boot::existing);
      // Power may fail again before it is up.
      for (std::size_t k = below(12); k > 0 || i + 1 == times; --k) {
        if (server_.disk().idle() || !wrong_.empty()) break;
        disk_step();
      }
    }
    if (!wrong_.empty()) return;
    const View view = server_.view();
    if (view.term < named_) object("it forgot a term");
    if (view.last.value < acknowledged_) object("it lost what it had acknowledged");
    for (Index i = view.first; i.value <= std::min(view.last.value, acknowledged_); ++i) {
      if (server_.process().entry(i).term != term_at(i.value)) object("it has another entry than committed");
    }
  }

  /// With space, and a leader that stays, it has everything.
  void end_well() {
    server_.disk().make_space();
    new_leader();
    for (int i = 0; i < 20 && wrong_.empty(); ++i) {
      // It has at least that; less is compacted away.
      const std::uint64_t previous = std::max(acknowledged_, server_.view().first.value - 1);
      std::vector<EntryRef> entries;
      for (std::uint64_t at = previous + 1; at <= log_.size(); ++at) entries.push_back(no_op(term_at(at)));
      tell(leader, append(term_, Index{previous}, term_at(previous), Index{committed_}, entries));
      while (!server_.disk().idle()) disk_step();
      pass_time(Duration{30'000'000});
    }
    if (wrong_.empty() && committed_ != log_.size()) object("it does not go on");
  }
  void object(const char* what) {
    if (wrong_.empty()) wrong_ = what;
  }

  test::Random random_;
  OneServer server_;
  std::string wrong_;
  std::uint64_t shortages_ = 0;
  std::uint64_t installed_ = 0;

  /// The leader's log, by index from 1.
  std::vector<Term> log_;
  Term term_{1};
  Term highest_{1};
  std::uint64_t next_ = 0;
  std::uint64_t committed_ = 0;

  /// What n1 said, in all its lives.
  Term named_;
  std::map<Term, NodeId> votes_;
  std::uint64_t acknowledged_ = 0;

  /// Of this incarnation.
  std::vector<Sent> waiting_;
  std::map<DiskOp, bool> answered_;
  DiskOp frontier_;
};

BOOST_AUTO_TEST_SUITE(shortage)

BOOST_AUTO_TEST_CASE(whatever_runs_out_of_space_and_whenever_nothing_promised_is_lost) {
  std::uint64_t committed = 0;
  std::uint64_t shortages = 0;
  std::uint64_t installed = 0;
  for (std::uint64_t seed = 1; seed <= 3'000; ++seed) {
    Story story(seed);
    const std::string wrong = story.run(250);
    BOOST_REQUIRE_MESSAGE(wrong.empty(), "seed " << seed << ": " << wrong);
    committed += story.committed();
    shortages += story.shortages();
    installed += story.installed();
  }
  BOOST_TEST(committed > 10'000u);
  BOOST_TEST(shortages > 3'000u);
  BOOST_TEST(installed > 100u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace raftsim::core
