// Links in stream mode: each pair of servers is connected, or it is not.
//
// Fault model. While a pair is connected, its links are first in, first out, and lose nothing, in both
// directions. Whatever would lose a message breaks the connection instead: the link's `loss`, at each
// message; a message that goes into a cut, or would arrive in one; a full link; a full inbox (it is closed on
// a sender that is too fast: to let it wait instead would be a link of unbounded capacity); and a server that
// goes down. Rules for single messages are refused. A break loses a suffix of what is in flight in each
// direction. On the way that broke, that is the message itself and all behind it; on the other, how many is
// drawn, and all of them where the link stalls. Who goes down receives nothing any more. Both ends are told
// (Disconnected), each one once the last message that still arrives has, and not before its link's minimal
// latency; in between, and until they are connected again, what they send to each other is lost
// (`disconnected`). After a drawn time (`reconnect` of the direction that says stream; of two that differ,
// the longer), tried again and again while the pair is cut (at most once a millisecond), both are connected
// anew and told (Connected); a server that comes up connects the same way. As the quiet phase begins, nobody
// of the core waits any longer.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/stage.hpp"

namespace raftsim::sim {

/// Whether any pair of servers is connected by a stream.
bool has_streams(const Network& network);

class Connections {
 public:
  /// The network's links have their parameters.
  explicit Connections(Stage& stage);

  /// A message was lost at its departure, which breaks the stream. Precondition: it was connected.
  void broke(LinkEnds lost_on, history::DropReason reason, EventId sent);
  /// A message was lost to a cut or a full inbox as it would have arrived; nothing where the pair has no
  /// stream.
  void lost_at_arrival(LinkEnds lost_on, history::DropReason reason, EventId sent);
  void came_up(NodeId node, EventId booted);
  void went_down(NodeId node, EventId down);

  /// The quiet phase begins: whoever of `live` (null: all) is not connected is as soon as both were told of
  /// the break.
  void quiet(const NodeSet* live);

  /// What is in flight on the link arrives sooner: if it is of a broken stream, whoever receives it is told
  /// of the break sooner, too, and they connect again sooner.
  void hastened(LinkEnds link);
  /// Whether the news that an item of the queue brings is not old: then it is told now.
  bool is_news(const Item& item);

  /// An item of the queue: a pair tries to connect.
  void take(const Item& item);

 private:
  struct Pair {
    NodeId a, b;  ///< a < b
    bool connected = false;
    std::uint64_t attempt = 0;  ///< the one under way; an item of an earlier one means nothing
    bool trying = false;
    std::uint64_t fault = 0;           ///< of the break that is not mended; 0: it was never connected
    EventId because;                   ///< the boot of the later one
    EventId broke;                     ///< the last break
    Instant told;                      ///< both know of it
    std::optional<Instant> notice[2];  ///< when a, and b, will be told of it
    Instant next_try;                  ///< while trying
    Stream reconnect, reconnect_back;
    Stream suffix[2];  ///< of what a sends, and of what b sends
  };
  struct Broken {
    LinkEnds on;               ///< the direction that failed
    bool all_behind = false;   ///< all in flight on it is lost, too
    bool end_is_down = false;  ///< on.to receives nothing any more, and is not told
  };

  Pair* find(NodeId a, NodeId b);
  void break_up(Pair& pair, const Broken& broken, std::string_view why, EventId cause);
  void lose_suffix(LinkEnds on, std::size_t count, EventId cause);
  void tell(Pair& pair, NodeId whom, bool connected, Instant when, EventId cause);
  /// When the last of what is on the way has arrived, and what would be sent now could have.
  Instant last_arrival(LinkEnds way) const;
  /// `least`: however short the wait may be drawn.
  void try_later(Pair& pair, Instant from, Duration least = microseconds(1));
  void try_at(Pair& pair, Instant when);
  Duration drawn_wait(Pair& pair);

  Stage& stage_;
  std::vector<Pair> pairs_;  ///< those with streams, in order
};

}  // namespace raftsim::sim
