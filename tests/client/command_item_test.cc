#include <nlohmann/json.hpp>

#include "tests/client/run_cli.h"
#include "tests/support/fake_search_service.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

class CommandItemTest : public ::testing::Test {
 protected:
  CommandItemTest() {
    server_.get_item.Set(
        [](auto&, const v1::GetItemRequest& request, v1::GetItemResponse& response) {
          if (request.item_id() != "train/1") {
            return RefusalWithReason(grpc::NOT_FOUND, "no item 'train/9'", "unknown_item");
          }
          response.set_item_id("train/1");
          response.add_class_ids(4);
          if (request.with_thumbnail()) response.set_thumbnail("jpeg bytes");
          return grpc::Status::OK;
        });
    server_.list_classes.Reply([](const auto&, v1::ListClassesResponse& response) {
      response.add_classes()->set_class_id(4);
      response.mutable_classes(0)->set_name("coat");
    });
  }
  CliResult Run(std::vector<std::string> arguments) {
    return RunCli(std::move(arguments), {.server = server_.target()});
  }

  FakeSearchServer server_;
  TempDir dir_;
};

TEST_F(CommandItemTest, ShowsTheItemWithNames) {
  const CliResult result = Run({"item", "train/1", "--bundle", "b"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("classes     coat\n"));
  EXPECT_EQ(server_.get_item.requests()[0].bundle(), "b");
  EXPECT_EQ(server_.list_classes.requests()[0].bundle(), "b");
  EXPECT_FALSE(server_.get_item.requests()[0].with_thumbnail());
}

TEST_F(CommandItemTest, SavesTheThumbnail) {
  const CliResult result = Run({"item", "train/1", "--thumbnail", dir_ / "t.jpg", "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(ReadFile(dir_ / "t.jpg"), IsOkAndHolds("jpeg bytes"));
  EXPECT_EQ(nlohmann::json::parse(result.out)["thumbnail"], "");
}

TEST_F(CommandItemTest, AThumbnailThatCannotBeSavedIsOne) {
  const CliResult result = Run({"item", "train/1", "--thumbnail", dir_ / "none/t.jpg"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("none/t.jpg"));
}

TEST_F(CommandItemTest, AMissingThumbnailIsOne) {
  server_.get_item.Reply(
      [](const auto&, v1::GetItemResponse& response) { response.set_item_id("train/1"); });
  const CliResult result = Run({"item", "train/1", "--thumbnail", dir_ / "t.jpg"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("item train/1 has no thumbnail"));
  EXPECT_FALSE(PathExists(dir_ / "t.jpg"));
}

TEST_F(CommandItemTest, AnUnknownItemIsOneWithTheServersWords) {
  const CliResult result = Run({"item", "train/9"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.err, "lookbook: no item 'train/9' (unknown_item)\n");
}

TEST_F(CommandItemTest, NoServerIsThree) {
  server_.Stop();
  EXPECT_EQ(Run({"item", "train/1"}).exit_code, 3);
}

}  // namespace
}  // namespace lookbook
