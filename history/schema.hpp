// The JSON Schemas (draft-07) of what is written here, made from the tables that write it. They tell what
// this version writes; readers ignore fields that they do not know.
#pragma once

#include <string>

namespace raftsim::history {

/// raftsim/verdict@1: the object of one run. On one line, as all of these.
std::string verdict_schema();
/// raftsim/history@1: one line of a history.
std::string history_schema();

}  // namespace raftsim::history
