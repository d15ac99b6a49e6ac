// ItemWriter, declared in items.h.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "engine/bundle/items.h"
#include "tests/support/status_matchers.h"
#include "tests/support/syscall_tracer.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_bundle_files.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Item MakeItem(const std::string& id) {
  Item item;
  item.id = id;
  item.class_ids = {1, 2};
  return item;
}

TEST(ItemWriterTest, RefusesBadItemsAndGoesOn) {
  const TempDir folder(TempDir::kMemory);
  LB_ASSERT_OK_AND_ASSIGN(auto writer, ItemWriter::Create(folder / "items.sqlite"));
  ASSERT_THAT(writer->Add(MakeItem("a"), "jpeg a"), IsOk());
  EXPECT_THAT(writer->Add(MakeItem(""), ""),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("item 1")));
  EXPECT_THAT(writer->Add(MakeItem("a"), ""),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("\"a\"")));
  EXPECT_THAT(writer->Add(MakeItem("latin \xEA"), ""),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("UTF-8")));
  Item item = MakeItem("b");
  item.uri = "\xFF";
  EXPECT_THAT(writer->Add(item, ""),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("uri")));
  for (const std::vector<uint32_t>& ids :
       {std::vector<uint32_t>{2, 1}, std::vector<uint32_t>{1, 1}}) {
    item = MakeItem("b");
    item.class_ids = ids;
    EXPECT_THAT(writer->Add(item, ""),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("class ids")));
    item = MakeItem("b");
    item.attribute_ids = ids;
    EXPECT_THAT(writer->Add(item, ""),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("attribute ids")));
  }
  ASSERT_THAT(writer->Add(MakeItem("b"), "jpeg b"), IsOk());
  ASSERT_THAT(writer->Finish(), IsOk());

  LB_ASSERT_OK_AND_ASSIGN(const auto store, ItemStore::Open(folder / "items.sqlite"));
  ASSERT_EQ(store->size(), 2);
  EXPECT_EQ(store->item(1).id, "b");
  EXPECT_THAT(store->Thumbnail(1), IsOkAndHolds("jpeg b"));
}

TEST(ItemWriterTest, NothingIsAddedAfterFinish) {
  const TempDir folder(TempDir::kMemory);
  LB_ASSERT_OK_AND_ASSIGN(auto writer, ItemWriter::Create(folder / "items.sqlite"));
  ASSERT_THAT(writer->Finish(), IsOk());
  EXPECT_THAT(writer->Add(MakeItem("a"), ""), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(writer->Finish(), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST(ItemWriterTest, NeverWritesOverAFile) {
  const TempDir folder(TempDir::kMemory);
  ASSERT_THAT(WriteFile(folder / "items.sqlite", "mine"), IsOk());
  EXPECT_THAT(ItemWriter::Create(folder / "items.sqlite"),
              StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_THAT(ReadFile(folder / "items.sqlite"), IsOkAndHolds("mine"));
}

TEST(ItemWriterTest, AnUnfinishedFileGoesWithItsWriter) {
  const TempDir folder(TempDir::kMemory);
  {
    LB_ASSERT_OK_AND_ASSIGN(auto writer, ItemWriter::Create(folder / "items.sqlite"));
    ASSERT_THAT(writer->Add(MakeItem("a"), "jpeg"), IsOk());
  }
  EXPECT_THAT(ListDirectory(folder.path()), IsOkAndHolds(ElementsAre()));
}

TEST(ItemWriterTest, EqualItemsGiveEqualBytesAndOneFile) {
  std::vector<std::string> files;
  for (int round = 0; round < 2; ++round) {
    const TempDir folder(TempDir::kMemory);
    const std::vector<Item> items = MakeTestItems({});
    ASSERT_THAT(
        WriteTestItems(folder.path(), items, std::vector<std::string>(items.size(), "jpeg")),
        IsOk());
    EXPECT_THAT(ListDirectory(folder.path()),
                IsOkAndHolds(ElementsAre("items.sqlite")));  // No journal stays.
    LB_ASSERT_OK_AND_ASSIGN(files.emplace_back(), ReadFile(folder / "items.sqlite"));
  }
  EXPECT_EQ(files[0], files[1]);
}

// SQLite throws: there is no such folder.
TEST(ItemWriterTest, AFolderThatIsNotThereIsAnIoError) {
  const TempDir folder(TempDir::kMemory);
  const auto writer = ItemWriter::Create(folder / "missing/items.sqlite");
  EXPECT_THAT(writer, StatusIs(absl::StatusCode::kUnavailable, HasSubstr("missing/items.sqlite")));
  EXPECT_THAT(writer, HasReason("io"));
}

absl::Status WriteBigFile(const std::string& path) {
  auto writer = ItemWriter::Create(path);
  if (!writer.ok()) return writer.status();
  absl::Status status;
  for (int row = 0; status.ok() && row < 4; ++row) {
    status = (*writer)->Add(MakeItem(absl::StrCat("item-", row)),
                            std::string(60000, static_cast<char>(row)));
  }
  const absl::Status finished = (*writer)->Finish();
  return status.ok() ? finished : status;
}

// Every call on the file fails once: no failure is lost, and what remains is a complete file or
// none.
TEST(ItemWriterTest, EveryIoErrorIsReported) {
  if (!CanTrace()) GTEST_SKIP() << "ptrace is not allowed here";
  int failures = 0;
  for (int at = 0;; ++at) {
    const TempDir folder(TempDir::kMemory);
    const std::string path = folder / "items.sqlite";
    LB_ASSERT_OK_AND_ASSIGN(const TraceResult result,
                            RunTraced(path, {.at = at, .error = ENOSPC},
                                      [&] { return WriteBigFile(path).ok() ? 0 : 1; }));
    if (!result.fault_reached) break;
    const TracedCall& call = result.calls.back();
    if (result.exit_code == 0) {
      LB_ASSERT_OK_AND_ASSIGN(const auto store, ItemStore::Open(path));
      EXPECT_EQ(store->size(), 4) << call.name;
      EXPECT_THAT(store->Thumbnail(3), IsOk());
    } else {
      ++failures;
      EXPECT_EQ(result.exit_code, 1) << call.name;
    }
    if (call.name == "write" || call.name == "pwrite") {
      EXPECT_EQ(result.exit_code, 1);
    }
  }
  EXPECT_GT(failures, 5);
}

}  // namespace
}  // namespace lookbook
