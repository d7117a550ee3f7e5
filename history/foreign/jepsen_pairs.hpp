// From Jepsen's calls and answers, one a line, to operations: what its EDN and its console logs share.
// Private to history/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "history/foreign/client_builder.hpp"
#include "history/foreign/edn.hpp"

namespace raftsim::history {

enum class JepsenType : std::uint8_t { invoke, ok, fail, info };
std::optional<JepsenType> jepsen_type(std::string_view word);

struct JepsenLine {
  std::uint32_t process = 0;
  JepsenType type{};
  std::string f;
  const Edn* key = nullptr;
  const Edn* value = nullptr;  ///< null: none was told
  bool error = false;          ///< an error was told with it
  std::optional<Instant> time;
  std::uint64_t line = 0;
};

/// Something is wrong with a line: `at` is what part of it.
struct JepsenTrouble {
  enum class At : std::uint8_t { process, type, f, value } at{};
  std::string what;
  std::string help;
};

class JepsenPairs {
 public:
  explicit JepsenPairs(ClientBuilder& builder) : builder_(builder) {}

  /// Lines in the order of the history.
  std::optional<JepsenTrouble> add(const JepsenLine& line);

 private:
  struct Call {
    std::size_t operation = 0;
    bool keyed = false;  ///< its value is [key value], as of jepsen.independent
  };
  std::optional<JepsenTrouble> invoke(const JepsenLine& line);
  std::optional<JepsenTrouble> call_of(const JepsenLine& line, ClientOperation& o, bool& keyed);
  std::optional<JepsenTrouble> transaction(const JepsenLine& line, ClientOperation& o);
  std::optional<JepsenTrouble> swap(const Edn* value, ClientOperation& o);
  std::optional<JepsenTrouble> answer(const JepsenLine& line);
  std::optional<JepsenTrouble> returned(const Edn& value, ClientOperation& o, std::uint64_t line);
  void written(const Edn& value, ClientOperation& o, std::uint64_t line);
  TextSpan span(const Edn& value);
  std::uint32_t key(const Edn& key);

  ClientBuilder& builder_;
  std::unordered_map<std::uint32_t, Call> open_;  // by process; looked up only, never walked
  std::uint64_t position_ = 0;
};

}  // namespace raftsim::history
