// For a program that ends: says why, where its log goes.
#pragma once

#include <string>

#include "base/logging.h"

namespace lookbook {

// What ConfigureLogging() was told last. Thread-safe.
LogFormat CurrentLogFormat();

// `line`, without a line end, as it is and behind the lines of the log before it. Thread-safe.
void WriteLogLine(LogLevel level, const std::string& line);

}  // namespace lookbook
