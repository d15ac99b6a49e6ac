// The results of `lookbook bench` for a terminal: whole lines, each ended by '\n'.
#pragma once

#include <string>

#include "client/bench_report.h"
#include "client/terminal.h"

namespace lookbook {

// What was asked, of what, the figures, and the recall beside them; or, instead of figures, what
// spoiled them.
std::string RenderBench(const BenchReport& report, const TextStyle& style);

}  // namespace lookbook
