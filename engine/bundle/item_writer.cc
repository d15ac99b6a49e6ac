// ItemWriter; declared in items.h.
#include <algorithm>
#include <filesystem>
#include <functional>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "engine/bundle/items.h"
#include "engine/bundle/items_schema.h"
#include "engine/bundle/utf8.h"

namespace lookbook {
namespace {

absl::Status CheckText(absl::string_view what, absl::string_view id, absl::string_view text) {
  if (IsUtf8(text)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("item \"", absl::CHexEscape(id), "\": ", what,
                                                 " \"", absl::CHexEscape(text), "\" is not UTF-8"));
}

absl::Status CheckIds(absl::string_view what, const Item& item, const std::vector<uint32_t>& ids) {
  if (std::adjacent_find(ids.begin(), ids.end(), std::greater_equal<>()) == ids.end())
    return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("item \"", item.id, "\": ", what, " are not ascending and distinct"));
}

}  // namespace

struct ItemWriter::Impl {
  explicit Impl(const std::string& file)
      : path(file), database(std::in_place, file, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE) {
    // One transaction into a file that counts only when it is complete: no journal is needed, and
    // BundleWriter::Publish() is what makes it durable.
    database->exec("PRAGMA journal_mode = OFF");
    database->exec("PRAGMA synchronous = OFF");
    database->exec("BEGIN EXCLUSIVE");
    database->exec(kItemsSchema);
    database->exec(absl::StrCat("PRAGMA application_id = ", kItemsApplicationId));
    database->exec(absl::StrCat("PRAGMA user_version = ", kItemsVersion));
    insert_item.emplace(*database, "INSERT INTO items VALUES (?, ?, ?, ?)");
    insert_class.emplace(*database, "INSERT INTO item_classes VALUES (?, ?)");
    insert_attribute.emplace(*database, "INSERT INTO item_attributes VALUES (?, ?)");
    insert_thumbnail.emplace(*database, "INSERT INTO thumbnails VALUES (?, ?)");
  }

  void Insert(const Item& item, absl::string_view thumbnail);
  void InsertIds(const std::vector<uint32_t>& ids, SQLite::Statement* statement);
  void Close();

  std::string path;
  std::optional<SQLite::Database> database;
  std::optional<SQLite::Statement> insert_item, insert_class, insert_attribute, insert_thumbnail;
  absl::flat_hash_set<std::string> ids;
  int64_t next_row = 0;
  bool open = true;       // Add() and Finish() may be called.
  bool finished = false;  // Finish() succeeded.
};

void ItemWriter::Impl::InsertIds(const std::vector<uint32_t>& list, SQLite::Statement* statement) {
  for (uint32_t id : list) {
    statement->reset();
    statement->bind(1, next_row);
    statement->bind(2, static_cast<int64_t>(id));
    statement->exec();
  }
}

void ItemWriter::Impl::Insert(const Item& item, absl::string_view thumbnail) {
  insert_item->reset();
  insert_item->bind(1, next_row);
  insert_item->bind(2, item.id);
  insert_item->bind(3, item.uri);
  insert_item->bind(4, item.split);
  insert_item->exec();
  InsertIds(item.class_ids, &*insert_class);
  InsertIds(item.attribute_ids, &*insert_attribute);
  if (thumbnail.empty()) return;
  insert_thumbnail->reset();
  insert_thumbnail->bind(1, next_row);
  insert_thumbnail->bindNoCopy(2, thumbnail.data(), static_cast<int>(thumbnail.size()));
  insert_thumbnail->exec();
}

void ItemWriter::Impl::Close() {
  insert_item.reset();
  insert_class.reset();
  insert_attribute.reset();
  insert_thumbnail.reset();
  database.reset();
}

ItemWriter::ItemWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

ItemWriter::~ItemWriter() {
  if (impl_->finished) return;
  impl_->Close();
  std::error_code ignored;  // Nobody is left to tell; the folder around it is swept as well.
  std::filesystem::remove(impl_->path, ignored);
}

absl::StatusOr<std::unique_ptr<ItemWriter>> ItemWriter::Create(const std::string& path) {
  if (PathExists(path)) return absl::AlreadyExistsError(absl::StrCat(path, " exists"));
  return CatchSqlite(path, [&]() -> absl::StatusOr<std::unique_ptr<ItemWriter>> {
    return std::unique_ptr<ItemWriter>(new ItemWriter(std::make_unique<Impl>(path)));
  });
}

absl::Status ItemWriter::Add(const Item& item, absl::string_view thumbnail_jpeg) {
  if (!impl_->open)
    return absl::FailedPreconditionError(absl::StrCat(impl_->path, " was finished or has failed"));
  if (item.id.empty())
    return absl::InvalidArgumentError(absl::StrCat("item ", impl_->next_row, " has an empty id"));
  LB_RETURN_IF_ERROR(CheckText("id", item.id, item.id));
  LB_RETURN_IF_ERROR(CheckText("uri", item.id, item.uri));
  LB_RETURN_IF_ERROR(CheckText("split", item.id, item.split));
  LB_RETURN_IF_ERROR(CheckIds("class ids", item, item.class_ids));
  LB_RETURN_IF_ERROR(CheckIds("attribute ids", item, item.attribute_ids));
  if (!impl_->ids.insert(item.id).second) {
    return absl::InvalidArgumentError(absl::StrCat("item id \"", item.id, "\" was added before"));
  }
  const absl::Status status = CatchSqlite(impl_->path, [&]() -> absl::Status {
    impl_->Insert(item, thumbnail_jpeg);
    return absl::OkStatus();
  });
  impl_->open = status.ok();
  ++impl_->next_row;
  return status;
}

absl::Status ItemWriter::Finish() {
  if (!impl_->open)
    return absl::FailedPreconditionError(absl::StrCat(impl_->path, " was finished or has failed"));
  impl_->open = false;
  LB_RETURN_IF_ERROR(CatchSqlite(impl_->path, [&]() -> absl::Status {
    impl_->database->exec("COMMIT");
    impl_->Close();
    return absl::OkStatus();
  }));
  impl_->finished = true;
  return absl::OkStatus();
}

}  // namespace lookbook
