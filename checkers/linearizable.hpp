// Y6 linearizable: the client history alone, key by key, in windows that close whenever no operation on the
// key is under way; what a key can hold then, and which operations of unknown outcome may still take effect,
// is carried on, so that memory does not grow with the run. A window that is too busy to close cheaply stays
// open and is judged at the end: first by the order that the positions of the answers claim (log order for
// writes, served position for reads), which is verified against the clients' history alone, and where that
// fails, by the search. Budgets are counted in search nodes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "checkers/linearizability.hpp"
#include "checkers/operations.hpp"
#include "checkers/property.hpp"

namespace raftsim::checkers {

/// One operation of a window, with what a sentence about it needs.
struct WindowOperation {
  KeyOperation key;  ///< its tag is its place in the window
  Operation operation;
  std::string returned;  ///< a get's value, shortened
  std::uint32_t client = 0;
  EventId called, answered;
  Instant called_at, answered_at;
  history::OperationId id;
  Index position;  ///< that the answer claimed; 0: none
  bool under_way = true;
  bool void_ = false;  ///< it can have had no effect, and told nothing
};

struct KeyWindow {
  std::string key;
  std::vector<WindowOperation> operations;
  std::size_t under_way = 0;
  /// Closing is tried again once the window has this many operations.
  std::size_t close_at = 0;
  std::vector<KeyState> starts;
  /// Of the open operations in `starts`: those they came from, for sentences; their tags are places here.
  std::vector<WindowOperation> carried;
  /// Writes of closed windows, the last few, oldest first: only for sentences.
  std::vector<WindowOperation> recent;
};

class LinearizableProperty final : public Property {
 public:
  LinearizableProperty(const ClusterShadow& c, Findings& f, const ClientShadow& clients);
  EventKinds kinds() const override {
    return {EventKind::invoke, EventKind::ok, EventKind::fail, EventKind::info};
  }
  void on_event(const Event& event, const Details& details) override;
  void finish(Instant end) override;

 private:
  Shown needs() const override { return Shown::operations; }
  KeyWindow& window_of(const std::string& key, std::uint64_t& number);
  void on_invoke(const Event& event, const Details& details);
  void on_end(const Event& event, const Details& details);
  void close(KeyWindow& window);
  bool close_at_once(KeyWindow& window);
  void settle(KeyWindow& window, std::vector<KeyState> states);
  static void remember_writes(KeyWindow& window);
  void gather(const KeyWindow& window);
  bool claimed_order_is_legal(const KeyWindow& window);
  Index place_of(const WindowOperation& o) const;
  void explain(const KeyWindow& window);

  const ClientShadow& clients_;
  bool asked_ = false;
  bool lease_reads_ = false;
  std::uint64_t nodes_left_ = 0;
  KeySearch search_;
  std::vector<std::unique_ptr<KeyWindow>> windows_;               ///< in order of first use
  std::unordered_map<std::string, std::uint64_t> window_number_;  // looked up only, never walked
  /// Operation id -> window number and place in it, plus one.
  HashIndex under_way_;
  std::vector<KeyOperation> scratch_;
};

/// A window that cannot be ordered: open operations carried into it come first in `operations`, then its own.
struct StuckWindow {
  const std::string& key;
  std::span<const WindowOperation> operations;
  std::span<const KeyState> starts;
  std::span<const WindowOperation> recent;  ///< writes before the window
};

/// How moments are named: by time, or, where a history tells none, by its lines (the numbers of events).
enum class Moments : std::uint8_t { times, nanoseconds, lines };
/// How values are shown. `texts` and `lists`: as history/client_values.hpp keeps them.
enum class Values : std::uint8_t { plain, texts, lists };
struct Wording {
  Moments moments = Moments::times;
  Values values = Values::plain;
  bool typed = false;  ///< strings are told from other data
};
std::string worded(const std::optional<std::string>& value, const Wording& wording);
/// Of a list. `element`: as it is kept.
std::string worded_element(std::string_view element, const Wording& wording);

/// The sentence and evidence for it.
struct WindowStory {
  std::string sentence;
  std::vector<Evidence> evidence;
  EventId event;  ///< the answer that no order can explain
  Instant time;
};
WindowStory tell(const StuckWindow& window, const Wording& wording, KeySearch& search);

}  // namespace raftsim::checkers
