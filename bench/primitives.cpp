// What the loop is made of, each alone: decision draw, queue, hash, journal, codec, checksum, a step of the
// core.
#include <benchmark/benchmark.h>

#include <vector>

#include "core/crc32c.hpp"
#include "core/raft.hpp"
#include "core/wire.hpp"
#include "history/journal.hpp"
#include "sim/decisions.hpp"
#include "sim/event_queue.hpp"

namespace raftsim {
namespace {

void decision_draw(benchmark::State& state) {
  sim::Decisions decisions(sim::from_seed(7));
  sim::Stream stream = decisions.open({sim::Purpose::message_loss, 1, 2, 5});
  const sim::Ratio one_in_100 = sim::ratio(1, 100);
  for (auto _ : state) benchmark::DoNotOptimize(stream.chance(one_in_100));
}
BENCHMARK(decision_draw);

void latency_draw(benchmark::State& state) {
  sim::Decisions decisions(sim::from_seed(7));
  sim::Stream stream = decisions.open({sim::Purpose::message_latency, 1, 2, 5});
  const auto latency = sim::Distribution::exponential(milliseconds(5), milliseconds(1), milliseconds(100));
  for (auto _ : state) benchmark::DoNotOptimize(stream.sample(latency));
}
BENCHMARK(latency_draw);

void queue_pop_and_push(benchmark::State& state) {
  struct Item {
    std::uint64_t what = 0;
  };
  sim::EventQueue<Item> queue;
  for (std::int64_t i = 0; i < 64; ++i) queue.push(Instant{i * 977 % 64 * 1000}, Item{});
  std::uint64_t draw = 1;
  for (auto _ : state) {
    const auto popped = queue.pop();
    queue.release(popped.slot);
    draw = sim::mix_bits(draw);
    queue.push(popped.at + Duration{static_cast<std::int64_t>(draw % 64'000)});
  }
}
BENCHMARK(queue_pop_and_push);

void journal_event(benchmark::State& state) {
  history::Journal journal;
  history::Event event;
  event.kind = history::EventKind::append;
  for (auto _ : state) {
    event.append.index = ++event.append.index;
    benchmark::DoNotOptimize(journal.emit(event));
  }
}
BENCHMARK(journal_event);

void crc32c_of_256_bytes(benchmark::State& state) {
  const std::vector<std::byte> bytes(256, std::byte{42});
  for (auto _ : state) benchmark::DoNotOptimize(core::crc32c(bytes));
}
BENCHMARK(crc32c_of_256_bytes);

std::vector<std::byte> payload() { return std::vector<std::byte>(48, std::byte{7}); }

void encode_and_decode_append(benchmark::State& state) {
  const std::vector<std::byte> command = payload();
  const core::EntryRef entry{Term{3}, entry_hash(EntryKind::command, command), command, EntryKind::command};
  core::Message message;
  message.type = MessageType::append_entries;
  message.term = Term{3};
  message.index = Index{100};
  message.index_term = Term{3};
  message.entries = {&entry, 1};
  std::vector<std::byte> bytes;
  std::vector<core::EntryRef> entries;
  core::Message decoded;
  for (auto _ : state) {
    bytes.clear();
    core::encode_message(message, bytes);
    benchmark::DoNotOptimize(core::decode_message(bytes, entries, decoded));
  }
}
BENCHMARK(encode_and_decode_append);

/// A follower takes an AppendEntries of one entry; the write's completion follows, so two steps an iteration.
void follower_step(benchmark::State& state) {
  core::Raft raft;
  core::Config config;
  Configuration members{{NodeId{1}, NodeId{2}, NodeId{3}}, {}, {}};
  core::Output out;
  raft.step({Instant{1}, 1, core::Restore{NodeId{2}, &config, &members, {}, Index{}}}, out);
  const std::vector<std::byte> command = payload();
  const core::EntryRef entry{Term{1}, entry_hash(EntryKind::command, command), command, EntryKind::command};
  core::Message message;
  message.type = MessageType::append_entries;
  message.term = Term{1};
  message.entries = {&entry, 1};
  Instant now{1000};
  core::WriteId write;
  for (auto _ : state) {
    now = now + microseconds(10);
    out.clear();
    raft.step({now, 1, core::MessageReceived{NodeId{1}, &message}}, out);
    if (out.persist) write = out.persist->id;
    out.clear();
    raft.step({now, 1, core::Persisted{write}}, out);
    ++message.index;
    message.index_term = Term{1};
    message.commit = message.index;
  }
}
BENCHMARK(follower_step);

}  // namespace
}  // namespace raftsim

BENCHMARK_MAIN();
