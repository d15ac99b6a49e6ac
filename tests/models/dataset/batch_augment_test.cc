// The two back ends of augmentation against each other, drawn and by hand.
#include "models/dataset/batch_augment.h"

#include <torch/torch.h>

#include "tests/models/dataset/both_back_ends.h"

namespace lookbook {
namespace {

TEST(BatchAugmentTest, NothingAskedGivesTheVeryFloatsOfNormalize) {
  PreprocessSpec spec;  // ImageNet's mean and deviation.
  spec.size = kSide;
  const torch::Tensor pictures = Pictures();
  const torch::Tensor got =
      BatchAugmenter({}, spec, torch::kCPU).Apply(pictures, std::vector<AugmentDraw>(kImages));
  for (int64_t i = 0; i < kImages; ++i) {
    const uint8_t* bytes = pictures[i].data_ptr<uint8_t>();
    const Image image = {kSide, kSide, {bytes, bytes + kSide * kSide * 3}};
    std::vector<float> want(spec.TensorSize());
    Normalize(image, spec, absl::MakeSpan(want));
    EXPECT_TRUE(torch::equal(got[i].contiguous().view({-1}), torch::tensor(want)));
  }
}

TEST(BatchAugmentTest, AnIdentityThatIsSampledStaysWithinOneStep) {
  AugmentRecipe recipe;
  recipe.rotate_degrees = 10;  // Sampled, but the draws leave everything where it is.
  const torch::Tensor pictures = Pictures();
  const torch::Tensor got = ByBatch(recipe, pictures, std::vector<AugmentDraw>(kImages));
  EXPECT_LT(LargestGap(got, Planes(pictures)), 0.01);
}

TEST(BatchAugmentTest, AFlipIsExactInBothBackEnds) {
  AugmentRecipe recipe;
  recipe.flip = 0.5;
  const torch::Tensor pictures = Pictures(20);
  const std::vector<AugmentDraw> draws = Draws(recipe, 20);
  const torch::Tensor got = ByBatch(recipe, pictures, draws);
  int flipped = 0;
  for (int64_t i = 0; i < 20; ++i) {
    const torch::Tensor plain = Planes(pictures)[i] / 255 * 255;
    EXPECT_TRUE(torch::equal(got[i], draws[i].flip ? plain.flip({2}) : plain)) << i;
    flipped += draws[i].flip;
  }
  EXPECT_GT(flipped, 3);
  EXPECT_LT(flipped, 17);
  EXPECT_TRUE(torch::equal(got.round(), ByImage(recipe, pictures, draws)));
}

// A flip that is sampled, beside a crop that keeps all.
TEST(BatchAugmentTest, ASampledFlipIsExactAfterRounding) {
  AugmentRecipe recipe;
  recipe.flip = 1;
  const torch::Tensor pictures = Pictures();
  const std::vector<AugmentDraw> draws = Draws(recipe);
  recipe.rotate_degrees = 10;
  EXPECT_TRUE(torch::equal(ByBatch(recipe, pictures, draws).round(), Planes(pictures).flip({3})));
}

// OpenCV samples at 32nds of a pixel and rounds: 1.5 steps where neighbours differ by 20.
TEST(BatchAugmentTest, CropsAgreeWithOpenCv) {
  AugmentRecipe recipe;
  recipe.crop_scale_min = 0.3;
  recipe.flip = 0.5;
  const torch::Tensor pictures = Pictures(40);
  const std::vector<AugmentDraw> draws = Draws(recipe, 40);
  EXPECT_LT(LargestGap(ByBatch(recipe, pictures, draws), ByImage(recipe, pictures, draws)), 1.5);
}

// What a rotation brings in from outside is mirrored alike.
TEST(BatchAugmentTest, RotationsAgreeWithOpenCvUpToTheEdges) {
  AugmentRecipe recipe;
  recipe.crop_scale_min = 0.8;
  recipe.rotate_degrees = 45;
  const torch::Tensor pictures = Pictures(40);
  const std::vector<AugmentDraw> draws = Draws(recipe, 40);
  EXPECT_LT(LargestGap(ByBatch(recipe, pictures, draws), ByImage(recipe, pictures, draws)), 1.5);
}

// OpenCV mixes 8-bit channels in fixed point and rounds: less than one step.
TEST(BatchAugmentTest, ColoursAgreeWithOpenCv) {
  AugmentRecipe recipe;
  recipe.color = 0.5;
  const torch::Tensor pictures = Pictures(40);
  const std::vector<AugmentDraw> draws = Draws(recipe, 40);
  const torch::Tensor got = ByBatch(recipe, pictures, draws);
  EXPECT_LT(LargestGap(got, ByImage(recipe, pictures, draws)), 1);
  EXPECT_EQ(got.min().item<double>(), 0) << "bright and contrasted pictures are cut off";
  EXPECT_LE(got.max().item<double>(), 255.01);
}

TEST(BatchAugmentTest, BoxesAreTheSame) {
  AugmentRecipe recipe;
  recipe.erase = 1;
  const torch::Tensor pictures = Pictures().clamp_min(30);
  const std::vector<AugmentDraw> draws = Draws(recipe);
  EXPECT_EQ(LargestGap(ByBatch(recipe, pictures, draws).round(), ByImage(recipe, pictures, draws)),
            0);
  for (int64_t i = 0; i < kImages; ++i) {
    const AugmentDraw& draw = draws[i];
    const torch::Tensor box = ByBatch(recipe, pictures, draws)[i]
                                  .narrow(1, draw.box_y, draw.box_height)
                                  .narrow(2, draw.box_x, draw.box_width);
    EXPECT_EQ(box.abs().max().item<double>(), 0) << "the mean colour of the spec is black";
  }
}

TEST(BatchAugmentTest, EverythingTogetherAgrees) {
  AugmentRecipe recipe = {0.5, 0.6, 1.0, 0.3, 0.5, 15};
  const torch::Tensor pictures = Pictures(40);
  for (const double hue : {0.0, 0.1}) {
    recipe.hue = hue;
    recipe.grayscale = 2 * hue;
    const std::vector<AugmentDraw> draws = Draws(recipe, 40);
    EXPECT_LT(LargestGap(ByBatch(recipe, pictures, draws), ByImage(recipe, pictures, draws)), 4)
        << hue;
  }
}

TEST(BatchAugmentTest, AnImageDoesNotDependOnItsBatch) {
  const AugmentRecipe recipe = {0.5, 0.6, 1.0, 0.3, 0.5, 15, 0.2, 0.5};
  const torch::Tensor pictures = Pictures();
  const std::vector<AugmentDraw> draws = Draws(recipe);
  const torch::Tensor all = ByBatch(recipe, pictures, draws);
  for (int64_t i = 0; i < kImages; ++i)
    EXPECT_TRUE(torch::equal(ByBatch(recipe, pictures.narrow(0, i, 1), {draws[i]})[0], all[i]));
}

TEST(BatchAugmentTest, WhatDoesNotFitIsRefused) {
  const BatchAugmenter augmenter({}, PlainSpec(), torch::kCPU);
  EXPECT_THROW(augmenter.Apply(Pictures(), std::vector<AugmentDraw>(2)), c10::Error);
  EXPECT_THROW(augmenter.Apply(Planes(Pictures()), std::vector<AugmentDraw>(kImages)), c10::Error);
}

}  // namespace
}  // namespace lookbook
