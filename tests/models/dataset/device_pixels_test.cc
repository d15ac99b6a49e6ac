#include "models/dataset/device_pixels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <limits>

namespace lookbook {
namespace {

using ::testing::HasSubstr;

constexpr int kSide = 4, kImages = 5;

std::unique_ptr<ImageCache> Numbered() {
  auto bytes = std::make_shared<std::vector<uint8_t>>(kImages * kSide * kSide * 3);
  for (size_t i = 0; i < bytes->size(); ++i) (*bytes)[i] = static_cast<uint8_t>(i % 251);
  const uint8_t* pixels = bytes->data();
  return ImageCache::View(kImages, kSide, pixels, bytes);
}

TEST(DevicePixelsTest, BothPlacesGiveTheSameBytes) {
  const auto cache = Numbered();
  const auto all = DevicePixels::Create(*cache, torch::kCPU, std::numeric_limits<int64_t>::max());
  const auto one_by_one = DevicePixels::Create(*cache, torch::kCPU, 0);
  EXPECT_TRUE(all->resident());
  EXPECT_FALSE(one_by_one->resident());
  const std::vector<int64_t> rows = {3, 0, 3};
  const torch::Tensor batch = all->Gather(rows);
  EXPECT_EQ(batch.sizes(), (std::vector<int64_t>{3, kSide, kSide, 3}));
  EXPECT_TRUE(torch::equal(batch, one_by_one->Gather(rows)));
  for (int64_t i = 0; i < 3; ++i) {
    const auto want = cache->pixels(rows[i]);
    const torch::Tensor got = batch[i].contiguous();
    EXPECT_TRUE(std::equal(want.begin(), want.end(), got.data_ptr<uint8_t>()));
  }
}

TEST(DevicePixelsTest, ThePlacementSaysWhereAndWhy) {
  const auto cache = Numbered();
  EXPECT_THAT(DevicePixels::Create(*cache, torch::kCPU, 1 << 20)->placement(),
              HasSubstr("5 pictures (0.0 MiB) lie on cpu"));
  EXPECT_THAT(DevicePixels::Create(*cache, torch::kCPU, 239)->placement(),
              HasSubstr("stay in memory and are copied batch by batch to cpu: at most 0.0 MiB"));
}

TEST(DevicePixelsTest, TheCpuHasRoomForAll) {
  EXPECT_EQ(ShareOfFreeMemory(torch::kCPU, 0.1), std::numeric_limits<int64_t>::max());
}

TEST(DevicePixelsTest, RowsThatAreNotThereAreRefused) {
  const auto cache = Numbered();
  const auto all = DevicePixels::Create(*cache, torch::kCPU, 1 << 20);
  EXPECT_THROW(all->Gather(std::vector<int64_t>{kImages}), std::exception);
}

}  // namespace
}  // namespace lookbook
