#include "models/train/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <random>

#include "base/files.h"
#include "tests/models/train/pickle_writer.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

// The length of `header` in eight bytes, the header, `data`.
std::string File(const std::string& header, const std::string& data) {
  return absl::StrCat(Int32(static_cast<int64_t>(header.size())), Int32(0), header, data);
}

std::string FloatBytes(const std::vector<float>& values) {
  return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
}

TEST(SafetensorsTest, TensorsHaveTheirTypesShapesAndValues) {
  const std::string header = R"({"__metadata__":{"format":"pt"},)"
                             R"("a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},)"
                             R"("n":{"dtype":"I64","shape":[],"data_offsets":[8,16]},)"
                             R"("none":{"dtype":"F16","shape":[0,3],"data_offsets":[16,16]},)"
                             R"("flags":{"dtype":"BOOL","shape":[2],"data_offsets":[16,18]}}  )";
  LB_ASSERT_OK_AND_ASSIGN(const NamedTensors tensors,
                          ReadSafetensors(File(header, FloatBytes({1.5f, -2.f}) + Int32(7) +
                                                           Int32(0) + Bytes({1, 0}))));
  ASSERT_THAT(tensors, SizeIs(4));
  EXPECT_TRUE(torch::equal(tensors.at("a"), torch::tensor({{1.5f}, {-2.f}})));
  EXPECT_EQ(tensors.at("n").item<int64_t>(), 7);
  EXPECT_EQ(tensors.at("none").sizes(), (std::vector<int64_t>{0, 3}));
  EXPECT_TRUE(torch::equal(tensors.at("flags"), torch::tensor({true, false})));
}

struct BadHeader {
  std::string header;
  absl::StatusCode code;
  std::string message;
};

TEST(SafetensorsTest, HeadersThatDoNotFitTheirDataAreRefused) {
  const auto damaged = absl::StatusCode::kDataLoss;
  const std::string eight(8, '\0');
  const std::vector<BadHeader> bad = {
      {R"({"a":)", damaged, "header is damaged"},
      {R"({"a":3})", damaged, "header is damaged"},
      {R"({"a":{"dtype":"F32","shape":[2]}})", damaged, "header is damaged"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}})", damaged, "other bytes"},
      {R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}})", damaged, "leaves the file"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", damaged, "leaves the file"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", damaged, "belong to no tensor"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", damaged, "leaves a gap"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
       R"("b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
       damaged, "overlaps"},
      {R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", damaged, "out of range"},
      {R"({"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}})", damaged, "out of range"},
      {R"({"a":{"dtype":"F32","shape":[8,8,8,8,8,8,8,8,8,8,8,8,8,8,8,8,8,8,8,8,8,8],)"
       R"("data_offsets":[0,8]}})",
       damaged, "than the format allows"},
      {R"({"a":{"dtype":"F32","shape":[8,8,8,8,8,8,8,8],"data_offsets":[0,8]}})", damaged,
       "other bytes"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,9]}})", damaged, "offsets"},
      {R"({"a":{"dtype":"F32","shape":2,"data_offsets":[0,8]}})", damaged, "no list"},
      {std::string("{\"a\":") + std::string(1'000'000, '['), damaged, "nested too deeply"},
      {R"({"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}})",
       absl::StatusCode::kInvalidArgument, "F8_E4M3"}};
  for (const BadHeader& one : bad) {
    EXPECT_THAT(ReadSafetensors(File(one.header, eight)),
                StatusIs(one.code, HasSubstr(one.message)))
        << one.header;
  }
}

TEST(SafetensorsTest, WhatBeginsOtherwiseIsNone) {
  EXPECT_FALSE(IsSafetensors(""));
  EXPECT_FALSE(IsSafetensors("PK\3\4 and so on"));
  EXPECT_FALSE(IsSafetensors(std::string(8, '\xFF') + "{}"));  // A header of 2^64 bytes.
  EXPECT_TRUE(IsSafetensors(File("{}", "")));
  EXPECT_THAT(ReadSafetensors("short"), StatusIs(absl::StatusCode::kDataLoss));
}

// By the package safetensors, from a whole network.
TEST(SafetensorsTest, EveryTruncationIsFoundAndNoChangedByteCrashes) {
  LB_ASSERT_OK_AND_ASSIGN(const std::string bytes,
                          ReadFile("tests/models/fixtures/weights/state_dict.safetensors"));
  LB_ASSERT_OK_AND_ASSIGN(const NamedTensors whole, ReadSafetensors(bytes));
  EXPECT_GT(whole.size(), 300u);
  std::mt19937 random(3);
  for (int i = 0; i < 300; ++i) {
    const size_t size = i < 64 ? i : random() % bytes.size();
    EXPECT_THAT(ReadSafetensors(absl::string_view(bytes).substr(0, size)),
                StatusIs(absl::StatusCode::kDataLoss))
        << size;
  }
  const size_t header = bytes.find("}}") + 2;
  for (int i = 0; i < 600; ++i) {
    std::string changed = bytes;
    const size_t at = random() % header;
    changed[at] = static_cast<char>(changed[at] ^ (1 << (random() % 8)));
    const auto read = ReadSafetensors(changed);
    if (read.ok()) {  // Another name, or the text of the metadata.
      EXPECT_EQ(read->size(), whole.size()) << at;
    }
  }
}

}  // namespace
}  // namespace lookbook
