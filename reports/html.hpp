// The HTML report: one self-contained file that opens from disk. Verdict, story and a static picture are in
// the markup; the page's script (viewer/) draws everything else from a compressed columnar payload.
#pragma once

#include <string>

#include "history/run_result.hpp"
#include "reports/timeline.hpp"

namespace raftsim::reports {

struct ReportContext {
  std::string version;    ///< like `sim 0.1.0+1a2b3c4, scenario 9f2c7e1`
  std::string reproduce;  ///< the command line that runs this again
  std::string text = {};  ///< the verdict as text; empty: that of a run (verdict_text.hpp)
  std::string note = {};  ///< what the page says of itself: what was left out
};

/// Never fails; any text in a history (keys, values, file names) is shown as text, whatever it holds.
std::string html_report(const Timeline& timeline, const history::RunResult& result,
                        const ReportContext& context);

}  // namespace raftsim::reports
