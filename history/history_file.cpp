#include "history/history_file.hpp"

#include <fmt/format.h>

namespace raftsim::history {

std::string HistoryError::text() const {
  if (line == 0) return fmt::format("{}: {}", path, what);
  if (column == 0) return fmt::format("{}:{}: {}", path, line, what);
  return fmt::format("{}:{}:{}: {}", path, line, column, what);
}

}  // namespace raftsim::history
