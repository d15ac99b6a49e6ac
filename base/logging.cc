#include "base/logging.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/last_words.h"
#include "base/log_target.h"
#include "base/snapshot.h"

namespace lookbook {
namespace {

std::atomic<LogFormat> log_format{LogFormat::kText};

std::atomic<LogLevel> lowest_level{LogLevel::kInfo};

std::array<std::atomic<int64_t>, 4> logged_lines{};  // By LogLevel.

struct LogTarget {
  std::shared_ptr<spdlog::logger> logger;
};

// spdlog does locking and writing; the line itself is ours.
std::shared_ptr<const LogTarget> FirstTarget() {
  static const auto* const target = [] {
    auto logger = std::make_shared<spdlog::logger>(
        "lookbook", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_pattern("%v");
    logger->set_level(spdlog::level::trace);
    logger->flush_on(spdlog::level::trace);
    return new std::shared_ptr<const LogTarget>(new LogTarget{std::move(logger)});
  }();
  return *target;
}

Snapshot<LogTarget>& Target() {
  static auto* const target = [] {
    auto* made = new Snapshot<LogTarget>;
    made->Swap(FirstTarget());
    return made;
  }();
  return *target;
}

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return spdlog::level::debug;
    case LogLevel::kInfo: return spdlog::level::info;
    case LogLevel::kWarning: return spdlog::level::warn;
    case LogLevel::kError: return spdlog::level::err;
  }
  return spdlog::level::info;
}

// Most text needs no escapes, and then no JSON library.
bool IsPlain(absl::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= 0x20 && c <= 0x7e && c != '"' && c != '\\'; });
}

std::string Quote(absl::string_view text) {
  if (IsPlain(text)) return absl::StrCat("\"", text, "\"");
  return nlohmann::json(std::string(text))
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool IsFiniteNumber(const LogField& field) {
  if (!field.is_number) return false;
  if (field.value == "true" || field.value == "false") return true;
  return std::isfinite(std::strtod(field.value.c_str(), nullptr));
}

std::string TextValue(const LogField& field) {
  const bool plain = !field.value.empty() &&
                     field.value.find_first_not_of(
                         "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:/+-@%,") ==
                         std::string::npos;
  return plain ? field.value : Quote(field.value);
}

}  // namespace

absl::string_view LogLevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return "debug";
    case LogLevel::kInfo: return "info";
    case LogLevel::kWarning: return "warning";
    case LogLevel::kError: return "error";
  }
  return "info";
}

absl::StatusOr<LogLevel> ParseLogLevel(absl::string_view text) {
  for (LogLevel level :
       {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning, LogLevel::kError}) {
    if (text == LogLevelName(level)) return level;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("log level \"", text, "\" is none of debug, info, warning, error"));
}

absl::StatusOr<LogFormat> ParseLogFormat(absl::string_view text) {
  if (text == "text") return LogFormat::kText;
  if (text == "json") return LogFormat::kJson;
  return absl::InvalidArgumentError(
      absl::StrCat("log format \"", text, "\" is neither text nor json"));
}

void SetLogTarget(std::shared_ptr<spdlog::logger> next) {
  if (next == nullptr) {
    Target().Swap(FirstTarget());
  } else {
    Target().Swap(std::make_shared<LogTarget>(LogTarget{std::move(next)}));
  }
}

void ConfigureLogging(LogLevel level, LogFormat format) {
  lowest_level = level;
  log_format = format;
}

void SetLogLevel(LogLevel level) { lowest_level.store(level, std::memory_order_relaxed); }

LogLevel LowestLogLevel() { return lowest_level.load(std::memory_order_relaxed); }

std::string FormatLogLine(LogFormat format, LogLevel level, absl::string_view timestamp,
                          absl::string_view message, std::initializer_list<LogField> fields) {
  if (format == LogFormat::kJson) {
    std::string line =
        absl::StrCat("{\"ts\":", Quote(timestamp), ",\"level\":", Quote(LogLevelName(level)),
                     ",\"msg\":", Quote(message));
    for (const LogField& field : fields) {
      absl::StrAppend(&line, ",", Quote(field.name), ":",
                      IsFiniteNumber(field) ? field.value : Quote(field.value));
    }
    return line + "}";
  }
  std::string upper(LogLevelName(level));
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  std::string text(message);
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  std::string line = absl::StrCat(timestamp, " ", upper, " ", text);
  for (const LogField& field : fields) absl::StrAppend(&line, " ", field.name, "=", TextValue(field));
  return line;
}

void Log(LogLevel level, absl::string_view message, std::initializer_list<LogField> fields) {
  if (level < lowest_level.load(std::memory_order_relaxed)) return;
  logged_lines[static_cast<size_t>(level)].fetch_add(1, std::memory_order_relaxed);
  const std::string now =
      absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone());
  WriteLogLine(level, FormatLogLine(log_format, level, now, message, fields));
}

LogFormat CurrentLogFormat() { return log_format; }

void WriteLogLine(LogLevel level, const std::string& line) {
  Target().Get()->logger->log(ToSpdlog(level), line);
}

int64_t LoggedLines(LogLevel level) {
  return logged_lines[static_cast<size_t>(level)].load(std::memory_order_relaxed);
}

}  // namespace lookbook
