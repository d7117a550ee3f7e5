// The network, as directed links between endpoints (servers and clients), in datagram mode.
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

  /// These, with the fields that `over` gives put over them.
  LinkParameters with(const Link& over) const;
  friend bool operator==(const LinkParameters&, const LinkParameters&) = default;
};

/// What becomes of one message.
struct Fate {
  DropReason reason = DropReason::none;  ///< none, loss or partition
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

/// For the fault ledger, counted since construction.
struct NetworkCounts {
  std::uint64_t lost = 0;              ///< drawn as lost
  std::uint64_t lost_effective = 0;    ///< of these, on a link that was not cut
  std::uint64_t duplicated = 0;        ///< drawn as duplicated, on messages neither lost nor cut
  std::uint64_t overtook = 0;          ///< will arrive before one sent earlier on the same link
  std::uint64_t delayed = 0;           ///< took longer than their distribution's minimum
  std::array<std::uint64_t, 2> cut{};  ///< lost to a cut, by CutBy; of two at once, the partition
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
  Fate send(Instant now, Endpoint from, Endpoint to, MessageType type);

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
  void set_link(Endpoint from, Endpoint to, const Link& over);
  void reset_link(Endpoint from, Endpoint to);
  void reset_all_links();
  const LinkParameters& parameters(Endpoint from, Endpoint to) const;

  const NetworkCounts& counts() const { return counts_; }

 private:
  /// The four streams of one type of message on one link.
  struct Streams {
    Stream loss, duplicate, latency, duplicate_latency;
  };
  struct LinkState {
    const LinkParameters* parameters = nullptr;  ///< in force; never null
    Instant latest;                              ///< the latest arrival decided so far
    std::array<std::uint32_t, 2> cuts{};         ///< by CutBy
    std::uint32_t first_stream = 0;  ///< position in streams_ of type `unknown`, or of the only type
    bool typed = false;              ///< streams per type; else one for all
    std::unique_ptr<LinkParameters> base, now;  ///< null: the default's, the base's

    std::optional<CutBy> cut() const {
      for (CutBy by : {CutBy::partition, CutBy::isolation})
        if (cuts[static_cast<std::size_t>(by)] != 0) return by;
      return std::nullopt;
    }
  };

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
  LinkState& link(Endpoint from, Endpoint to) { return links_[position(from, to)]; }
  const LinkState& link(Endpoint from, Endpoint to) const { return links_[position(from, to)]; }
  const LinkParameters& base_of(const LinkState& link) const;
  Instant arrival(LinkState& link, Instant at);

  std::uint32_t nodes_ = 0;
  std::uint32_t clients_ = 0;
  LinkParameters node_default_, client_default_;
  std::vector<LinkState> links_;
  std::vector<Streams> streams_;
  NetworkCounts counts_;
};

}  // namespace raftsim::sim
