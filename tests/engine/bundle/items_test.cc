#include "engine/bundle/items.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_bundle_files.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A file of MakeTestItems(), with the thumbnail "thumbnail <row>" for all but row 3.
struct ItemsFile {
  explicit ItemsFile(const TestBundleOptions& options = {}) : items(MakeTestItems(options)) {
    std::vector<std::string> thumbnails;
    for (size_t row = 0; row < items.size(); ++row) {
      thumbnails.push_back(row == 3 ? "" : absl::StrCat("thumbnail ", row));
    }
    EXPECT_THAT(WriteTestItems(folder.path(), items, thumbnails), IsOk());
    path = folder / "items.sqlite";
  }

  TempDir folder{TempDir::kMemory};
  std::vector<Item> items;
  std::string path;
};

TEST(ItemStoreTest, GivesBackEveryFact) {
  const ItemsFile file;
  LB_ASSERT_OK_AND_ASSIGN(const auto store, ItemStore::Open(file.path));
  ASSERT_EQ(store->size(), 40);
  for (int64_t row = 0; row < store->size(); ++row) {
    const Item& want = file.items[row];
    const Item& have = store->item(row);
    EXPECT_EQ(have.id, want.id);
    EXPECT_EQ(have.class_ids, want.class_ids);
    EXPECT_EQ(have.attribute_ids, want.attribute_ids);
    EXPECT_EQ(have.uri, want.uri);
    EXPECT_EQ(have.split, want.split);
    EXPECT_THAT(store->RowOf(want.id), IsOkAndHolds(row));
  }
  EXPECT_THAT(store->ClassIds(), ElementsAre(1, 4, 7, 10, 13));
  EXPECT_THAT(store->AttributeIds(), ElementsAre(2, 7, 12));
}

TEST(ItemStoreTest, AnUnknownIdIsNotFound) {
  const ItemsFile file;
  LB_ASSERT_OK_AND_ASSIGN(const auto store, ItemStore::Open(file.path));
  for (const char* id : {"", "item-40", "ITEM-1", "item-1 "}) {
    EXPECT_THAT(store->RowOf(id),
                StatusIs(absl::StatusCode::kNotFound, HasSubstr(absl::StrCat("\"", id, "\""))));
  }
}

TEST(ItemStoreTest, KeepsTextAndBytesAsTheyAre) {
  const TempDir folder(TempDir::kMemory);
  const std::string jpeg("\xFF\xD8\0\x01\xFF\xD9", 6);
  Item item;
  item.id = "a 'quoted' \"id\"; DROP TABLE items; -- \xC3\xA9";
  item.class_ids = {0, 4294967295u};
  item.uri = "s3://bucket/a?b=c&d=%20";
  ASSERT_THAT(WriteTestItems(folder.path(), {item}, {jpeg}), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const auto store, ItemStore::Open(folder / "items.sqlite"));
  EXPECT_EQ(store->item(0).id, item.id);
  EXPECT_EQ(store->item(0).uri, item.uri);
  EXPECT_EQ(store->item(0).split, "");
  EXPECT_THAT(store->item(0).class_ids, ElementsAre(0, 4294967295u));
  EXPECT_THAT(store->item(0).attribute_ids, IsEmpty());
  EXPECT_THAT(store->Thumbnail(0), IsOkAndHolds(jpeg));
}

TEST(ItemStoreTest, ThumbnailsThatAreNotThereAreNotFound) {
  const ItemsFile file;
  LB_ASSERT_OK_AND_ASSIGN(const auto store, ItemStore::Open(file.path));
  EXPECT_THAT(store->Thumbnail(3), StatusIs(absl::StatusCode::kNotFound, HasSubstr("item-3")));
  EXPECT_THAT(store->Thumbnail(40), StatusIs(absl::StatusCode::kOutOfRange, HasSubstr("40")));
  EXPECT_THAT(store->Thumbnail(-1), StatusIs(absl::StatusCode::kOutOfRange));
}

TEST(ItemStoreTest, ManyThreadsReadThumbnailsAtOnce) {
  const ItemsFile file;
  LB_ASSERT_OK_AND_ASSIGN(const auto store, ItemStore::Open(file.path));
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 500; ++i) {
        const int64_t row = (i * 7 + t * 11) % 40;
        const auto jpeg = store->Thumbnail(row);
        const bool right = row == 3 ? absl::IsNotFound(jpeg.status())
                                    : jpeg.ok() && *jpeg == absl::StrCat("thumbnail ", row);
        if (!right) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

bool Has(const std::vector<uint32_t>& ids, uint32_t id) {
  return std::count(ids.begin(), ids.end(), id) > 0;
}

// The definition in items.h, word for word.
bool Passes(const std::vector<uint32_t>& ids, const IdFilter& filter) {
  const auto has = [&](uint32_t id) { return Has(ids, id); };
  return (filter.any.empty() || std::any_of(filter.any.begin(), filter.any.end(), has)) &&
         std::all_of(filter.all.begin(), filter.all.end(), has) &&
         std::none_of(filter.none.begin(), filter.none.end(), has);
}

IdFilter RandomFilter(int known, uint32_t (*id_of)(int), std::mt19937_64* random) {
  IdFilter filter;
  for (std::vector<uint32_t>* list : {&filter.any, &filter.all, &filter.none}) {
    const int count = std::max<int>(0, static_cast<int>((*random)() % 5) - 2);
    // One more than are known: an id that no item carries.
    for (int i = 0; i < count; ++i)
      list->push_back(id_of(static_cast<int>((*random)() % (known + 1))));
  }
  return filter;
}

TEST(ItemStoreTest, SelectEqualsAPlainLoop) {
  for (const int items : {1, 63, 64, 65, 300}) {
    TestBundleOptions options;
    options.items = items;
    options.classes = 6;
    options.attributes = 4;
    const ItemsFile file(options);
    LB_ASSERT_OK_AND_ASSIGN(const auto store, ItemStore::Open(file.path));
    std::mt19937_64 random(17);
    int64_t selected = 0;
    for (int round = 0; round < 400; ++round) {
      const IdFilter classes = RandomFilter(6, &TestClassId, &random);
      const IdFilter attributes = RandomFilter(4, &TestAttributeId, &random);
      const RowSet rows = store->Select(classes, attributes);
      ASSERT_EQ(rows.rows(), items);
      int64_t count = 0;
      for (int64_t row = 0; row < items; ++row) {
        const bool want = Passes(file.items[row].class_ids, classes) &&
                          Passes(file.items[row].attribute_ids, attributes);
        ASSERT_EQ(rows.Contains(row), want) << "round " << round << " row " << row;
        count += want;
      }
      ASSERT_EQ(rows.Count(), count);  // No bit is set past the last row.
      selected += count;
    }
    EXPECT_GT(selected, 0);
    EXPECT_LT(selected, int64_t{items} * 400);
  }
}

TEST(ItemStoreTest, NoFilterSelectsAll) {
  const ItemsFile file;
  LB_ASSERT_OK_AND_ASSIGN(const auto store, ItemStore::Open(file.path));
  EXPECT_EQ(store->Select({}, {}).Count(), 40);
  EXPECT_EQ(store->Select({.any = {999}}, {}).Count(), 0);
  EXPECT_EQ(store->Select({.all = {999}}, {}).Count(), 0);
  EXPECT_EQ(store->Select({.none = {999}}, {}).Count(), 40);
}

TEST(ItemStoreTest, AMissingFileIsNotFound) {
  const TempDir folder(TempDir::kMemory);
  EXPECT_THAT(ItemStore::Open(folder / "items.sqlite"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("items.sqlite")));
}

TEST(ItemStoreTest, OddPathsOpen) {
  const ItemsFile file;
  LB_ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadFile(file.path));
  for (const char* name : {"a?mode=rw", "100%25", "a#b", "a b"}) {
    ASSERT_THAT(WriteFile(file.folder / name, bytes), IsOk());
    LB_ASSERT_OK_AND_ASSIGN(const auto store, ItemStore::Open(file.folder / name));
    EXPECT_EQ(store->size(), 40) << name;
  }
}

// The adapter's throwing test: SQLite throws for every one of these.
TEST(ItemStoreTest, WhatIsNoItemsFileIsRefused) {
  const ItemsFile file;
  LB_ASSERT_OK_AND_ASSIGN(const std::string good, ReadFile(file.path));
  for (const std::string& bytes :
       {std::string(), std::string("x"), std::string("SQLite format 3"), std::string(100000, 'x'),
        std::string(8192, '\0'), good.substr(0, 50), good.substr(0, 4096),
        good.substr(0, good.size() / 2),
        good.substr(0, 100) + std::string(good.size() - 100, '\xAA')}) {
    ASSERT_THAT(WriteFile(file.path, bytes), IsOk());
    const auto store = ItemStore::Open(file.path);
    EXPECT_THAT(store, StatusIs(absl::StatusCode::kDataLoss, HasSubstr("items.sqlite")))
        << bytes.size();
    EXPECT_THAT(store, HasReason("format"));
  }
}

// Whatever a byte says, opening ends with a store or a status, never otherwise. The hash makes it
// unreachable in practice; a reader must not depend on that.
TEST(ItemStoreTest, ChangedBytesNeverCrash) {
  const ItemsFile file;
  LB_ASSERT_OK_AND_ASSIGN(const std::string good, ReadFile(file.path));
  std::mt19937_64 random(3);
  for (int round = 0; round < 300; ++round) {
    std::string bytes = good;
    for (int change = 0; change < 3; ++change)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    ASSERT_THAT(WriteFile(file.path, bytes), IsOk());
    const auto store = ItemStore::Open(file.path);
    if (store.ok()) {
      for (int64_t row = 0; row < (*store)->size(); ++row) (*store)->Thumbnail(row).IgnoreError();
    } else {
      EXPECT_NE(GetReason(store.status()), "") << store.status();
    }
  }
}

struct Edit {
  const char* sql;
  const char* message;
};

TEST(ItemStoreTest, AWrongDatabaseIsRefused) {
  for (const Edit& edit :
       {Edit{"PRAGMA application_id = 7", "application_id 7"},
        Edit{"PRAGMA user_version = 2", "version 2"},
        Edit{"DELETE FROM items WHERE row = 5", "row 6 stands where row 5 must"},
        Edit{"UPDATE items SET row = -1 WHERE row = 0", "row -1"},
        Edit{"UPDATE items SET id = '' WHERE row = 2", "row 2 has an empty id"},
        Edit{"INSERT INTO item_classes VALUES (40, 1)", "row 40"},
        Edit{"INSERT INTO item_classes VALUES (-1, 1)", "row -1"},
        Edit{"INSERT INTO item_attributes VALUES (0, -1)", "id -1"},
        Edit{"INSERT INTO item_attributes VALUES (0, 4294967296)", "id 4294967296"},
        Edit{"DROP TABLE item_classes", "item_classes"},
        Edit{"ALTER TABLE items RENAME COLUMN uri TO url", "uri"}}) {
    const ItemsFile file;
    SQLite::Database(file.path, SQLite::OPEN_READWRITE).exec(edit.sql);
    const auto store = ItemStore::Open(file.path);
    EXPECT_THAT(store, StatusIs(absl::StatusCode::kDataLoss, HasSubstr(edit.message))) << edit.sql;
    EXPECT_THAT(store, HasReason("format"));
  }
}

// immutable=1: a journal that someone puts beside the file changes nothing.
TEST(ItemStoreTest, IgnoresJournalsBesideTheFile) {
  const ItemsFile file;
  ASSERT_THAT(WriteFile(file.path + "-journal", std::string(5000, 'x')), IsOk());
  ASSERT_THAT(WriteFile(file.path + "-wal", std::string(5000, 'x')), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const auto store, ItemStore::Open(file.path));
  EXPECT_EQ(store->size(), 40);
  EXPECT_TRUE(PathExists(file.path + "-journal"));
}

}  // namespace
}  // namespace lookbook
