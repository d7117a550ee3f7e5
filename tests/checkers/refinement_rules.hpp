// Stories of one step that no rule of the specification allows, and of one close by that some rule does.
#pragma once

#include <string>
#include <vector>

#include "story.hpp"

namespace raftsim::checkers {

/// Three servers, and n1 leads term 1, whose first entry all hold and n1 knows to be committed.
struct Cluster : Story {
  Cluster() : Story(3) { refinement = Refinement::judged; }

  void begin_led() {
    boot_all();
    elect(1, 1, {2});
    propose(1, 7);
    for (int n : {2, 3}) replicate(1, n, 1);
    step();
    commit(1, 1);
  }

  Sent say(int from, int to, MessageType type, std::uint64_t term, bool granted = false,
           std::uint64_t index = 0, std::uint64_t index_term = 0, std::uint64_t match = 0,
           std::uint64_t context = 0) {
    MessageView v;
    v.type = type;
    v.term = Term{term};
    v.granted = granted;
    v.previous_index = Index{index};
    v.previous_term = Term{index_term};
    v.match = Index{match};
    v.context = context;
    return send(from, to, v);
  }
  /// n3 campaigns until it is in `term`, and one of the others hears of that.
  void hear_of(int n, std::uint64_t term) {
    std::vector<Sent> requests;
    for (std::uint64_t t = 2; t <= term; ++t) requests = campaign(3, t);
    for (const Sent& request : requests)
      if (request.to == n) recv(request);
  }
  /// n1 commits its second entry, which n2 holds.
  void commit_the_second() {
    propose(1, 8);
    replicate(1, 2, 2);
    step();
    commit(1, 2);
  }
  /// A heartbeat reaches the follower: nothing of it is new.
  void heartbeat(int leader, int follower) {
    step();
    recv(append_entries(leader, follower, log_length(leader)));
  }
};

using Deed = void (*)(Cluster&);

struct Rule {
  const char* name = nullptr;
  Deed broken = nullptr;
  const char* sentence = nullptr;
  Deed kept = nullptr;
};
std::vector<Rule> rules_of_elections_and_logs();
std::vector<Rule> rules_of_messages();

}  // namespace raftsim::checkers
