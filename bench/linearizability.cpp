// The linearizability checker alone, on histories made like those of the published comparisons: clients
// always busy, exponential service time, uniform linearization point, gets, puts and appends 50:30:20.
// kind 0: legal; 1: one read halfway answers an older value. The hardest: 2, registers that hold one of five
// values, gets, puts and cas 40:30:30, so that no answer tells which write it saw; 3: the same, and one read
// halfway answers another of the five (which some order may still explain).
#include <benchmark/benchmark.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "checkers/linearizability.hpp"
#include "sim/decisions.hpp"

namespace raftsim {
namespace {

enum class Kind : int { legal, stale, few_values, few_values_wrong };

constexpr bool few(Kind kind) { return kind == Kind::few_values || kind == Kind::few_values_wrong; }

struct Shape {
  std::uint64_t operations = 0;
  std::uint64_t clients = 0;
  std::uint64_t keys = 0;
  Kind kind = Kind::legal;
};

struct Planned {
  std::uint64_t call = 0;
  std::uint64_t back = 0;
  std::uint64_t point = 0;
  Operation operation;
};

std::vector<Planned> plan(const Shape& shape) {
  sim::Decisions decisions(sim::from_seed(20260101));
  sim::Stream draws = decisions.open({sim::Purpose::client_operation});
  const auto service = sim::Distribution::exponential(milliseconds(1), Duration{}, milliseconds(20));
  std::vector<std::uint64_t> free_at(shape.clients, 1);
  std::vector<Planned> all;
  for (std::uint64_t i = 0; i < shape.operations; ++i) {
    const auto client = std::min_element(free_at.begin(), free_at.end());
    Planned p;
    p.call = *client;
    const auto length = static_cast<std::uint64_t>(draws.sample(service).ns) + 2;
    p.point = p.call + 1 + draws.below(length);
    p.back = p.call + length + 1;
    *client = p.back + 1;
    p.operation.key = "k" + std::to_string(draws.below(shape.keys));
    const std::uint64_t dice = draws.below(10);
    p.operation.kind = dice < 5 ? OperationKind::get : dice < 8 ? OperationKind::put : OperationKind::append;
    p.operation.value = "v" + std::to_string(i) + ",";
    if (few(shape.kind)) {
      p.operation.kind = dice < 4 ? OperationKind::get : dice < 7 ? OperationKind::put : OperationKind::cas;
      p.operation.value = std::to_string(draws.below(5));
      p.operation.expected = std::to_string(draws.below(5));
    }
    all.push_back(std::move(p));
  }
  return all;
}

std::vector<checkers::TimedOperation> make_history(const Shape& shape) {
  std::vector<Planned> all = plan(shape);
  std::sort(all.begin(), all.end(), [](const Planned& a, const Planned& b) { return a.point < b.point; });
  std::map<std::string, std::string> store;
  std::map<std::string, std::string> before;
  std::vector<checkers::TimedOperation> history;
  int sixths = 0;
  bool spoiled = shape.kind == Kind::legal || shape.kind == Kind::few_values;
  for (std::size_t i = 0; i < all.size(); ++i) {
    Planned& p = all[i];
    checkers::TimedOperation op{std::move(p.operation), p.call, p.back, {}};
    std::string& value = store[op.operation.key];
    if (op.operation.kind == OperationKind::get) {
      if (!value.empty()) op.result.value = value;  // nothing was written yet: the key is absent
      if (!spoiled && few(shape.kind) && i >= all.size() / 2) {
        op.result.value = "5";
        spoiled = true;
      }
      const auto old = before.find(op.operation.key);
      if (!spoiled && i >= all.size() / 2 && old != before.end() && old->second != value) {
        op.result.value = old->second;
        spoiled = true;
      }
    } else if (op.operation.kind == OperationKind::put) {
      const bool due = sixths == 0 ? i >= all.size() / 4 : sixths == 1 && i >= all.size() / 4 * 3;
      if (shape.kind == Kind::few_values_wrong && due) {
        op.operation.value = "5";
        ++sixths;
      }
      if (i < all.size() / 4) before[op.operation.key] = value;
      value = op.operation.value;
    } else if (op.operation.kind == OperationKind::cas) {
      op.result.applied = value == *op.operation.expected;
      if (op.result.applied) value = op.operation.value;
    } else {
      value += op.operation.value;
    }
    history.push_back(std::move(op));
  }
  return history;
}

void search(benchmark::State& state) {
  const Shape shape{static_cast<std::uint64_t>(state.range(0)), static_cast<std::uint64_t>(state.range(1)),
                    static_cast<std::uint64_t>(state.range(2)), static_cast<Kind>(state.range(3))};
  const std::vector<checkers::TimedOperation> history = make_history(shape);
  checkers::HistoryVerdict verdict;
  for (auto _ : state) verdict = checkers::linearizability(history, 200'000'000);
  const bool legal = verdict.result == checkers::Linearizable::yes;
  if (verdict.result == checkers::Linearizable::unknown)
    state.SkipWithError("no answer within the budget");
  else if (legal != (shape.kind == Kind::legal || shape.kind == Kind::few_values))
    state.SkipWithError("a wrong verdict");
  state.counters["nodes"] = static_cast<double>(verdict.nodes);
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0));
}
/// As in the published figures, then the two that they leave open, then growth.
void shapes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"ops", "clients", "keys", "kind"});
  for (const int clients : {5, 10, 25, 50})
    for (const int kind : {0, 1}) b->Args({10'000, clients, 10, kind});
  for (const int clients : {3, 5, 8, 10})
    for (const int kind : {0, 1}) b->Args({10'000, clients, 1, kind});
  for (const int clients : {5, 10, 25, 50}) b->Args({100'000, clients, 100, 0});
  for (const int clients : {5, 10, 25, 50}) b->Args({100'000, clients, 10, 0});
  b->Args({100'000, 50, 10, 1});
  for (const int operations : {1'000, 10'000, 100'000, 1'000'000})
    for (const int kind : {0, 1}) b->Args({operations, 10, 100, kind});
  b->Args({1'000'000, 50, 100, 0});
  for (const int clients : {5, 10, 15, 20})
    for (const int kind : {2, 3}) b->Args({10'000, clients, 1, kind});
  b->Args({1'000'000, 10, 100, 2});
}
BENCHMARK(search)->Apply(shapes)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace raftsim

BENCHMARK_MAIN();
