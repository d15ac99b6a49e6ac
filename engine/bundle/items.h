// The catalogue of a bundle: items.sqlite.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/index/row_set.h"

namespace lookbook {

struct Item {
  std::string id;
  std::vector<uint32_t> class_ids;      // Ascending, distinct.
  std::vector<uint32_t> attribute_ids;  // Ascending, distinct.
  std::string uri;
  std::string split;
};

// any: at least one (when not empty); all: every one; none: not one.
struct IdFilter {
  std::vector<uint32_t> any;
  std::vector<uint32_t> all;
  std::vector<uint32_t> none;
  bool empty() const { return any.empty() && all.empty() && none.empty(); }
};

// Facts are held in memory; thumbnails stay in the file. Thread-safe.
class ItemStore {
 public:
  // Opens the file read-only and immutable and reads every fact.
  // DataLoss "format": not an items file of this version, or rows are not 0 … n-1. NotFound "io":
  // no such file.
  static absl::StatusOr<std::unique_ptr<ItemStore>> Open(const std::string& path);
  ~ItemStore();

  int64_t size() const;
  // REQUIRES: 0 <= row < size().
  const Item& item(int64_t row) const;
  // NotFound names the id.
  absl::StatusOr<int64_t> RowOf(absl::string_view item_id) const;
  // JPEG, longest side 128 px. NotFound: the item has none. OutOfRange: no such row.
  absl::StatusOr<std::string> Thumbnail(int64_t row) const;

  // Every class and attribute id that an item carries, ascending.
  std::vector<uint32_t> ClassIds() const;
  std::vector<uint32_t> AttributeIds() const;

  // Rows that pass both filters. Ids no item carries match nothing; the caller checks ids against
  // the manifest.
  RowSet Select(const IdFilter& classes, const IdFilter& attributes) const;

 private:
  struct Impl;
  explicit ItemStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Writes items.sqlite; equal items in equal order give equal bytes. A file that was not finished is
// removed when its writer goes. Not thread-safe.
class ItemWriter {
 public:
  // Creates `path`; AlreadyExists when it is there.
  static absl::StatusOr<std::unique_ptr<ItemWriter>> Create(const std::string& path);
  ~ItemWriter();

  // The next row; an empty thumbnail means none. InvalidArgument, and nothing is added: an empty id
  // or one that was added before, text that is not UTF-8, lists that are not ascending and
  // distinct. Any other error (a full disk) ends the file: later calls return FailedPrecondition.
  absl::Status Add(const Item& item, absl::string_view thumbnail_jpeg);
  // Commits and closes. Nothing can be added afterwards.
  absl::Status Finish();

 private:
  struct Impl;
  explicit ItemWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lookbook
