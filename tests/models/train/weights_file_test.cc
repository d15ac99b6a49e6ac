#include "models/train/weights_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <random>
#include <set>

#include "models/train/tensor_file.h"
#include "tests/models/nn/formula.h"
#include "tests/models/train/pickle_writer.h"
#include "tests/models/train/weights_fixture.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;

const char* const kWholeNetworks[] = {"state_dict.pth", "state_dict.safetensors", "scripted.ts"};

TEST(WeightsFileTest, EveryKindGivesTheNamesShapesAndValuesThatPythonSaved) {
  const nlohmann::json keys = ExpectedWeights().at("state");
  for (const char* file : kWholeNetworks) {
    LB_ASSERT_OK_AND_ASSIGN(const NamedTensors tensors, ReadWeightsFile(WeightsFixture(file)));
    ASSERT_THAT(tensors, SizeIs(keys.size())) << file;
    for (size_t seed = 0; seed < keys.size(); ++seed) {
      const std::string name = keys[seed][0];
      const torch::Tensor& tensor = tensors.at(name);
      ASSERT_EQ(tensor.sizes().vec(), keys[seed][1].get<std::vector<int64_t>>()) << name;
      if (name.find("num_batches_tracked") != std::string::npos) {
        EXPECT_EQ(tensor.scalar_type(), torch::kInt64) << name;
        continue;
      }
      EXPECT_TRUE(torch::allclose(
          tensor, FormulaTensor(name, tensor.sizes(), static_cast<int64_t>(seed)), 1e-6, 1e-7))
          << file << " " << name;
    }
  }
}

TEST(WeightsFileTest, TypesOfOneFileMayDiffer) {
  LB_ASSERT_OK_AND_ASSIGN(const NamedTensors plain,
                          ReadWeightsFile(WeightsFixture("state_dict.pth")));
  LB_ASSERT_OK_AND_ASSIGN(const NamedTensors mixed,
                          ReadWeightsFile(WeightsFixture("mixed_types.pth")));
  std::set<torch::ScalarType> types;
  ASSERT_EQ(mixed.size(), plain.size());
  for (const auto& [name, tensor] : mixed) {
    types.insert(tensor.scalar_type());
    const torch::Tensor rounded =
        plain.at(name).is_floating_point() ? plain.at(name).to(torch::kBFloat16) : plain.at(name);
    EXPECT_TRUE(torch::equal(tensor.to(torch::kFloat64), rounded.to(torch::kFloat64))) << name;
  }
  EXPECT_EQ(types, (std::set<torch::ScalarType>{torch::kFloat32, torch::kFloat16, torch::kBFloat16,
                                                torch::kFloat64, torch::kInt64}));
}

// Protocol 4, tensors that share a storage, a Parameter, integers and booleans.
TEST(WeightsFileTest, ViewsOfOneStorageAreReadAsTheyWere) {
  LB_ASSERT_OK_AND_ASSIGN(const NamedTensors tensors, ReadWeightsFile(WeightsFixture("views.pth")));
  const torch::Tensor base = torch::arange(24, torch::kFloat32);
  ASSERT_THAT(tensors, SizeIs(7));
  EXPECT_TRUE(torch::equal(tensors.at("tail"), base.slice(0, 20)));
  EXPECT_TRUE(torch::equal(tensors.at("transposed"), base.slice(0, 0, 12).reshape({3, 4}).t()));
  EXPECT_EQ(tensors.at("scalar").item<float>(), 7);
  EXPECT_EQ(tensors.at("scalar").dim(), 0);
  EXPECT_EQ(tensors.at("empty").numel(), 0);
  EXPECT_TRUE(torch::equal(tensors.at("parameter"), base.slice(0, 12, 20).reshape({2, 4})));
  EXPECT_TRUE(torch::equal(tensors.at("flags"), torch::tensor({true, false, true})));
  EXPECT_TRUE(torch::equal(tensors.at("small"), torch::tensor({1, -2, 3}, torch::kInt32)));
}

TEST(WeightsFileTest, OurOwnWeightsAreRead) {
  TempDir dir;
  const torch::Tensor a = torch::randn({3, 4}), b = torch::arange(5);
  ASSERT_THAT(WriteTensorFile(dir / "w.pt", {.text = "{}", .tensors = {{"a", a}, {"b.c", b}}}),
              IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const NamedTensors tensors, ReadWeightsFile(dir / "w.pt"));
  ASSERT_THAT(tensors, SizeIs(2));
  EXPECT_TRUE(torch::equal(tensors.at("a"), a));
  EXPECT_TRUE(torch::equal(tensors.at("b.c"), b));
}

TEST(WeightsFileTest, FilesThatMustBeConvertedNameTheConverter) {
  const auto refused = [](const std::string& what) {
    return StatusIs(absl::StatusCode::kInvalidArgument,
                    AllOf(HasSubstr(what), HasSubstr("scripts/convert_weights.py")));
  };
  EXPECT_THAT(ReadWeightsFile(WeightsFixture("legacy.pth")), refused("before 1.6"));
  EXPECT_THAT(ReadWeightsFile(WeightsFixture("module.pth")),
              refused("torch.nn.modules.linear.Linear"));
  EXPECT_THAT(ReadWeightsFile(WeightsFixture("checkpoint.pth")), refused("\"state_dict\""));
  TempDir dir;
  ASSERT_THAT(WriteFile(dir / "text.pth", "no weights at all"), IsOk());
  EXPECT_THAT(ReadWeightsFile(dir / "text.pth"), refused("text.pth: neither"));
  EXPECT_THAT(ReadWeightsFile(dir / "absent.pth"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("absent.pth")));
}

TEST(WeightsFileTest, NothingOfAPickleIsExecuted) {
  TempDir dir;
  const std::string proof = dir / "executed";
  const std::string call =
      PickleName("posix", "system") + "(" + PickleText(std::string("touch ") + proof) + "tR";
  ASSERT_THAT(WriteFile(dir / "evil.pth", Archive({{"data.pkl", WholePickle(call)}})), IsOk());
  EXPECT_THAT(ReadWeightsFile(dir / "evil.pth"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("posix.system")));
  EXPECT_FALSE(PathExists(proof));
}

TEST(WeightsFileTest, RecordsThatDoNotFitThePickleAreDataLoss) {
  TempDir dir;
  const std::string pickle = WholePickle(PickleDict({{"w", Pickle(PickleTensor{})}}));
  const auto read = [&](const std::vector<std::pair<std::string, std::string>>& records) {
    EXPECT_THAT(WriteFile(dir / "w.pth", Archive(records)), IsOk());
    return ReadWeightsFile(dir / "w.pth");
  };
  const std::string data(24, '\0');
  EXPECT_THAT(read({{"data.pkl", pickle}, {"data/0", data}}), IsOk());
  EXPECT_THAT(read({{"data.pkl", pickle}, {"data/0", data}, {"byteorder", "little"}}), IsOk());
  EXPECT_THAT(read({{"data.pkl", pickle}, {"data/0", data}, {"byteorder", "big"}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("byte order is big")));
  EXPECT_THAT(read({{"data.pkl", pickle}}),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("no record data/0")));
  EXPECT_THAT(read({{"data.pkl", pickle}, {"data/0", data + "1234"}}),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("28 bytes for 6 elements")));
  EXPECT_THAT(read({{"data/0", data}}),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("no record data.pkl")));
  const std::string two_types = WholePickle(
      PickleDict({{"w", Pickle(PickleTensor{})}, {"v", Pickle({.type = "IntStorage"})}}));
  EXPECT_THAT(read({{"data.pkl", two_types}, {"data/0", data}}),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("two types")));
}

class DamageTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    LB_ASSERT_OK_AND_ASSIGN(bytes_, ReadFile(WeightsFixture(GetParam())));
    LB_ASSERT_OK_AND_ASSIGN(whole_, ReadWeightsFile(WeightsFixture(GetParam())));
  }
  absl::StatusOr<NamedTensors> Read(const std::string& bytes) {
    EXPECT_THAT(WriteFile(dir_ / "w", bytes), IsOk());
    return ReadWeightsFile(dir_ / "w");
  }
  // Whether `read` is an error of the kinds that are promised.
  static bool IsRefusal(const absl::Status& status) {
    return status.code() == absl::StatusCode::kDataLoss ||
           status.code() == absl::StatusCode::kInvalidArgument;
  }

  TempDir dir_{TempDir::kMemory};
  std::string bytes_;
  NamedTensors whole_;
};

TEST_P(DamageTest, EveryTruncationIsAnError) {
  std::mt19937 random(7);
  std::vector<size_t> sizes = {bytes_.size() - 1,  bytes_.size() - 2,   bytes_.size() - 22,
                               bytes_.size() - 23, bytes_.size() - 100, bytes_.size() / 2};
  for (size_t size = 0; size < 100; ++size) sizes.push_back(size);
  for (int i = 0; i < 100; ++i) sizes.push_back(random() % bytes_.size());
  for (const size_t size : sizes) {
    const auto read = Read(bytes_.substr(0, size));
    EXPECT_TRUE(IsRefusal(read.status())) << size << " " << read.status();
  }
}

// In an archive no changed bit goes unnoticed where it matters; safetensors has no checksum, so
// there a value may change, and nothing else.
TEST_P(DamageTest, EveryFlippedBitIsAnErrorOrChangesNoTensor) {
  std::mt19937 random(11);
  const bool has_checksums = GetParam() != "state_dict.safetensors";
  int errors = 0;
  constexpr int kFlips = 500;
  for (int i = 0; i < kFlips; ++i) {
    std::string changed = bytes_;
    // A third each in the first and last kilobytes, where the structure is.
    const size_t range = std::min<size_t>(bytes_.size(), 4096);
    const size_t at = i % 3 == 0   ? random() % range
                      : i % 3 == 1 ? bytes_.size() - 1 - random() % range
                                   : random() % bytes_.size();
    changed[at] = static_cast<char>(changed[at] ^ (1 << (random() % 8)));
    const auto read = Read(changed);
    if (!read.ok()) {
      EXPECT_TRUE(IsRefusal(read.status())) << at << " " << read.status();
      ++errors;
    } else if (has_checksums) {
      ASSERT_EQ(read->size(), whole_.size()) << at;
      for (const auto& [name, tensor] : whole_)
        ASSERT_TRUE(torch::equal(tensor, read->at(name))) << at << " " << name;
    }
  }
  EXPECT_GT(errors, kFlips / 10);
}

INSTANTIATE_TEST_SUITE_P(Files, DamageTest,
                         testing::Values("state_dict.pth", "mixed_types.pth", "views.pth",
                                         "state_dict.safetensors", "scripted.ts"),
                         [](const auto& info) {
                           return info.param.substr(0, info.param.find('.')) +
                                  (info.param.find("safe") != std::string::npos ? "_safe" : "");
                         });

}  // namespace
}  // namespace lookbook
