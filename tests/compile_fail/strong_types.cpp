// A number means one thing. Built as it stands this compiles; with -DREFUSED=n it holds the n-th line that
// must not. Each stands right under its twin, which differs in nothing but the mistake.
#include "seam/effects.hpp"
#include "seam/types.hpp"

namespace raftsim {

#if REFUSED == 1
inline bool compared = Term{3} == Index{3};  // refused: another kind of number
#else
inline bool compared = Term{3} == Term{3};
#endif

#if REFUSED == 2
inline Term from_a_number = 3;  // refused: a plain number does not say what it counts
#else
inline Term from_a_number = Term{3};
#endif

#if REFUSED == 3
inline std::uint64_t ahead = Index{5} - Term{3};  // refused: no distance between kinds
#else
inline std::uint64_t ahead = Index{5} - Index{3};
#endif

#if REFUSED == 4
inline Index moved = Index{5} + Index{3};  // refused: two positions have no sum
#else
inline Index moved = Index{5} + 3;
#endif

#if REFUSED == 5
inline Send vote{.to = Term{2}, .bytes = {}, .after = {}};  // refused: a term is no server
#else
inline Send vote{.to = NodeId{2}, .bytes = {}, .after = {}};
#endif

#if REFUSED == 6
inline Instant later = Instant{1} + Instant{2};  // refused: two points in time have no sum
#else
inline Instant later = Instant{1} + Duration{2};
#endif

#if REFUSED == 7
inline Duration timeout = 150;  // refused: of what unit?
#else
inline Duration timeout = milliseconds(150);
#endif

#if REFUSED == 8
inline bool long_enough = Duration{5} > Instant{3};  // refused: a span is no point in time
#else
inline bool long_enough = Duration{5} > Duration{3};
#endif

#if REFUSED == 9
inline std::uint64_t plain = RequestId{7};  // refused: leaving a type is said with .value
#else
inline std::uint64_t plain = RequestId{7}.value;
#endif

}  // namespace raftsim
