// Where finished log lines go; for logging.cc and background_log.cc alone.
#pragma once

#include <spdlog/logger.h>

#include <memory>

namespace lookbook {

// Every later line goes to `next`, which must take lines of every level; null means the logger that
// a process begins with, which writes to standard error on the thread that logs. Thread-safe; a
// thread may still be inside the one before, which it keeps alive.
void SetLogTarget(std::shared_ptr<spdlog::logger> next);

}  // namespace lookbook
