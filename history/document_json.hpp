// What is written as a whole, or as a part of another document: its JSON and its schema. Not installed: for
// history/ and reports/.
#pragma once

#include "history/json_fields.hpp"
#include "history/json_schema.hpp"
#include "history/run_info.hpp"
#include "history/run_result.hpp"

namespace raftsim::history {

JsonOut encode(const RunInfo& info);
JsonOut schema_of(Type<RunInfo>, const Schemas& schemas);

/// raftsim/verdict@1.
JsonOut encode(const RunResult& result);
JsonOut schema_of(Type<RunResult>, const Schemas& schemas);

/// The classes that were configured or fired, by name.
JsonOut encode(const FaultLedger& ledger);
void decode(const JsonIn& j, FaultLedger& out, Trouble& trouble);
JsonOut schema_of(Type<FaultLedger>, const Schemas& schemas);

}  // namespace raftsim::history
