#include "models/train/feature_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include "base/files.h"
#include "models/train/tensor_file.h"
#include "tests/models/train/tiny_set.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

class FeatureCacheTest : public ::testing::Test {
 protected:
  FeatureCacheTest() {
    split_.train = {0, 2, 4, 5, 6, 7, 8, 9};
    split_.validation = {1, 3};
    torch::manual_seed(2);
    net_ = *MakeNetwork({.backbone = "small_cnn", .classes = 3});
  }
  absl::StatusOr<FeatureSet> Get() {
    return CachedFeatures(dir_ / "features.pt", net_, set_.set(split_), 1);
  }

  TinySet set_{11};
  Split split_;
  EmbedderNet net_;
  TempDir dir_;
};

TEST_F(FeatureCacheTest, RowsAreTheNetworksFeatures) {
  net_->train();
  LB_ASSERT_OK_AND_ASSIGN(const FeatureSet set, Get());
  EXPECT_TRUE(net_->is_training()) << "left as it was";
  ASSERT_EQ(set.features.sizes(), (std::vector<int64_t>{11, 192}));
  LoaderOptions options;
  options.batch_size = 2;
  options.shuffle = false;
  LB_ASSERT_OK_AND_ASSIGN(const auto loader,
                          Loader::Create(set_.data(), set_.cache(), set_.spec(), {3, 9}, options));
  loader->StartEpoch(0);
  net_->eval();
  torch::NoGradGuard no_grad;
  const torch::Tensor want = net_->Features(loader->Next()->images);
  EXPECT_TRUE(torch::allclose(set.features[3], want[0], 1e-4, 1e-5));
  EXPECT_TRUE(torch::allclose(set.features[9], want[1], 1e-4, 1e-5));
  EXPECT_EQ(set.features[10].abs().sum().item<float>(), 0) << "in no part";
  const torch::Tensor train = set.features.index_select(0, torch::tensor(split_.train));
  EXPECT_TRUE(torch::allclose(set.mean, train.mean(0)));
  EXPECT_GT(set.deviation.min().item<float>(), 0);
}

// However small the features of a random network are, a head has to see how they vary.
TEST_F(FeatureCacheTest, TinyFeaturesAreStandardisedToo) {
  torch::manual_seed(2);
  net_ = *MakeNetwork({.backbone = "mobilenet_v2", .classes = 3, .width = 0.25});
  LB_ASSERT_OK_AND_ASSIGN(const FeatureSet set, Get());
  const torch::Tensor train = set.features.index_select(0, torch::tensor(split_.train));
  const torch::Tensor varies = train.std(0, /*unbiased=*/false) > 0;  // Some are 0 for all.
  ASSERT_GT(varies.sum().item<int64_t>(), 100);
  ASSERT_LT(train.max().item<float>(), 1e-5) << "else this shows nothing";
  const torch::Tensor deviation =
      ((train - set.mean) / set.deviation).std(0, /*unbiased=*/false).masked_select(varies);
  EXPECT_GT((deviation - 1).abs().lt(1e-2).to(torch::kFloat32).mean().item<float>(), 0.95);
}

TEST_F(FeatureCacheTest, AFeatureThatDoesNotVaryIsLeftAsItIs) {
  ASSERT_THAT(Get(), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(TensorFile file, ReadTensorFile(dir_ / "features.pt"));
  file.tensors.at("features").select(1, 7).fill_(3);
  ASSERT_THAT(WriteTensorFile(dir_ / "features.pt", file), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const FeatureSet set, Get());
  EXPECT_EQ(set.deviation[7].item<float>(), 1);
  EXPECT_NE(set.deviation[8].item<float>(), 1);
}

// A file with the right key is believed, one with another is not.
TEST_F(FeatureCacheTest, TheFileIsReadForTheSameBackboneAndDataOnly) {
  ASSERT_THAT(Get(), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(TensorFile file, ReadTensorFile(dir_ / "features.pt"));
  file.tensors.at("features").fill_(7);
  ASSERT_THAT(WriteTensorFile(dir_ / "features.pt", file), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const FeatureSet again, Get());
  EXPECT_EQ(again.features[0][0].item<float>(), 7);
  {
    torch::NoGradGuard no_grad;
    net_->named_parameters()["features.0.0.weight"].mul_(1.5);
  }
  LB_ASSERT_OK_AND_ASSIGN(const FeatureSet moved, Get());
  EXPECT_NE(moved.features[0][0].item<float>(), 7);
  {
    torch::NoGradGuard no_grad;
    net_->named_parameters()["classifier.weight"].mul_(2);  // A head decides no feature.
  }
  const auto written = ReadTensorFile(dir_ / "features.pt");
  ASSERT_THAT(Get(), IsOk());
  EXPECT_EQ(ReadTensorFile(dir_ / "features.pt")->text, written->text);
}

TEST_F(FeatureCacheTest, FeaturesOfOtherPicturesAreNotTaken) {
  ASSERT_THAT(Get(), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(TensorFile file, ReadTensorFile(dir_ / "features.pt"));
  file.tensors.at("features").fill_(7);
  ASSERT_THAT(WriteTensorFile(dir_ / "features.pt", file), IsOk());
  const std::string& picture = set_.data().images[4].path;
  LB_ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadFile(picture));
  ASSERT_THAT(WriteFile(picture, bytes + "another one"), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const FeatureSet again, Get());
  EXPECT_NE(again.features[0][0].item<float>(), 7);
}

TEST_F(FeatureCacheTest, ADamagedFileIsMadeAnew) {
  ASSERT_THAT(WriteFile(dir_ / "features.pt", "no tensors"), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const FeatureSet set, Get());
  EXPECT_GT(set.features.abs().sum().item<float>(), 0);
}

TEST_F(FeatureCacheTest, StandardisingChangesNoOutput) {
  for (const char* head : {"linear", "mlp", "stacked"}) {
    SCOPED_TRACE(head);
    EmbedderNet net = *MakeNetwork(
        {.backbone = "small_cnn", .classes = 3, .attributes = 2, .head = head, .embedding_dim = 8});
    net->eval();
    torch::NoGradGuard no_grad;
    const torch::Tensor feature = torch::rand({5, 192}) * 3;
    const NetworkOutput before = net->Heads(feature);
    net->StandardizeHeads(torch::rand({192}), torch::rand({192}) + 0.1);
    const auto weights = net->named_parameters();
    const NetworkOutput standardised = net->Heads(feature);
    net->UnstandardizeHeads();
    const NetworkOutput after = net->Heads(feature);
    for (const NetworkOutput* output : {&standardised, &after}) {
      EXPECT_TRUE(torch::allclose(output->logits, before.logits, 1e-3, 1e-4));
      EXPECT_TRUE(torch::allclose(output->attribute_logits, before.attribute_logits, 1e-3, 1e-4));
      EXPECT_TRUE(torch::allclose(output->embedding, before.embedding, 1e-3, 1e-4));
    }
  }
}

}  // namespace
}  // namespace lookbook
