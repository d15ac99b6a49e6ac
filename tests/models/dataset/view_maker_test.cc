// What every back end owes, run over each.
#include "models/dataset/view_maker.h"

#include <torch/torch.h>

#include <limits>

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

constexpr int kSide = 32, kImages = 8;

std::unique_ptr<ImageCache> Gradients() {
  auto bytes = std::make_shared<std::vector<uint8_t>>();
  for (int i = 0; i < kImages; ++i) {
    for (int p = 0; p < kSide * kSide; ++p) {
      bytes->push_back(static_cast<uint8_t>(20 + 5 * (p % kSide)));
      bytes->push_back(static_cast<uint8_t>(20 + 5 * (p / kSide)));
      bytes->push_back(static_cast<uint8_t>(30 * i));
    }
  }
  return ImageCache::View(kImages, kSide, bytes->data(), bytes);
}

AugmentRecipe Everything() { return {0.5, 0.6, 1.0, 0.2, 0.3, 10, 0.1, 0.3}; }

class ViewMakerTest : public ::testing::TestWithParam<const char*> {
 protected:
  std::unique_ptr<ViewMaker> Make(const AugmentRecipe& recipe, const std::string& backend) const {
    if (backend == "image") return MakeImageViews(*cache_, spec_, recipe);
    const int64_t room = backend == "batch" ? std::numeric_limits<int64_t>::max() : 0;
    return MakeBatchViews(DevicePixels::Create(*cache_, torch::kCPU, room), spec_, recipe,
                          torch::kCPU);
  }
  torch::Tensor View(const AugmentRecipe& recipe, const std::vector<int64_t>& rows,
                     const std::vector<uint64_t>& seeds) const {
    const auto view = Make(recipe, GetParam())->Make(rows, seeds);
    EXPECT_THAT(view, IsOk());
    return *view;
  }

  const std::unique_ptr<ImageCache> cache_ = Gradients();
  const PreprocessSpec spec_ = {.size = kSide};
};

INSTANTIATE_TEST_SUITE_P(All, ViewMakerTest, ::testing::Values("image", "batch", "gathered"));

TEST_P(ViewMakerTest, WithoutChangesItNormalises) {
  const torch::Tensor view = View({}, {2, 5}, {1, 2});
  EXPECT_EQ(view.sizes(), (std::vector<int64_t>{2, 3, kSide, kSide}));
  for (int64_t i = 0; i < 2; ++i) {
    const auto pixels = cache_->pixels(i == 0 ? 2 : 5);
    std::vector<float> want(spec_.TensorSize());
    Normalize({kSide, kSide, {pixels.begin(), pixels.end()}}, spec_, absl::MakeSpan(want));
    EXPECT_TRUE(torch::equal(view[i].contiguous().view({-1}), torch::tensor(want)));
  }
}

TEST_P(ViewMakerTest, AnImageDependsOnItsRowAndSeedAlone) {
  const torch::Tensor view = View(Everything(), {0, 1, 2, 3}, {10, 11, 12, 13});
  const torch::Tensor other = View(Everything(), {3, 1}, {13, 11});
  EXPECT_TRUE(torch::equal(other[0], view[3]));
  EXPECT_TRUE(torch::equal(other[1], view[1]));
  EXPECT_FALSE(torch::equal(View(Everything(), {3}, {14})[0], view[3]));
}

// Two steps of 255 in normalised units are 0.035 at most.
TEST_P(ViewMakerTest, DoesWhatTheOthersDo) {
  std::vector<int64_t> rows;
  std::vector<uint64_t> seeds;
  for (int i = 0; i < kImages; ++i) {
    rows.push_back(i);
    seeds.push_back(100 + i);
  }
  const auto reference = Make(Everything(), "image")->Make(rows, seeds);
  ASSERT_THAT(reference, IsOk());
  EXPECT_LT((View(Everything(), rows, seeds) - *reference).abs().max().item<double>(), 0.06);
}

}  // namespace
}  // namespace lookbook
