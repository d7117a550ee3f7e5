// The history hash: XXH3-128 over the packed events and their details, never over text. It does not depend on
// whether a history was written, and a reader of a history rebuilds it from the fields.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "history/event.hpp"

namespace raftsim::history {

struct Hash128 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend auto operator<=>(const Hash128&, const Hash128&) = default;
};

/// 32 lower-case hexadecimal digits.
std::string to_text(Hash128 hash);
/// Nothing where `text` is not 32 hexadecimal digits.
std::optional<Hash128> hash_named(std::string_view text);

/// Appends the canonical packed form of `details` to `out`: a byte that says which fields are there, then
/// those in order of declaration, each variable part after its length.
void pack(const Details& details, std::vector<std::byte>& out);

class RollingHash {
 public:
  RollingHash();
  RollingHash(const RollingHash& other);
  RollingHash& operator=(const RollingHash& other);
  ~RollingHash();

  void add(const Event& event);
  void add(const Event& event, const Details& details);
  /// Of everything added so far; adding may go on.
  Hash128 digest() const;

 private:
  struct State;

  void add_long(const Event& event, const Details& details);

  std::unique_ptr<State> state_;
};

}  // namespace raftsim::history
