#include "models/train/weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/train/tensor_file.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

TEST(WeightsTest, NetworkComesBackBitForBit) {
  TempDir dir;
  const NetworkSpec spec{.backbone = "small_cnn", .classes = 4, .attributes = 2};
  torch::manual_seed(1);
  LB_ASSERT_OK_AND_ASSIGN(EmbedderNet net, MakeNetwork(spec));
  net->eval();
  ASSERT_THAT(SaveWeights(dir / "w.pt", spec, net), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(LoadedNetwork loaded, LoadWeights(dir / "w.pt"));
  EXPECT_EQ(loaded.spec.backbone, "small_cnn");
  EXPECT_EQ(loaded.spec.classes, 4);
  EXPECT_EQ(loaded.spec.attributes, 2);
  EXPECT_FALSE(loaded.net->is_training());
  torch::NoGradGuard no_grad;
  const torch::Tensor images = torch::rand({2, 3, 32, 32});
  EXPECT_TRUE(torch::equal(net->forward(images).embedding, loaded.net->forward(images).embedding));
  EXPECT_TRUE(torch::equal(net->forward(images).attribute_logits,
                           loaded.net->forward(images).attribute_logits));
}

TEST(WeightsTest, EveryMemberOfTheSpecComesBack) {
  TempDir dir;
  const NetworkSpec spec{.backbone = "mobilenet_v2",
                         .classes = 3,
                         .attributes = 1,
                         .width = 0.25,
                         .head = "mlp",
                         .head_hidden = 16,
                         .head_dropout = 0.125,
                         .embedding_dim = 8};
  LB_ASSERT_OK_AND_ASSIGN(EmbedderNet net, MakeNetwork(spec));
  ASSERT_THAT(SaveWeights(dir / "w.pt", spec, net), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(LoadedNetwork loaded, LoadWeights(dir / "w.pt"));
  EXPECT_EQ(loaded.spec.width, 0.25);
  EXPECT_EQ(loaded.spec.head, "mlp");
  EXPECT_EQ(loaded.spec.head_hidden, 16);
  EXPECT_EQ(loaded.spec.head_dropout, 0.125);
  EXPECT_EQ(loaded.spec.embedding_dim, 8);
  net->eval();
  torch::NoGradGuard no_grad;
  const torch::Tensor images = torch::rand({2, 3, 32, 32});
  EXPECT_TRUE(torch::equal(net->forward(images).embedding, loaded.net->forward(images).embedding));
  EXPECT_TRUE(torch::equal(net->forward(images).logits, loaded.net->forward(images).logits));
}

TEST(WeightsTest, AFileFromBeforeHeadsAndWidthsHasTheirDefaults) {
  TempDir dir;
  LB_ASSERT_OK_AND_ASSIGN(EmbedderNet net, MakeNetwork({.classes = 2}));
  TensorFile file{.text = R"({"backbone":"small_cnn","classes":2,"attributes":0})", .tensors = {}};
  CollectTensors(*net, "", &file.tensors);
  ASSERT_THAT(WriteTensorFile(dir / "w.pt", file), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(LoadedNetwork loaded, LoadWeights(dir / "w.pt"));
  EXPECT_EQ(loaded.spec.head, "linear");
  EXPECT_EQ(loaded.spec.width, 1.0);
  EXPECT_EQ(loaded.spec.embedding_dim, 0);
}

TEST(WeightsTest, MisfitsAreNamed) {
  TempDir dir;
  EXPECT_THAT(LoadWeights(dir / "absent.pt"), StatusIs(absl::StatusCode::kNotFound));
  ASSERT_THAT(WriteTensorFile(dir / "w.pt", {.text = "no json", .tensors = {}}), IsOk());
  EXPECT_THAT(LoadWeights(dir / "w.pt"), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("w.pt")));
  ASSERT_THAT(WriteTensorFile(dir / "v.pt",
                              {.text = R"({"backbone":"small_cnn","classes":2,"attributes":0})",
                               .tensors = {}}),
              IsOk());
  EXPECT_THAT(LoadWeights(dir / "v.pt"),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("no tensor")));
}

}  // namespace
}  // namespace lookbook
