#include "engine/bundle/items.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "engine/bundle/bundle_error.h"
#include "engine/bundle/items_schema.h"

namespace lookbook {
namespace {

// immutable=1: no lock, no journal and no -wal file beside it is looked at.
std::string ImmutableUri(const std::string& path) {
  const std::string absolute = std::filesystem::absolute(path).string();
  return absl::StrCat("file://",
                      absl::StrReplaceAll(absolute, {{"%", "%25"}, {"?", "%3f"}, {"#", "%23"}}),
                      "?mode=ro&immutable=1");
}

using IdBitmaps = absl::flat_hash_map<uint32_t, RowSet>;

std::vector<uint32_t> SortedIds(const IdBitmaps& bitmaps) {
  std::vector<uint32_t> ids;
  for (const auto& [id, rows] : bitmaps) ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

// Takes away from `rows` what does not pass `filter`.
void Apply(const IdFilter& filter, const IdBitmaps& bitmaps, RowSet* rows) {
  const RowSet nothing(rows->rows());
  const auto with = [&](uint32_t id) -> const RowSet& {
    const auto it = bitmaps.find(id);
    return it == bitmaps.end() ? nothing : it->second;
  };
  if (!filter.any.empty()) {
    RowSet any(rows->rows());
    for (uint32_t id : filter.any) any |= with(id);
    *rows &= any;
  }
  for (uint32_t id : filter.all) *rows &= with(id);
  for (uint32_t id : filter.none) rows->Subtract(with(id));
}

}  // namespace

struct ItemStore::Impl {
  // FULLMUTEX: SQLite's own lock serialises the threads that ask for thumbnails.
  explicit Impl(const std::string& file)
      : path(file),
        database(ImmutableUri(file),
                 SQLite::OPEN_READONLY | SQLite::OPEN_URI | SQLite::OPEN_FULLMUTEX) {}

  absl::Status CheckHeader();
  absl::Status ReadItems();
  // Reads (row, id) pairs into one list of every item and into the bitmaps.
  absl::Status ReadIds(const std::string& query, std::vector<uint32_t> Item::*list,
                       IdBitmaps* bitmaps);

  std::string path;
  SQLite::Database database;
  std::vector<Item> items;
  absl::flat_hash_map<absl::string_view, int64_t> row_of;  // Keys lie in `items`.
  IdBitmaps class_rows;
  IdBitmaps attribute_rows;
};

absl::Status ItemStore::Impl::CheckHeader() {
  database.exec("PRAGMA trusted_schema = OFF");
  const int application = database.execAndGet("PRAGMA application_id").getInt();
  const int version = database.execAndGet("PRAGMA user_version").getInt();
  if (application != kItemsApplicationId) {
    return BundleError("format", path, " has application_id ", application, ", not ",
                       kItemsApplicationId);
  }
  if (version != kItemsVersion) {
    return BundleError("format", path, " has version ", version, ", not ", kItemsVersion);
  }
  return absl::OkStatus();
}

absl::Status ItemStore::Impl::ReadItems() {
  SQLite::Statement query(database, "SELECT row, id, uri, split FROM items ORDER BY row");
  while (query.executeStep()) {
    const int64_t row = query.getColumn(0).getInt64();
    if (row != static_cast<int64_t>(items.size())) {
      return BundleError("format", path, ": row ", row, " stands where row ", items.size(),
                         " must");
    }
    Item item;
    item.id = query.getColumn(1).getString();
    item.uri = query.getColumn(2).getString();
    item.split = query.getColumn(3).getString();
    if (item.id.empty()) return BundleError("format", path, ": row ", row, " has an empty id");
    items.push_back(std::move(item));
  }
  row_of.reserve(items.size());
  for (size_t row = 0; row < items.size(); ++row) {
    if (!row_of.emplace(items[row].id, static_cast<int64_t>(row)).second) {
      return BundleError("format", path, ": id \"", items[row].id, "\" stands twice");
    }
  }
  return absl::OkStatus();
}

absl::Status ItemStore::Impl::ReadIds(const std::string& query_text,
                                      std::vector<uint32_t> Item::*list, IdBitmaps* bitmaps) {
  const int64_t rows = static_cast<int64_t>(items.size());
  SQLite::Statement query(database, query_text);
  while (query.executeStep()) {
    const int64_t row = query.getColumn(0).getInt64();
    const int64_t id = query.getColumn(1).getInt64();
    if (row < 0 || row >= rows)
      return BundleError("format", path, ": id ", id, " belongs to no item: row ", row);
    if (id < 0 || id > std::numeric_limits<uint32_t>::max()) {
      return BundleError("format", path, ": row ", row, " has id ", id, ", which is not a uint32");
    }
    std::vector<uint32_t>& ids = items[row].*list;
    if (!ids.empty() && id <= ids.back())
      return BundleError("format", path, ": row ", row, " has id ", id, " twice");
    ids.push_back(static_cast<uint32_t>(id));
    bitmaps->try_emplace(static_cast<uint32_t>(id), rows).first->second.Insert(row);
  }
  return absl::OkStatus();
}

ItemStore::ItemStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ItemStore::~ItemStore() = default;

absl::StatusOr<std::unique_ptr<ItemStore>> ItemStore::Open(const std::string& path) {
  if (!PathExists(path))
    return WithReason(absl::NotFoundError(absl::StrCat("there is no file ", path)), "io");
  return CatchSqlite(path, [&]() -> absl::StatusOr<std::unique_ptr<ItemStore>> {
    auto impl = std::make_unique<Impl>(path);
    LB_RETURN_IF_ERROR(impl->CheckHeader());
    LB_RETURN_IF_ERROR(impl->ReadItems());
    LB_RETURN_IF_ERROR(
        impl->ReadIds("SELECT row, class_id FROM item_classes ORDER BY row, class_id",
                      &Item::class_ids, &impl->class_rows));
    LB_RETURN_IF_ERROR(
        impl->ReadIds("SELECT row, attribute_id FROM item_attributes ORDER BY row, attribute_id",
                      &Item::attribute_ids, &impl->attribute_rows));
    return std::unique_ptr<ItemStore>(new ItemStore(std::move(impl)));
  });
}

int64_t ItemStore::size() const { return static_cast<int64_t>(impl_->items.size()); }

const Item& ItemStore::item(int64_t row) const { return impl_->items[static_cast<size_t>(row)]; }

absl::StatusOr<int64_t> ItemStore::RowOf(absl::string_view item_id) const {
  const auto it = impl_->row_of.find(item_id);
  if (it == impl_->row_of.end())
    return absl::NotFoundError(absl::StrCat("no item has the id \"", item_id, "\""));
  return it->second;
}

absl::StatusOr<std::string> ItemStore::Thumbnail(int64_t row) const {
  if (row < 0 || row >= size()) {
    return absl::OutOfRangeError(absl::StrCat("row ", row, " is not in 0 to ", size() - 1));
  }
  return CatchSqlite(impl_->path, [&]() -> absl::StatusOr<std::string> {
    // A statement of its own for every call: statements must not be shared between threads.
    SQLite::Statement query(impl_->database, "SELECT jpeg FROM thumbnails WHERE row = ?");
    query.bind(1, static_cast<int64_t>(row));
    if (!query.executeStep()) {
      return absl::NotFoundError(absl::StrCat("item \"", item(row).id, "\" has no thumbnail"));
    }
    const SQLite::Column jpeg = query.getColumn(0);
    return std::string(static_cast<const char*>(jpeg.getBlob()),
                       static_cast<size_t>(jpeg.getBytes()));
  });
}

std::vector<uint32_t> ItemStore::ClassIds() const { return SortedIds(impl_->class_rows); }
std::vector<uint32_t> ItemStore::AttributeIds() const { return SortedIds(impl_->attribute_rows); }

RowSet ItemStore::Select(const IdFilter& classes, const IdFilter& attributes) const {
  RowSet rows(size(), /*full=*/true);
  Apply(classes, impl_->class_rows, &rows);
  Apply(attributes, impl_->attribute_rows, &rows);
  return rows;
}

}  // namespace lookbook
