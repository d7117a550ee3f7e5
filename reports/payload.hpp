// The data of the page: a header in JSON (names, verdict, where each column lies), then the columns' bytes.
//   u32 little-endian: length of the header; the header, UTF-8; the columns, one after another.
// Columns of the group `all` have a value for every row; those of another group one for each row whose kind
// belongs to it (header.groups: kind number -> group), in order.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "history/run_result.hpp"
#include "reports/html.hpp"
#include "reports/timeline.hpp"

namespace raftsim::reports {

/// As laid out above, not compressed.
std::vector<std::uint8_t> payload_of(const Timeline& timeline, const history::RunResult& result,
                                     const ReportContext& context);

}  // namespace raftsim::reports
