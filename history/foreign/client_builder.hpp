// What the readers of clients' histories share: interning of keys and texts, what is worth knowing to guess a
// model, and errors that show their line. Private to history/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "history/client_history.hpp"
#include "history/line_source.hpp"

namespace raftsim::history {

/// `PATH:LINE:COLUMN: WHAT`, the line itself, and a caret below it with `help`. `column` from 1.
HistoryError error_in_line(const LineSource& source, std::size_t column, std::string what,
                           std::string_view help);
HistoryError error_in_line(std::string path, std::uint64_t number, std::string_view line, std::size_t column,
                           std::string what, std::string_view help);

/// Where something of interest to the model was first seen; 0: nowhere.
struct ClientTraits {
  std::uint64_t put = 0, cas = 0, remove = 0, append = 0;
  std::uint64_t read_list = 0;       ///< a get that returned a list
  std::uint64_t read_string = 0;     ///< a get that returned a string
  std::uint64_t read_nil = 0;        ///< a get that returned nil, or a cas that expected it
  std::uint64_t read_empty = 0;      ///< the same of ""
  std::uint64_t append_other = 0;    ///< an append of what is no string
  std::uint64_t word_nil = 0;        ///< JSONL: the string "nil" returned or expected
  std::uint64_t wrote_word_nil = 0;  ///< it, or an end of it that was appended
};

class ClientBuilder {
 public:
  explicit ClientBuilder(std::string path, ClientForm form);

  /// `apart`: the same for the same key only, where `name` may be that of a string and of a number.
  std::uint32_t key(std::string_view name, std::string_view apart);
  std::uint32_t key(std::string_view name) { return key(name, name); }
  TextSpan text(std::string_view bytes);
  /// A string of a form that tells strings from other data.
  TextSpan string(std::string_view bytes);
  static TextSpan nil() { return {}; }
  std::vector<ClientOperation>& operations() { return history_.operations; }
  ClientTraits& traits() { return traits_; }
  ClientHistory& history() { return history_; }
  void count(OperationKind kind, std::uint64_t line);

  /// Decides the model, and what follows from it. The builder is spent.
  std::variant<ClientHistory, HistoryError> finish(std::optional<Model> asked);

 private:
  std::variant<Model, HistoryError> guessed() const;
  std::optional<HistoryError> misfit(Model model) const;
  ClientHistory::Clock resolution() const;
  bool nil_is_unset() const;
  bool is_typed(Model model) const;
  void strings_apart();
  void keys_apart();
  void as_lists();
  void word_nil_is_absent();

  ClientHistory history_;
  ClientTraits traits_;
  std::unordered_map<std::string, std::uint32_t> key_number_;  // looked up only, never walked
  std::vector<std::string> key_apart_;                         ///< by number
};

/// Each reads from the present line on.
std::variant<ClientHistory, HistoryError> read_client_jsonl(LineSource& source, std::string path,
                                                            std::optional<Model> model);
std::variant<ClientHistory, HistoryError> read_jepsen_edn(LineSource& source, std::string path,
                                                          std::optional<Model> model);
std::variant<ClientHistory, HistoryError> read_jepsen_log(LineSource& source, std::string path,
                                                          std::optional<Model> model);

}  // namespace raftsim::history
