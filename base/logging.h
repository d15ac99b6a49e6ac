// Log lines with named fields, as text for people or JSON for machines, on standard error; written by
// the thread that logs, unless a BackgroundLog lives (background_log.h).
//
//   LogInfo("bundle loaded", {{"bundle", name}, {"seconds", elapsed}});
//   2026-11-23T10:15:00.123Z INFO bundle loaded bundle=default seconds=1.5
//   {"ts":"2026-11-23T10:15:00.123Z","level":"info","msg":"bundle loaded","bundle":"default","seconds":1.5}
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace lookbook {

enum class LogLevel { kDebug, kInfo, kWarning, kError };
enum class LogFormat { kText, kJson };

// "debug" | "info" | "warning" | "error". InvalidArgument names the value.
absl::StatusOr<LogLevel> ParseLogLevel(absl::string_view text);
// What ParseLogLevel() reads.
absl::string_view LogLevelName(LogLevel level);
// "text" | "json".
absl::StatusOr<LogFormat> ParseLogFormat(absl::string_view text);

struct LogField {
  template <typename T>
  LogField(absl::string_view field_name, const T& field_value)
      : name(field_name),
        value(ToText(field_value)),
        is_number(std::is_arithmetic_v<T>) {}

  absl::string_view name;
  std::string value;
  bool is_number;  // Numbers and booleans stand without quotes in JSON.

 private:
  static std::string ToText(bool value) { return value ? "true" : "false"; }
  static std::string ToText(const absl::Status& status) { return status.ToString(); }
  template <typename T>
  static std::string ToText(const T& value) {
    return absl::StrCat(value);
  }
};

// Sets format and lowest level for the whole process. Thread-safe; the default is text from kInfo up.
void ConfigureLogging(LogLevel level, LogFormat format);

// The lowest level alone, which other threads follow from their next line on. Thread-safe.
void SetLogLevel(LogLevel level);
LogLevel LowestLogLevel();

// One line, formatted as it would be written; for tests. `timestamp` is RFC 3339.
std::string FormatLogLine(LogFormat format, LogLevel level, absl::string_view timestamp,
                          absl::string_view message, std::initializer_list<LogField> fields);

// Thread-safe. Values are escaped; a line never spans two.
void Log(LogLevel level, absl::string_view message, std::initializer_list<LogField> fields = {});

// Lines of `level` that Log() has made in this process, written or dropped; what is below the lowest
// level is no line. Thread-safe.
int64_t LoggedLines(LogLevel level);

inline void LogDebug(absl::string_view message, std::initializer_list<LogField> fields = {}) {
  Log(LogLevel::kDebug, message, fields);
}
inline void LogInfo(absl::string_view message, std::initializer_list<LogField> fields = {}) {
  Log(LogLevel::kInfo, message, fields);
}
inline void LogWarning(absl::string_view message, std::initializer_list<LogField> fields = {}) {
  Log(LogLevel::kWarning, message, fields);
}
inline void LogError(absl::string_view message, std::initializer_list<LogField> fields = {}) {
  Log(LogLevel::kError, message, fields);
}

}  // namespace lookbook
