// What `lookbook bench --json` writes. docs/load_testing.md describes the fields.
#pragma once

#include <string>

#include "client/bench_report.h"

namespace lookbook {

// One indented object, ended by '\n'. Where there are no figures, each of their fields is null.
std::string BenchToJson(const BenchReport& report);

}  // namespace lookbook
