// A cluster of three that is quiet from 10 s on and drains from 20 s on.
#pragma once

#include <cstdint>

#include "story.hpp"

namespace raftsim::checkers {

/// Quiet from 10 s, drain from 20 s; T = 150 ms, so the bound is 3 s.
struct QuietCluster {
  QuietCluster() {
    s.info.quiet_at = Instant{10'000'000'000};
    s.info.drain_at = Instant{20'000'000'000};
    s.boot_all();
    s.elect(1, 1, {2});
    write();
  }
  void write() {
    s.propose(1);
    const auto last = s.log_length(1);
    s.replicate(1, 2, last);
    s.replicate(1, 3, last);
    s.commit(1, last);
    s.apply(1, last, last);
  }
  void follow() {
    const auto last = s.log_length(1);
    for (int n : {2, 3}) {
      s.commit(n, last);
      for (std::uint64_t i = applied[n - 2] + 1; i <= last; ++i) s.apply(n, i, i);
      applied[n - 2] = last;
    }
  }
  std::uint64_t applied[2] = {0, 0};
  Story s{3};
};

}  // namespace raftsim::checkers
