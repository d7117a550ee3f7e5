// What clients of any system asked and were told, as other tools record it: no servers, no messages, only
// calls and answers. Three forms are read, plain or zstd, told apart by their content:
//
//   client JSONL       {"client":0,"call":17,"return":42,"op":"put","key":"k","value":"v","output":"o"}
//   Jepsen EDN         {:process 0, :type :invoke, :f :append, :key "0", :value "x"}
//   Jepsen's console   INFO  jepsen.util - 0	:invoke	:read	nil
//
// What each outcome means (formats.md, and Jepsen): `ok` took effect once between call and answer; `fail`
// never took effect, and that of a cas without an error says that the key did not hold what was expected;
// `info`, no answer, and an output "?" are unknown: it takes effect at most once, at any later time, or
// never.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "history/history_file.hpp"
#include "history/reader.hpp"
#include "history/run_info.hpp"
#include "seam/operation.hpp"

namespace raftsim::history {

enum class ClientForm : std::uint8_t { jsonl, jepsen_edn, jepsen_log };
/// `Jepsen EDN`.
std::string_view form_name(ClientForm form);

/// A piece of ClientHistory::text; not present: absent (nil).
struct TextSpan {
  std::uint64_t begin = 0;
  std::uint32_t size = 0;
  bool present = false;
  bool string = false;  ///< while it is read: a quote stands before it, which counts if the history is typed
};

struct ClientOperation {
  enum class End : std::uint8_t { ok, failed, unknown };

  OperationKind kind = OperationKind::get;
  End end = End::unknown;
  bool applied = true;  ///< of a cas that ended ok: whether it swapped
  std::uint32_t client = 0;
  std::uint32_t key = 0;  ///< place in ClientHistory::keys
  /// Among the operations of its client, those that it called before have smaller ones.
  std::uint32_t turn = 0;
  /// It was called at the very moment of its client's last answer: `call` and `back`, by which the two
  /// overlap, do not tell that the one was over before the other began.
  bool at_once = false;
  /// Positions in the order of time. An operation of one client is over before one of another begins iff its
  /// `back` is smaller than the other's `call`.
  std::uint64_t call = 0, back = 0;
  TextSpan value, expected;  ///< put, append, cas
  TextSpan returned;         ///< get
  std::uint64_t called_line = 0, answered_line = 0;
  Instant called_at, answered_at;  ///< where the history tells times
};

struct ClientHistory {
  std::string path;
  ClientForm form{};
  Model model = Model::none;
  /// A key that was never written reads as the empty value, not as absent.
  bool unset_is_empty = false;
  /// Strings are told from other data (client_values.hpp).
  bool typed = false;
  /// What it tells of time: nothing; times so short that only nanoseconds tell them apart; times.
  enum class Clock : std::uint8_t { none, fine, coarse } clock = Clock::none;
  std::vector<std::string> keys;
  std::vector<ClientOperation> operations;
  std::string text;  ///< as client_values.hpp keeps values

  std::string_view view(TextSpan span) const { return std::string_view(text).substr(span.begin, span.size); }
};

/// `register`, `kv`, `append` (also `list-append`); nothing for any other word.
std::optional<Model> model_named(std::string_view word);
std::string_view model_name(Model model);

/// A history of ours, not yet played, or one of somebody else, read whole. `model`: what the clients' history
/// is of; nothing: guessed from what it does, and where that does not decide, an error that asks.
using AnyHistory = std::variant<HistoryReader, ClientHistory, HistoryError>;
AnyHistory open_any_history(const std::string& path, std::optional<Model> model);
/// The same of bytes in memory; `name` stands for the path in errors.
AnyHistory any_history_from_bytes(std::string name, std::string bytes, std::optional<Model> model);

}  // namespace raftsim::history
