// Which configuration is in force: the latest in the log, committed or not (dissertation 4.1; paper 6). So it
// changes when an entry is appended, and changes back when that entry is truncated.
//
// The ids in a configuration are promises. A server that votes or acknowledges is believed from then on to
// remember it, also by servers that counted it before it was removed; an empty machine under an old id would
// break what that id has promised (a second vote in a term, a committed entry that a majority no longer
// holds). Nothing here can notice that: a machine that lost its disk must come back under an id that was
// never used, as a new server.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/message.hpp"
#include "seam/configuration.hpp"
#include "seam/types.hpp"

namespace raftsim::core {

/// Ids in all three sets of a configuration together. Far more than consensus is good for; it bounds what
/// bytes from elsewhere can make a server allocate.
inline constexpr std::size_t configuration_ids_max = 512;

/// Each set sorted and without repetition, no id 0, learners apart from voters, not more ids than allowed,
/// and voters, unless it is the configuration of nobody: that of a server which waits to be added.
bool well_formed(const Configuration& configuration);

/// The one encoding, for entries and on disk. Appends to `out`. Precondition: at most configuration_ids_max.
void encode_configuration(const Configuration& configuration, std::vector<std::byte>& out);
/// Total over arbitrary bytes; nothing unless they are exactly a well-formed configuration.
std::optional<Configuration> decode_configuration(ByteSpan bytes);

/// What an entry of kind configuration puts in force: well-formed and with voters, or nothing.
std::optional<Configuration> configuration_in(const EntryRef& entry);

/// The configurations of a log: the base (the first boot's, at index 0, or that of the snapshot at the
/// snapshot's index) and one for each configuration entry behind it. Changes with the log, entry by entry.
class Configurations {
 public:
  struct At {
    Index index;  ///< of the entry; the base's: the position behind which the log begins
    Configuration configuration;
    friend bool operator==(const At&, const At&) = default;
  };

  Configurations() : held_(1) {}

  /// Starts anew: what the log said before is gone or replaced.
  void restart(Index index, Configuration base);

  /// The one in force.
  const Configuration& latest() const { return held_.back().configuration; }
  /// Where it stands in the log; the base's position if no entry behind that has one.
  Index latest_index() const { return held_.back().index; }
  /// The base first, ascending by index. Never empty.
  const std::vector<At>& held() const { return held_; }
  /// The one that is in force in a log which ends at `index`. Precondition: index >= that of the base.
  const Configuration& at(Index index) const;

  /// Precondition: index > latest_index().
  void append(Index index, Configuration configuration);
  /// The entries from `from` on are gone. Returns whether a configuration went with them. Precondition: from
  /// > that of the base.
  bool truncate(Index from);
  /// The entries up to `upto` are now covered by a snapshot: at(upto) is the base, at index `upto`. Nothing
  /// happens if the base is at or behind it already.
  void compact(Index upto);

 private:
  std::vector<At> held_;
};

}  // namespace raftsim::core
