// The terminal text of a judged history of clients' operations: like that of a run (verdict_text.hpp), but it
// names lines of the file, since there are no events, and no seed.
#pragma once

#include <string>

#include "history/client_history.hpp"
#include "history/run_result.hpp"
#include "reports/verdict_text.hpp"

namespace raftsim::reports {

enum class ModelFrom : std::uint8_t { told, guessed };

struct ClientTextOptions {
  Color color = Color::plain;
  ModelFrom model_from = ModelFrom::told;
};

/// `result` is the judgement of `history`. Ends with a newline; at most 25 lines.
std::string client_text(const history::ClientHistory& history, const history::RunResult& result,
                        const ClientTextOptions& options);

}  // namespace raftsim::reports
