// What is fed with arbitrary bytes. Each function ends normally or fails a CHECK; the same functions run
// under libFuzzer (entry.cpp, preset `fuzz`) and, over the kept corpus, in every build's tests
// (corpus_test.cpp).
#pragma once

#include <span>
#include <string_view>

#include "seam/types.hpp"

namespace raftsim::core::fuzz {

// Decoders (decoders.cpp): total, and what decodes is encoded to what was decoded. Checksums are made right
// first, or nothing behind them would ever be reached.
void message(ByteSpan bytes);
void request(ByteSpan bytes);
void answer(ByteSpan bytes);
void state_slot(ByteSpan bytes);
void batch(ByteSpan bytes);
void configuration(ByteSpan bytes);
void snapshot(ByteSpan bytes);

// What stands behind the decoders (machines.cpp).
/// A disk with arbitrary files: recovery ends, and what it found can be gone on from.
void recovery(ByteSpan bytes);
/// Arbitrary committed entries, applied.
void state_machine(ByteSpan bytes);

/// Messages of the right form with any content, from confused peers, to one server's algorithm (raft.cpp) and
/// to a whole server (server.cpp): no failed CHECK, and nothing committed is lost.
void raft(ByteSpan bytes);
void server(ByteSpan bytes);

struct Target {
  std::string_view name;
  void (*run)(ByteSpan bytes);
};
inline constexpr Target targets[] = {
    {"message", message},
    {"request", request},
    {"answer", answer},
    {"state_slot", state_slot},
    {"batch", batch},
    {"configuration", configuration},
    {"snapshot", snapshot},
    {"recovery", recovery},
    {"state_machine", state_machine},
    {"raft", raft},
    {"server", server},
};

}  // namespace raftsim::core::fuzz
