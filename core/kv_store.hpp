// The replicated data: text keys and values. Deterministic; keeps a hash of all data, updated with each
// change.
#pragma once

#include <xxhash.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "seam/types.hpp"

namespace raftsim::core {

class KvStore {
 public:
  /// The value, or nothing where the key is absent. Valid until the next change.
  std::optional<std::string_view> get(std::string_view key) const;
  void put(std::string_view key, std::string_view value);
  void remove(std::string_view key);
  /// Behind the present value; an absent key counts as empty.
  void append(std::string_view key, std::string_view suffix);
  /// Puts `value` if the present one equals `expected` (nothing: the key must be absent). Whether it did.
  bool compare_and_swap(std::string_view key, std::optional<std::string_view> expected,
                        std::string_view value);

  /// Appends all pairs, by ascending key (machine_image.cpp).
  void save(std::vector<std::byte>& out) const;
  /// Takes them from the front into an empty store. Total over arbitrary bytes; false if they are none.
  bool load(ByteSpan& from);

  std::size_t size() const { return slots_.size(); }
  /// Equal for equal data, whatever changes led there: the sum over all pairs of a hash of the pair.
  std::uint64_t hash() const { return hash_; }

 private:
  struct Slot {
    std::string value;
    std::uint64_t key_hash = 0;
    std::uint64_t hash = 0;  ///< this pair's part of hash_
  };
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return XXH3_64bits(text.data(), text.size()); }
  };
  /// The pair's hash must be brought up to date after each change of a value.
  void rehash(Slot& slot);
  Slot& slot(std::string_view key);

  /// Looked up, and walked by save() alone, which sorts what it finds: its order cannot reach any output.
  std::unordered_map<std::string, Slot, TextHash, std::equal_to<>> slots_;
  std::uint64_t hash_ = 0;
};

}  // namespace raftsim::core
