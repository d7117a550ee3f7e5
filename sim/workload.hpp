// Which operations clients start: kinds by the mix, keys by their choice, values that no other operation of
// the run writes. Reusable strings and integer tables: nothing is allocated per operation that a string's own
// buffer holds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "seam/operation.hpp"
#include "sim/decisions.hpp"
#include "sim/scenario.hpp"

namespace raftsim::sim {

/// What all clients share.
class WorkloadTables {
 public:
  explicit WorkloadTables(const Workload& workload);

  const std::string& key(std::size_t number) const { return keys_[number]; }
  std::size_t keys() const { return keys_.size(); }
  /// Benign: key 0.
  std::size_t draw_key(Stream& stream) const;
  /// Benign: the first kind with weight, in the order of Mix.
  OperationKind draw_kind(Stream& stream) const;
  /// Benign: the first with weight.
  ReadMode draw_read(Stream& stream) const;
  /// A linearizable one that all systems know which serve the workload's reads: the log where nothing else is
  /// asked for, else a read index.
  ReadMode final_read() const { return final_read_; }

 private:
  struct Weighted {
    std::uint64_t below = 0;  ///< cumulated
    std::uint8_t what = 0;
  };
  static std::uint8_t draw(const std::vector<Weighted>& table, Stream& stream);

  KeyChoice choice_;
  std::vector<std::string> keys_;
  std::vector<std::uint64_t> zipf_;  ///< cumulated weights
  std::vector<Weighted> kinds_;
  std::vector<Weighted> reads_;
  ReadMode final_read_ = ReadMode::read_index;
};

/// One client's stream of operations.
class OperationSource {
 public:
  OperationSource(const WorkloadTables& tables, std::uint32_t client, Decisions& decisions);

  /// Fills kind, read, key, value, expected; the rest is the caller's.
  void next(Operation& out);
  /// What the client learnt of a key, for its next compare-and-set.
  void learn(const Operation& operation, const OperationResult& result);
  void unique_value(Operation& out);

 private:
  const WorkloadTables& tables_;
  std::uint32_t client_;
  Stream kind_, key_, read_;
  std::size_t key_number_ = 0;  ///< of the operation last made
  std::uint64_t values_ = 0;
  std::vector<std::optional<std::string>> known_;  ///< by key number: the value last seen or written
};

}  // namespace raftsim::sim
