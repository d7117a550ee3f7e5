// The network, as directed links between endpoints (servers and clients).
//
// Fault model. Each message on a link may be lost, may be duplicated (one copy, with a latency of its own),
// and takes a time drawn from the link's latency distribution; messages therefore overtake each other unless
// the link is FIFO (`reorder: false`), where none arrives before one sent earlier on that link (one copy of a
// duplicate included). A link may be cut, by partitions and isolations, any number at once, in one direction
// or both. A cut loses a message if it is in force when the message is sent or when it would arrive: what is
// in flight when a cut begins and would arrive after its end gets through, what is sent into a cut never
// does. Servers' links and clients' links have their own parameters. A node's messages to itself take a link
// like any other.
//
// A link may be rough, too: one that flips bits in flight, lets an old message come again, holds a bounded
// number of messages, transmits so many bytes a second one after the other (what is lost or damaged on the
// way was transmitted, what goes into a cut was not; copies are made behind the narrow place), or stalls now
// and then (what would arrive in a stall waits for its end, and then comes in one burst). Its drop reasons
// and copies are in the history like all others.
//
// A pair of servers may be connected by a stream (mode `stream` of either direction): in both directions
// first in, first out, nothing lost, doubled, damaged or replayed, until it breaks (connections.hpp).
//
// Every decision is draw number i of the stream (purpose, from, to, type), where i counts the messages of
// that type on that link, lost, cut or not: no fault shifts the fate of later messages.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "history/event.hpp"
#include "seam/check.hpp"
#include "seam/message_view.hpp"
#include "seam/types.hpp"
#include "sim/decisions.hpp"
#include "sim/distribution.hpp"
#include "sim/rough_link.hpp"
#include "sim/scenario.hpp"

namespace raftsim::sim {

using history::DropReason;
using history::Endpoint;

/// A link, every field decided.
struct LinkParameters {
  Distribution latency = Distribution::constant(milliseconds(1));
  Ratio loss;
  Ratio duplicate;
  bool reorder = true;  ///< false keeps the link FIFO
  // Of rough links.
  Ratio corrupt;
  Ratio replay;
  Distribution replay_after = Distribution::uniform(milliseconds(100), seconds(5));
  std::optional<std::uint32_t> capacity;
  DropWhenFull drop_when_full = DropWhenFull::newest;
  std::optional<std::uint64_t> bandwidth;
  Clog clog;
  LinkMode mode = LinkMode::datagram;  ///< of the whole pair where one direction says stream
  Distribution reconnect = Distribution::constant(milliseconds(10));

  bool rough() const {
    return !corrupt.never() || !replay.never() || capacity || bandwidth || !clog.probability.never();
  }
  /// These, with the fields that `over` gives put over them.
  LinkParameters with(const Link& over) const;
  friend bool operator==(const LinkParameters&, const LinkParameters&) = default;
};

/// Of links between clients and servers: never streams, which tell both ends of a break; clients are no
/// Processes that could be told.
LinkParameters client_links(const Network& network);

/// What becomes of one message.
struct Fate {
  DropReason reason = DropReason::none;  ///< none, loss, partition, queue_full or disconnected
  bool rough = false;                    ///< there is more to it: SimNetwork::roughness()
  Instant deliver_at;                    ///< where reason is none
  std::optional<Instant> duplicate_at;   ///< a copy arrives too; where reason is none
};

/// What a cut belongs to, for the ledger.
enum class CutBy : std::uint8_t { partition, isolation };

/// A directed link.
struct LinkEnds {
  Endpoint from;
  Endpoint to;
};

/// What the change of a link does to what is on its way over it.
struct Relief {
  /// Whoever waits at a narrow place has its turn so much sooner.
  Duration sooner;
  /// All has arrived then, where the link is in order and its latency changed.
  std::optional<Instant> at_latest;
};

/// For the fault ledger, counted since construction.
struct NetworkCounts {
  std::uint64_t lost = 0;              ///< drawn as lost
  std::uint64_t lost_effective = 0;    ///< of these, on a link that was not cut
  std::uint64_t duplicated = 0;        ///< drawn as duplicated, on messages neither lost nor cut
  std::uint64_t overtook = 0;          ///< will arrive before one sent earlier on the same link
  std::uint64_t delayed = 0;           ///< took longer than their distribution's minimum
  std::array<std::uint64_t, 2> cut{};  ///< lost to a cut, by CutBy; of two at once, the partition
  std::uint64_t corrupted = 0;         ///< drawn to be damaged
  std::uint64_t damaged = 0;           ///< of these, had bytes that could be
  std::uint64_t replayed = 0;
  std::uint64_t full = 0;         ///< dropped by a full link
  std::uint64_t transmitted = 0;  ///< took their time at a bandwidth
  std::uint64_t queued = 0;       ///< of these, waited for others first
};

class SimNetwork {
 public:
  /// Servers 1..nodes and clients 0..clients-1. `scenario.links` are left to the caller, who knows how
  /// targets resolve: set_base() for each.
  SimNetwork(const Network& scenario, std::uint32_t nodes, std::uint32_t clients, Decisions& decisions);
  SimNetwork(const SimNetwork&) = delete;
  SimNetwork& operator=(const SimNetwork&) = delete;

  /// Decides a message's fate at its departure. The caller asks cut() again when it would arrive, and tells
  /// dropped_at_arrival() if so. Precondition: not between two clients.
  Fate send(Instant now, Endpoint from, Endpoint to, MessageType type, std::size_t bytes) {
    LinkState& l = link(from, to);
    if (l.rough != nullptr) [[unlikely]]
      return send_roughly(now, {from, to}, type, bytes);
    return send_plainly(l, streams(l, type), now);
  }
  /// More about the fate of the message just sent, where it says so.
  const Roughness& roughness() const { return roughness_; }

  /// It was drawn to be damaged, and was.
  void took_damage() { ++counts_.damaged; }

  /// Whether what would arrive now must be asked about: cut(), stalls(), bursts().
  bool obstructed(Endpoint from, Endpoint to) const { return link(from, to).obstructed(); }
  /// The link stalls; what would arrive waits.
  bool stalls(Endpoint from, Endpoint to) const { return link(from, to).clogs > 0; }
  /// It does not any more, but what waited is not through yet: all else goes behind it.
  bool bursts(Endpoint from, Endpoint to) const { return link(from, to).stalled > 0; }
  void begin_clog(Endpoint from, Endpoint to) { ++link(from, to).clogs; }
  void end_clog(Endpoint from, Endpoint to);
  void began_to_wait(Endpoint from, Endpoint to) { ++link(from, to).stalled; }
  void waits_no_more(Endpoint from, Endpoint to);

  /// A message whose roughness() said that it counts is on the link, in this slot; and is not any more.
  void enter(Endpoint from, Endpoint to, RoughLink::Flying flying) {
    link(from, to).rough->flying.push_back(flying);
  }
  void leave(Endpoint from, Endpoint to, std::uint32_t slot);
  const std::vector<RoughLink::Flying>& flying(Endpoint from, Endpoint to) const {
    return link(from, to).rough->flying;
  }

  /// The pair's links are a stream from here on, not connected yet.
  void make_stream(Endpoint a, Endpoint b);
  /// Connected from `now` on: nothing sent before arrives any more. Precondition: a stream.
  void connect(Endpoint a, Endpoint b, Instant now);
  void disconnect(Endpoint a, Endpoint b);

  /// Nothing while the link carries; else what is to blame.
  std::optional<CutBy> cut(Endpoint from, Endpoint to) const { return link(from, to).cut(); }
  void dropped_at_arrival(CutBy by) { ++counts_.cut[static_cast<std::size_t>(by)]; }

  /// Cuts are counted: a link carries again when each was ended.
  void begin_cut(Endpoint from, Endpoint to, CutBy by);
  /// Precondition: begun and not ended.
  void end_cut(Endpoint from, Endpoint to, CutBy by);
  void end_all_cuts();

  /// The link's parameters of this scenario: puts `over` over what it has for good. Clears set_link().
  void set_base(Endpoint from, Endpoint to, const Link& over);
  /// At run time: `over` over the link's base, until reset_link() or another set_link().
  /// These three tell what becomes of what is on the link. What waits at a narrow place goes on at the new
  /// bandwidth. And on a link in order nothing arrives before what was sent earlier: with the latency that is
  /// over, that would hold up all that is sent from now on, long after the end of the fault. It takes, from
  /// now on and from the last transmission on, at most what a message usually takes: the new latency's median
  /// (its maximum may be the rarest of exceptions). Where messages overtake, they keep their time.
  [[nodiscard]] Relief set_link(Endpoint from, Endpoint to, const Link& over, Instant now);
  [[nodiscard]] Relief reset_link(Endpoint from, Endpoint to, Instant now);
  /// From here on nothing is lost, doubled, damaged or replayed on the link in the background, nor does it
  /// stall or fill up. Clears set_link().
  [[nodiscard]] Relief silence(Endpoint from, Endpoint to, Instant now);
  /// What is in flight on a narrow link, or a stream, arrives so much sooner, but not before its latency from
  /// now. What the link counts is told; of its copies, each by hastened().
  const std::vector<RoughLink::Flying>& hasten(Endpoint from, Endpoint to, Duration gain, Instant now);
  /// When what was to arrive at `at` arrives now.
  Instant hastened(Endpoint from, Endpoint to, Instant at, Duration gain, Instant now) const;
  /// What is in flight on a link in order arrives at this time, or before.
  void bring_in(Endpoint from, Endpoint to, Instant at_latest);
  /// A replay drawn before `quiet` does not come after it.
  void quiet_from(Instant quiet) { quiet_ = quiet; }
  const LinkParameters& parameters(Endpoint from, Endpoint to) const;

  const NetworkCounts& counts() const { return counts_; }

 private:
  /// The four streams of one type of message on one link. `loss` takes an ordinal at each message and the
  /// others follow it when they are drawn from: what most messages need lies in one cache line.
  struct alignas(64) Streams {
    Stream loss, latency, duplicate, duplicate_latency;
  };
  struct OwnParameters {
    std::unique_ptr<LinkParameters> base, now;  ///< null: the default's, the base's
  };
  struct alignas(64) LinkState {
    const LinkParameters* parameters = nullptr;  ///< in force; never null
    Instant latest;                              ///< the latest arrival decided so far
    std::array<std::uint32_t, 2> cuts{};         ///< by CutBy
    std::uint32_t clogs = 0;                     ///< stalls in force
    std::uint32_t stalled = 0;                   ///< messages that waited in a stall and are not through
    std::uint32_t first_stream = 0;  ///< position in streams_ of type `unknown`, or of the only type
    bool typed = false;              ///< streams per type; else one for all
    bool stream = false;
    /// Null while the link is plain.
    RoughLink* rough = nullptr;
    std::unique_ptr<RoughLink> roughness;  ///< null: it never was
    std::unique_ptr<OwnParameters> own;    ///< null: it never had any

    OwnParameters& own_parameters() {
      if (own == nullptr) own = std::make_unique<OwnParameters>();
      return *own;
    }
    bool obstructed() const { return (cuts[0] | cuts[1] | clogs | stalled) != 0; }

    std::optional<CutBy> cut() const {
      for (CutBy by : {CutBy::partition, CutBy::isolation})
        if (cuts[static_cast<std::size_t>(by)] != 0) return by;
      return std::nullopt;
    }
  };

  static_assert(sizeof(LinkState) == 64);

  /// Servers' links first, row by row; then for each client its links from the servers, then to them.
  std::size_t position(Endpoint from, Endpoint to) const {
    if (to.is_client()) return first_of_client(to) + server(from);
    if (from.is_client()) return first_of_client(from) + nodes_ + server(to);
    return server(from) * nodes_ + server(to);
  }
  std::size_t server(Endpoint e) const {
    CHECK(e.is_node());
    CHECK(e.raw <= nodes_);
    return std::size_t{e.raw} - 1;
  }
  std::size_t first_of_client(Endpoint e) const {
    CHECK(e.as_client() < clients_);
    return std::size_t{nodes_} * nodes_ + std::size_t{2} * nodes_ * e.as_client();
  }
  static Instant hastened(const LinkState& l, Instant at, Duration gain, Instant now);
  LinkState& link(Endpoint from, Endpoint to) { return links_[position(from, to)]; }
  const LinkState& link(Endpoint from, Endpoint to) const { return links_[position(from, to)]; }
  const LinkParameters& base_of(const LinkState& link) const;
  Streams& streams(const LinkState& l, MessageType type) {
    return streams_[l.first_stream + (l.typed ? static_cast<std::size_t>(type) : 0)];
  }
  Fate send_plainly(LinkState& link, Streams& streams, Instant departs);
  [[gnu::cold]] Fate send_roughly(Instant now, LinkEnds ends, MessageType type, std::size_t bytes);
  Fate send_in_stream(LinkState& link, MessageType type, Instant now, std::size_t bytes);
  void roughen(LinkState& link, RoughLink::Draws& draws, Fate& fate, Instant now);
  Instant transmit(LinkState& link, Instant now, std::size_t bytes);
  bool is_full(const LinkState& link) const;
  Relief use(Endpoint from, Endpoint to, const LinkParameters& parameters, Instant now = Instant{});
  static Duration widen(LinkState& link, std::optional<std::uint64_t> before, Instant now);

  Decisions& decisions_;
  std::uint32_t nodes_ = 0;
  std::uint32_t clients_ = 0;
  LinkParameters node_default_, client_default_;
  std::vector<LinkState> links_;
  std::vector<Streams> streams_;
  NetworkCounts counts_;
  Roughness roughness_;
  std::optional<Instant> quiet_;
};

}  // namespace raftsim::sim
