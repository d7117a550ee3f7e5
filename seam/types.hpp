// The numbers that all rooms share. Each means one thing: `term == Index{3}` does not compile.
// Everything in seam/ lives directly in namespace raftsim: it is the vocabulary of all other namespaces.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>

namespace raftsim {

/// A 64-bit ordinal: comparable, steppable, never mixed with another kind. Arithmetic is with plain counts
/// only.
template <class Tag>
struct Ordinal {
  std::uint64_t value = 0;

  constexpr Ordinal() = default;
  constexpr explicit Ordinal(std::uint64_t v) : value(v) {}
  friend constexpr auto operator<=>(Ordinal, Ordinal) = default;

  constexpr Ordinal& operator++() {
    ++value;
    return *this;
  }
  friend constexpr Ordinal operator+(Ordinal a, std::uint64_t n) { return Ordinal{a.value + n}; }
  /// Precondition: a.value >= n.
  friend constexpr Ordinal operator-(Ordinal a, std::uint64_t n) { return Ordinal{a.value - n}; }
  /// How far a is beyond b. Precondition: a >= b.
  friend constexpr std::uint64_t operator-(Ordinal a, Ordinal b) { return a.value - b.value; }
};

/// Raft's term (paper, section 5.1). 0 before the first election.
using Term = Ordinal<struct TermTag>;
/// Position in the log; the first entry has index 1, 0 is "before the first".
using Index = Ordinal<struct IndexTag>;
/// A server. Simulated clusters number them from 1 (n1, n2, ...); 0 is never a server.
using NodeId = Ordinal<struct NodeTag>;
/// A client's connection, as the server sees it: where to send the reply.
using ClientId = Ordinal<struct ClientTag>;
/// A client's own number for one request; repeated by a retry.
using RequestId = Ordinal<struct RequestTag>;
/// A disk operation of one Process, dense from 1 in the order of issue, anew in each incarnation.
using DiskOp = Ordinal<struct DiskOpTag>;

/// A span of time in nanoseconds; may be negative.
struct Duration {
  std::int64_t ns = 0;

  constexpr Duration() = default;
  constexpr explicit Duration(std::int64_t n) : ns(n) {}
  friend constexpr auto operator<=>(Duration, Duration) = default;
  friend constexpr Duration operator+(Duration a, Duration b) { return Duration{a.ns + b.ns}; }
  friend constexpr Duration operator-(Duration a, Duration b) { return Duration{a.ns - b.ns}; }
  friend constexpr Duration operator*(Duration a, std::int64_t k) { return Duration{a.ns * k}; }
  friend constexpr Duration operator/(Duration a, std::int64_t k) { return Duration{a.ns / k}; }
};

constexpr Duration nanoseconds(std::int64_t n) { return Duration{n}; }
constexpr Duration microseconds(std::int64_t n) { return Duration{n * 1'000}; }
constexpr Duration milliseconds(std::int64_t n) { return Duration{n * 1'000'000}; }
constexpr Duration seconds(std::int64_t n) { return Duration{n * 1'000'000'000}; }

/// A point in time, in nanoseconds since the start of whichever clock it was read from.
struct Instant {
  std::int64_t ns = 0;

  constexpr Instant() = default;
  constexpr explicit Instant(std::int64_t n) : ns(n) {}
  friend constexpr auto operator<=>(Instant, Instant) = default;
  friend constexpr Instant operator+(Instant a, Duration d) { return Instant{a.ns + d.ns}; }
  friend constexpr Instant operator-(Instant a, Duration d) { return Instant{a.ns - d.ns}; }
  friend constexpr Duration operator-(Instant a, Instant b) { return Duration{a.ns - b.ns}; }
};

using ByteSpan = std::span<const std::byte>;

}  // namespace raftsim
