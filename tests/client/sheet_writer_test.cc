#include "client/sheet_writer.h"

#include "base/files.h"
#include "tests/client/sample_replies.h"
#include "tests/support/fake_search_service.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

class SheetWriterTest : public ::testing::Test {
 protected:
  SheetWriterTest() {
    sheet_.queries = {SampleQuery(), SampleQuery()};  // The same two items twice.
    client_ = *SearchClient::Create({.target = server_.target()});
  }

  FakeSearchServer server_;
  std::unique_ptr<SearchClient> client_;
  ContactSheet sheet_;
};

TEST_F(SheetWriterTest, FetchesEachThumbnailOnce) {
  server_.get_item.Reply([](const v1::GetItemRequest& request, v1::GetItemResponse& response) {
    response.set_item_id(request.item_id());
    response.set_thumbnail(request.bundle() + "|" + request.item_id());
  });
  ASSERT_THAT(FetchThumbnails(*client_, "b", 2, sheet_), IsOk());
  EXPECT_THAT(sheet_.thumbnails,
              ElementsAre(Pair("train/1", "b|train/1"), Pair("train/2", "b|train/2")));
  EXPECT_EQ(server_.get_item.calls(), 2);
  EXPECT_TRUE(server_.get_item.requests()[0].with_thumbnail());
}

TEST_F(SheetWriterTest, AnItemThatFailsIsReportedAndTheOthersKept) {
  server_.get_item.Set([](auto&, const v1::GetItemRequest& request, v1::GetItemResponse& response) {
    if (request.item_id() == "train/1") return grpc::Status(grpc::NOT_FOUND, "no such item");
    response.set_item_id(request.item_id());
    response.set_thumbnail("bytes");
    return grpc::Status::OK;
  });
  EXPECT_THAT(FetchThumbnails(*client_, "", 1, sheet_),
              StatusIs(absl::StatusCode::kNotFound, "no such item"));
  EXPECT_THAT(sheet_.thumbnails, ElementsAre(Pair("train/2", "bytes")));
}

TEST_F(SheetWriterTest, WritesThePage) {
  TempDir dir;
  const std::string path = JoinPath(dir.path(), "sheet.html");
  LB_ASSERT_OK_AND_ASSIGN(const size_t bytes, WriteContactSheet(sheet_, path));
  LB_ASSERT_OK_AND_ASSIGN(const std::string html, ReadFile(path));
  EXPECT_EQ(html.size(), bytes);
  EXPECT_THAT(html, HasSubstr("<h2>photos/look.jpg</h2>"));
}

TEST_F(SheetWriterTest, AFolderThatIsNotThereIsAnError) {
  TempDir dir;
  EXPECT_THAT(WriteContactSheet(sheet_, JoinPath(dir.path(), "none/sheet.html")),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("none/sheet.html")));
}

}  // namespace
}  // namespace lookbook
