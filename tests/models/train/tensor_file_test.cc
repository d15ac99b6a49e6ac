#include "models/train/tensor_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/nn/modules/linear.h>

#include "base/files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

TEST(TensorFileTest, TextAndTensorsComeBackExactly) {
  TempDir dir;
  const torch::Tensor a = torch::randn({3, 4}), b = torch::arange(5);
  ASSERT_THAT(WriteTensorFile(dir / "f.pt",
                              {.text = "{\"x\":1}",
                               .tensors = {{"a.b", a}, {"c", b}, {"none", torch::zeros({0})}}}),
              IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const TensorFile file, ReadTensorFile(dir / "f.pt"));
  EXPECT_EQ(file.text, "{\"x\":1}");
  ASSERT_EQ(file.tensors.size(), 3u);
  EXPECT_TRUE(torch::equal(file.tensors.at("a.b"), a));
  EXPECT_TRUE(torch::equal(file.tensors.at("c"), b));
}

TEST(TensorFileTest, AFileWithoutTensorsIsAllowed) {
  TempDir dir;
  ASSERT_THAT(WriteTensorFile(dir / "f.pt", {.text = "t", .tensors = {}}), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const TensorFile file, ReadTensorFile(dir / "f.pt"));
  EXPECT_TRUE(file.tensors.empty());
}

TEST(TensorFileTest, DamageIsDataLoss) {
  TempDir dir;
  ASSERT_THAT(WriteTensorFile(dir / "f.pt", {.text = "t", .tensors = {{"a", torch::randn({500})}}}),
              IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadFile(dir / "f.pt"));
  for (const size_t keep : {size_t{0}, size_t{10}, bytes.size() / 2, bytes.size() - 30}) {
    ASSERT_THAT(WriteFile(dir / "cut.pt", bytes.substr(0, keep)), IsOk());
    EXPECT_THAT(ReadTensorFile(dir / "cut.pt"),
                StatusIs(absl::StatusCode::kDataLoss, HasSubstr("cut.pt")))
        << keep;
  }
  ASSERT_THAT(WriteFile(dir / "text.pt", "not a tensor file at all"), IsOk());
  EXPECT_THAT(ReadTensorFile(dir / "text.pt"), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(ReadTensorFile(dir / "absent.pt"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("absent.pt")));
}

TEST(TensorFileTest, ModulesRoundTripAndMisfitsAreNamed) {
  torch::nn::Linear a(3, 2), b(3, 2), wider(3, 5);
  std::map<std::string, torch::Tensor> tensors;
  CollectTensors(*a, "net.", &tensors);
  ASSERT_THAT(RestoreTensors(tensors, "net.", *b), IsOk());
  EXPECT_TRUE(torch::equal(a->weight, b->weight));
  EXPECT_TRUE(b->weight.requires_grad());
  EXPECT_THAT(RestoreTensors(tensors, "net.", *wider),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("net.weight is Float[2, 3], the network has Float[5, 3]")));
  EXPECT_THAT(RestoreTensors(tensors, "", *b),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("no tensor weight")));
}

}  // namespace
}  // namespace lookbook
