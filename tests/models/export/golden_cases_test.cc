#include "models/export/golden_cases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

#include "base/files.h"
#include "engine/image/decode.h"
#include "engine/image/encode.h"
#include "engine/index/index_factory.h"
#include "tests/support/image_files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::SizeIs;

class GoldenCasesTest : public ::testing::Test {
 protected:
  GoldenCasesTest() {
    spec_.size = 32;
    torch::manual_seed(4);
    net_ = *MakeNetwork({.backbone = "small_cnn", .classes = 3, .attributes = 2});
    for (int i = 0; i < 3; ++i) {
      paths_.push_back(dir_ / (std::to_string(i) + ".jpg"));
      EXPECT_THAT(WriteFile(paths_[i], *EncodeJpeg(NoisyImage(80 + 10 * i, 60, i + 1), 90)),
                  IsOk());
    }
    const torch::Tensor vectors = UnitRows(torch::rand({20, 192}));
    vectors_.assign(vectors.data_ptr<float>(), vectors.data_ptr<float>() + vectors.numel());
    index_ = *BuildIndex({}, 192, vectors_);
  }
  absl::StatusOr<std::vector<GoldenCase>> Make() {
    return MakeGoldenCases(net_, spec_, paths_, *index_,
                           [](int64_t row) { return "item" + std::to_string(row); });
  }
  // The embedding of a file read with other options.
  std::vector<float> Embed(const std::string& bytes, const DecodeOptions& options,
                           bool swap_channels = false) {
    auto decoded = DecodeImage(bytes, options);
    EXPECT_THAT(decoded, IsOk());
    if (swap_channels) {
      for (size_t i = 0; i < decoded->image.rgb.size(); i += 3)
        std::swap(decoded->image.rgb[i], decoded->image.rgb[i + 2]);
    }
    std::vector<float> tensor(spec_.TensorSize());
    EXPECT_THAT(Preprocess(decoded->image, spec_, absl::MakeSpan(tensor)), IsOk());
    torch::NoGradGuard no_grad;
    const torch::Tensor out =
        net_->forward(torch::from_blob(tensor.data(), {1, 3, 32, 32})).embedding;
    return {out.data_ptr<float>(), out.data_ptr<float>() + out.numel()};
  }
  static double Cosine(const std::vector<float>& a, const std::vector<float>& b) {
    double sum = 0;
    for (size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * b[i];
    return sum;
  }
  TempDir dir_;
  PreprocessSpec spec_;
  EmbedderNet net_;
  std::vector<std::string> paths_;
  std::vector<float> vectors_;
  std::unique_ptr<VectorIndex> index_;
};

TEST_F(GoldenCasesTest, EightCasesWithShapesOfTheNetworkAndExactNeighbours) {
  LB_ASSERT_OK_AND_ASSIGN(const std::vector<GoldenCase> cases, Make());
  ASSERT_THAT(cases, SizeIs(8));
  for (const GoldenCase& golden : cases) {
    SCOPED_TRACE(golden.image_name);
    ASSERT_THAT(golden.embedding, SizeIs(192));
    ASSERT_THAT(golden.scores, SizeIs(3));
    ASSERT_THAT(golden.attribute_scores, SizeIs(2));
    EXPECT_NEAR(Cosine(golden.embedding, golden.embedding), 1, 1e-5);
    ASSERT_THAT(golden.top, SizeIs(5));
    double best = -2;
    int best_row = -1;
    for (int row = 0; row < 20; ++row) {
      const double similarity = Cosine(
          golden.embedding, {vectors_.begin() + row * 192, vectors_.begin() + (row + 1) * 192});
      if (similarity > best) best_row = row, best = similarity;
    }
    EXPECT_EQ(golden.top[0].item_id, "item" + std::to_string(best_row));
    EXPECT_NEAR(golden.top[0].similarity, best, 1e-5);
  }
  EXPECT_FALSE(net_->is_training());
}

// A case is worth having only if a server that leaves a step out would fail it: tolerance of the
// self-test is 1e-4.
TEST_F(GoldenCasesTest, EveryStepOfServingChangesSomeCaseBeyondTheTolerance) {
  LB_ASSERT_OK_AND_ASSIGN(const std::vector<GoldenCase> cases, Make());
  const DecodeOptions right{.min_short_side = spec_.MinDecodedSide()};
  DecodeOptions full = right, half = right, not_turned = right;
  full.min_short_side = 0;
  half.min_short_side = spec_.size;
  not_turned.apply_orientation = false;
  int other_scale = 0, coarser = 0, unturned = 0, swapped = 0;
  for (const GoldenCase& golden : cases) {
    EXPECT_GT(Cosine(Embed(golden.image, right), golden.embedding), 1 - 1e-6) << golden.image_name;
    other_scale += Cosine(Embed(golden.image, full), golden.embedding) < 0.9999;
    coarser += Cosine(Embed(golden.image, half), golden.embedding) < 0.9999;
    unturned += Cosine(Embed(golden.image, not_turned), golden.embedding) < 0.9999;
    swapped += Cosine(Embed(golden.image, right, true), golden.embedding) < 0.9999;
  }
  EXPECT_GE(other_scale, 2) << "decoding at full size";
  EXPECT_GE(coarser, 2) << "decoding smaller than the rule allows";
  EXPECT_GE(unturned, 2) << "ignoring EXIF";
  EXPECT_GE(swapped, 2) << "blue for red";
}

// At full size the transparent PNG alone would have 27 MB and be refused by every decoder.
TEST_F(GoldenCasesTest, LargePhotosMakeFilesThatAServerAccepts) {
  const std::string photo = *EncodeJpeg(NoisyImage(3200, 3000, 5), 90);
  ASSERT_THAT(WriteFile(dir_ / "photo.jpg", photo), IsOk());
  paths_ = {dir_ / "photo.jpg"};
  LB_ASSERT_OK_AND_ASSIGN(const std::vector<GoldenCase> cases, Make());
  ASSERT_THAT(cases, SizeIs(8));
  EXPECT_EQ(cases[0].image, photo);
  for (const GoldenCase& golden : cases) {
    LB_ASSERT_OK_AND_ASSIGN(const DecodedImage decoded, DecodeImage(golden.image, {}));
    if (golden.image == photo) continue;
    EXPECT_LE(std::max(decoded.image.width, decoded.image.height), 10 * spec_.size)
        << golden.image_name;
  }
}

TEST_F(GoldenCasesTest, FilesThatCannotBeReadAreReported) {
  paths_[1] = dir_ / "absent.jpg";
  EXPECT_THAT(Make(), StatusIs(absl::StatusCode::kNotFound, ::testing::HasSubstr("absent.jpg")));
  paths_.clear();
  EXPECT_THAT(Make(), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace lookbook
