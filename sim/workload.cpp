#include "sim/workload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace raftsim::sim {

WorkloadTables::WorkloadTables(const Workload& workload) : choice_(workload.key_choice) {
  std::uint64_t sum = 0;
  for (std::uint32_t i = 0; i < std::max(workload.keys, 1u); ++i) {
    keys_.push_back(fmt::format("k{}", i));
    // Zipf with exponent 1: the weight of the i-th key is 1 / (i + 1), here in units of 2^-32.
    sum += (std::uint64_t{1} << 32) / (i + 1);
    zipf_.push_back(sum);
  }
  const auto add = [](std::vector<Weighted>& table, std::uint64_t weight, std::uint8_t what) {
    if (weight > 0) table.push_back({(table.empty() ? 0 : table.back().below) + weight, what});
  };
  const auto kind = [&](std::uint32_t weight, OperationKind what) {
    add(kinds_, weight, static_cast<std::uint8_t>(what));
  };
  kind(workload.mix.get, OperationKind::get);
  kind(workload.mix.put, OperationKind::put);
  kind(workload.mix.cas, OperationKind::cas);
  kind(workload.mix.remove, OperationKind::remove);
  kind(workload.mix.append, OperationKind::append);
  CHECK(!kinds_.empty());
  const auto read = [&](std::uint32_t weight, ReadMode mode) {
    add(reads_, weight, static_cast<std::uint8_t>(mode));
  };
  read(workload.reads.log, ReadMode::log);
  read(workload.reads.read_index, ReadMode::read_index);
  read(workload.reads.lease, ReadMode::lease);
  read(workload.reads.follower, ReadMode::follower);
  read(workload.reads.local_unsafe, ReadMode::local_unsafe);
  CHECK(!reads_.empty());
  const bool only_log = reads_.size() == 1 && workload.reads.log > 0;
  if (only_log) final_read_ = ReadMode::log;
}

std::uint8_t WorkloadTables::draw(const std::vector<Weighted>& table, Stream& stream) {
  const std::uint64_t x = stream.below(table.back().below);
  for (const Weighted& w : table)
    if (x < w.below) return w.what;
  return table.back().what;
}

OperationKind WorkloadTables::draw_kind(Stream& stream) const {
  return static_cast<OperationKind>(draw(kinds_, stream));
}

ReadMode WorkloadTables::draw_read(Stream& stream) const {
  return static_cast<ReadMode>(draw(reads_, stream));
}

std::size_t WorkloadTables::draw_key(Stream& stream) const {
  const std::uint64_t n = keys_.size();
  switch (choice_) {
    case KeyChoice::uniform:
      break;
    case KeyChoice::zipf: {
      const std::uint64_t x = stream.below(zipf_.back());
      return static_cast<std::size_t>(std::ranges::upper_bound(zipf_, x) - zipf_.begin());
    }
    case KeyChoice::hot: {
      // Key 0 half of the time, the others share the rest.
      if (n == 1) return stream.below(1);
      const std::uint64_t x = stream.below(2 * (n - 1));
      return x < n - 1 ? 0 : static_cast<std::size_t>(x - (n - 1) + 1);
    }
  }
  return static_cast<std::size_t>(stream.below(n));
}

OperationSource::OperationSource(const WorkloadTables& tables, std::uint32_t client, Decisions& decisions)
    : tables_(tables),
      client_(client),
      kind_(decisions.open({Purpose::client_operation, client})),
      key_(decisions.open({Purpose::client_key, client})),
      read_(decisions.open({Purpose::client_read_mode, client})),
      known_(tables.keys()) {}

/// "c3-17" is the 17th value of client 3; appended ones are short, and end where the next begins.
void OperationSource::unique_value(Operation& out) {
  out.value.clear();
  const char* form = out.kind == OperationKind::append ? "{}.{}," : "c{}-{}";
  fmt::format_to(std::back_inserter(out.value), fmt::runtime(form), client_, ++values_);
}

void OperationSource::next(Operation& out) {
  out.kind = tables_.draw_kind(kind_);
  key_number_ = tables_.draw_key(key_);
  out.key = tables_.key(key_number_);
  out.read = ReadMode::read_index;
  out.value.clear();
  out.expected.reset();
  if (out.kind == OperationKind::get) {
    out.read = tables_.draw_read(read_);
    return;
  }
  read_.skip();
  if (out.kind == OperationKind::remove) return;
  unique_value(out);
  if (out.kind == OperationKind::cas) out.expected = known_[key_number_];
}

void OperationSource::learn(const Operation& operation, const OperationResult& result) {
  if (key_number_ >= known_.size() || tables_.key(key_number_) != operation.key) return;
  std::optional<std::string>& known = known_[key_number_];
  switch (operation.kind) {
    case OperationKind::get:
      known = result.value;
      break;
    case OperationKind::put:
      known = operation.value;
      break;
    case OperationKind::remove:
      known.reset();
      break;
    case OperationKind::cas:
      if (result.applied) known = operation.value;
      break;
    case OperationKind::append:
    case OperationKind::open_session:
      break;
  }
}

}  // namespace raftsim::sim
