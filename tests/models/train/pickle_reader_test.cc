#include "models/train/pickle_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/models/train/pickle_writer.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

absl::StatusOr<torch::Tensor> Zeros(const PickledStorage& storage) {
  return torch::zeros({storage.elements}, storage.type);
}

absl::StatusOr<NamedTensors> Read(const std::string& value) {
  return ReadPickledTensors(WholePickle(value), Zeros);
}

TEST(PickleReaderTest, ADictOfTensorsIsAStateDict) {
  LB_ASSERT_OK_AND_ASSIGN(
      const NamedTensors tensors,
      Read(PickleDict({{"a.b", Pickle(PickleTensor{})}, {"c", Pickle(PickleTensor{.key = "1"})}})));
  ASSERT_THAT(tensors, SizeIs(2));
  EXPECT_EQ(tensors.at("a.b").sizes(), (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(tensors.count("c"), 1u);
  LB_ASSERT_OK_AND_ASSIGN(const NamedTensors none, Read("}"));
  EXPECT_THAT(none, SizeIs(0));
}

TEST(PickleReaderTest, AParameterIsItsTensor) {
  const std::string parameter =
      absl::StrCat(PickleName("torch._utils", "_rebuild_parameter"), "(", Pickle(PickleTensor{}),
                   Bytes({0x88}), PickleName("collections", "OrderedDict"), ")RtR");
  LB_ASSERT_OK_AND_ASSIGN(const NamedTensors tensors, Read(PickleDict({{"w", parameter}})));
  EXPECT_EQ(tensors.at("w").numel(), 6);
}

TEST(PickleReaderTest, OurOwnFilesHoldTheDictOneLevelDown) {
  LB_ASSERT_OK_AND_ASSIGN(
      const NamedTensors tensors,
      Read(PickleDict(
          {{"text", PickleText("{}")}, {"tensors", PickleDict({{"w", Pickle(PickleTensor{})}})}})));
  EXPECT_EQ(tensors.count("w"), 1u);
}

TEST(PickleReaderTest, OtherContentsAreNamed) {
  const auto code = absl::StatusCode::kInvalidArgument;
  EXPECT_THAT(Read("N"), StatusIs(code, HasSubstr("dict of names to tensors")));
  EXPECT_THAT(Read(Pickle(PickleTensor{})), StatusIs(code, HasSubstr("dict")));
  EXPECT_THAT(Read(PickleDict({{"epoch", PickleInt(3)}})),
              StatusIs(code, HasSubstr("\"epoch\" is no tensor")));
  EXPECT_THAT(Read(PickleDict({{"model", PickleDict({{"w", Pickle(PickleTensor{})}})}})),
              StatusIs(code, HasSubstr("\"model\" is no tensor")));
  EXPECT_THAT(Read(std::string("}") + PickleInt(1) + Pickle(PickleTensor{}) + "s"),
              StatusIs(code, HasSubstr("no text")));
}

}  // namespace
}  // namespace lookbook
