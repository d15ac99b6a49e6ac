// What items.sqlite looks like and how its errors become statuses; for items.cc and item_writer.cc
// alone.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/exception_fence.h"
#include "base/reason.h"

namespace lookbook {

inline constexpr int kItemsApplicationId = 0x4C424954;  // "LBIT"
inline constexpr int kItemsVersion = 1;

// Thumbnails have a table of their own, so that reading all facts does not read all pictures.
inline constexpr char kItemsSchema[] = R"(
CREATE TABLE items (
  row INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  uri TEXT NOT NULL,
  split TEXT NOT NULL
) STRICT;
CREATE TABLE item_classes (
  row INTEGER NOT NULL,
  class_id INTEGER NOT NULL,
  PRIMARY KEY (row, class_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE item_attributes (
  row INTEGER NOT NULL,
  attribute_id INTEGER NOT NULL,
  PRIMARY KEY (row, attribute_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE thumbnails (
  row INTEGER PRIMARY KEY,
  jpeg BLOB NOT NULL
) STRICT;
)";

// Out of memory and a failing disk are no fault of the file; everything else means that it is not
// an items file.
inline absl::Status SqliteStatus(absl::string_view path, const SQLite::Exception& error) {
  const std::string message = absl::StrCat(path, ": ", error.what());
  const bool short_read = error.getExtendedErrorCode() == SQLITE_IOERR_SHORT_READ;
  switch (short_read ? SQLITE_CORRUPT : error.getErrorCode()) {
    case SQLITE_NOMEM:
      return WithReason(absl::ResourceExhaustedError(message), "memory");
    case SQLITE_FULL:
      return WithReason(absl::ResourceExhaustedError(message), "io");
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
      return WithReason(absl::UnavailableError(message), "io");
    default:
      return WithReason(absl::DataLossError(message), "format");
  }
}

// CatchToStatus that knows SQLite's codes.
template <typename Fn>
std::invoke_result_t<Fn> CatchSqlite(const std::string& path, Fn&& fn) noexcept {
  return CatchToStatus(path, [&]() -> std::invoke_result_t<Fn> {
    try {
      return fn();
    } catch (const SQLite::Exception& error) {
      return SqliteStatus(path, error);
    }
  });
}

}  // namespace lookbook
