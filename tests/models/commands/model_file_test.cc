#include "models/commands/model_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "models/export/torchscript_export.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

TEST(ModelFileTest, AnExportedNetworkOpensWithItsShape) {
  TempDir dir;
  LB_ASSERT_OK_AND_ASSIGN(const EmbedderNet net,
                          MakeNetwork({.backbone = "small_cnn", .classes = 4, .attributes = 2}));
  ASSERT_THAT(ExportTorchScript(net, 32, dir / "model.ts"), IsOk());
  ASSERT_THAT(WriteModelShape(dir / "model.json", {32, 192, 4, 2}), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const auto model, OpenModelFile(dir / "model.ts", dir / "model.json"));
  EXPECT_EQ(model->shape().dim, 192);
  LB_ASSERT_OK_AND_ASSIGN(const Embeddings out,
                          model->Embed(std::vector<float>(3 * 32 * 32, 0.5f)));
  EXPECT_EQ(out.scores.size(), 4u);
  EXPECT_EQ(out.attribute_scores.size(), 2u);
  ASSERT_THAT(WriteModelShape(dir / "model.json", {32, 192, 5, 2}), IsOk());
  EXPECT_THAT(OpenModelFile(dir / "model.ts", dir / "model.json"),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(ModelFileTest, ShapesThatAreNotOurs) {
  TempDir dir;
  EXPECT_THAT(ReadModelShape(dir / "absent.json"), StatusIs(absl::StatusCode::kNotFound));
  ASSERT_THAT(WriteFile(dir / "m.json", "{\"dim\": 3}"), IsOk());
  EXPECT_THAT(ReadModelShape(dir / "m.json"),
              StatusIs(absl::StatusCode::kDataLoss, ::testing::HasSubstr("m.json")));
}

}  // namespace
}  // namespace lookbook
