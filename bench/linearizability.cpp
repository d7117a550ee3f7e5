// The linearizability checker alone, on histories made like those of the published comparisons: clients
// always busy, exponential service time, uniform linearization point, gets, puts and appends 50:30:20.
// `stale`: one read halfway answers an older value.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "checkers/linearizability.hpp"
#include "sim/decisions.hpp"

namespace raftsim {
namespace {

enum class Kind : int { legal, stale };

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
  bool spoiled = shape.kind == Kind::legal;
  for (std::size_t i = 0; i < all.size(); ++i) {
    Planned& p = all[i];
    checkers::TimedOperation op{std::move(p.operation), p.call, p.back, {}};
    std::string& value = store[op.operation.key];
    if (op.operation.kind == OperationKind::get) {
      if (!value.empty()) op.result.value = value;  // nothing was written yet: the key is absent
      const auto old = before.find(op.operation.key);
      if (!spoiled && i >= all.size() / 2 && old != before.end() && old->second != value) {
        op.result.value = old->second;
        spoiled = true;
      }
    } else if (op.operation.kind == OperationKind::put) {
      if (i < all.size() / 4) before[op.operation.key] = value;
      value = op.operation.value;
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
  else if (legal != (shape.kind == Kind::legal))
    state.SkipWithError("a wrong verdict");
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0));
}
BENCHMARK(search)
    ->ArgNames({"ops", "clients", "keys", "stale"})
    ->Args({10'000, 5, 10, 0})
    ->Args({10'000, 50, 10, 0})
    ->Args({10'000, 50, 10, 1})
    ->Args({10'000, 5, 1, 0})
    ->Args({10'000, 10, 1, 0})
    ->Args({100'000, 50, 100, 0})
    ->Args({100'000, 50, 10, 0})
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace raftsim

BENCHMARK_MAIN();
