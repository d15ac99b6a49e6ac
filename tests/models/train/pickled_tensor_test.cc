#include "models/train/pickled_tensor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/train/pickle_reader.h"
#include "tests/models/train/pickle_writer.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

// 0, 1, 2, … of any type.
absl::StatusOr<torch::Tensor> Counting(const PickledStorage& storage) {
  return torch::arange(storage.elements, torch::kFloat64).to(storage.type);
}

absl::StatusOr<torch::Tensor> Make(const PickleTensor& tensor) {
  const std::string pickle = WholePickle(PickleDict({{"t", Pickle(tensor)}}));
  const auto read = ReadPickledTensors(pickle, Counting);
  if (!read.ok()) return read.status();
  return read->at("t");
}

TEST(PickledTensorTest, IsAViewOfItsStorage) {
  LB_ASSERT_OK_AND_ASSIGN(const torch::Tensor plain, Make({}));
  EXPECT_TRUE(torch::equal(plain, torch::tensor({{0.f, 1.f, 2.f}, {3.f, 4.f, 5.f}})));
  LB_ASSERT_OK_AND_ASSIGN(const torch::Tensor turned,
                          Make({.elements = 10, .offset = 4, .sizes = {3, 2}, .strides = {1, 3}}));
  EXPECT_TRUE(torch::equal(turned, torch::tensor({{4.f, 7.f}, {5.f, 8.f}, {6.f, 9.f}})));
  LB_ASSERT_OK_AND_ASSIGN(
      const torch::Tensor scalar,
      Make({.type = "LongStorage", .elements = 9, .offset = 8, .sizes = {}, .strides = {}}));
  EXPECT_EQ(scalar.item<int64_t>(), 8);
  LB_ASSERT_OK_AND_ASSIGN(const torch::Tensor empty, Make({.elements = 0, .sizes = {0, 3}}));
  EXPECT_EQ(empty.numel(), 0);
}

TEST(PickledTensorTest, EveryStorageTypeIsRead) {
  const std::vector<std::pair<std::string, torch::ScalarType>> types = {
      {"FloatStorage", torch::kFloat32},     {"HalfStorage", torch::kFloat16},
      {"BFloat16Storage", torch::kBFloat16}, {"DoubleStorage", torch::kFloat64},
      {"LongStorage", torch::kInt64},        {"IntStorage", torch::kInt32},
      {"BoolStorage", torch::kBool}};
  for (const auto& [name, type] : types) {
    LB_ASSERT_OK_AND_ASSIGN(const torch::Tensor tensor, Make({.type = name}));
    EXPECT_EQ(tensor.scalar_type(), type) << name;
  }
}

TEST(PickledTensorTest, ViewsThatLeaveTheirStorageAreDataLoss) {
  const int64_t huge = int64_t{1} << 30;
  const std::vector<PickleTensor> bad = {
      {.elements = 5},  // One too short.
      {.offset = 1},    // One too far.
      {.offset = -1},
      {.offset = 7, .sizes = {}, .strides = {}},
      {.offset = 6, .sizes = {}, .strides = {}},
      {.sizes = {2, 3}, .strides = {4, 1}},
      {.sizes = {2, 3}, .strides = {-3, 1}},
      {.sizes = {-1}, .strides = {1}},
      {.sizes = {7}, .strides = {0}},  // One element seven times.
      {.sizes = {2}, .strides = {}},
      {.sizes = {huge, huge, huge}, .strides = {0, 0, 0}},  // The product overflows.
      {.sizes = {2, 2}, .strides = {huge, huge}},
      {.elements = -1, .sizes = {}, .strides = {}},
      {.sizes = {1, 1, 1, 1, 1, 1, 1, 1, 1}, .strides = {1, 1, 1, 1, 1, 1, 1, 1, 1}}};
  for (size_t i = 0; i < bad.size(); ++i) {
    EXPECT_THAT(Make(bad[i]), StatusIs(absl::StatusCode::kDataLoss)) << i;
  }
}

TEST(PickledTensorTest, AStorageOfAnotherLengthIsDataLoss) {
  const std::string pickle = WholePickle(PickleDict({{"t", Pickle(PickleTensor{})}}));
  EXPECT_THAT(ReadPickledTensors(pickle, [](const PickledStorage&) { return torch::zeros({5}); }),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("another length")));
  EXPECT_THAT(ReadPickledTensors(pickle,
                                 [](const PickledStorage&) -> absl::StatusOr<torch::Tensor> {
                                   return absl::DataLossError("no such record");
                                 }),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("no such record")));
}

}  // namespace
}  // namespace lookbook
