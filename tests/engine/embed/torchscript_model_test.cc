#include "engine/embed/torchscript_model.h"

#include <torch/torch.h>

#include <limits>
#include <string>

#include "tests/engine/embed/script_models.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kInternal = absl::StatusCode::kInternal;
constexpr ModelShape kShape = {.image_size = 8, .dim = 4, .classes = 2};

TEST(TorchScriptModelTest, OptimisedAndPlainGiveWhatTheNetworkGives) {
  torch::jit::Module network =
      MakeSmallNetwork({.image_size = 32, .dim = 16, .classes = 5, .attributes = 3});
  const std::string bytes = SaveToBytes(network);
  for (int64_t batch : {1, 2, 3, 8}) {
    const at::Tensor images = torch::randn({batch, 3, 32, 32});
    const auto expected = network.forward({images}).toTupleRef().elements().vec();
    for (bool optimize : {false, true}) {
      LB_ASSERT_OK_AND_ASSIGN(const torch::jit::Module module, LoadScriptModule(bytes, optimize));
      const at::IValue outputs = RunScriptModule(module, images);
      for (size_t i = 0; i < 3; ++i) {
        EXPECT_TRUE(torch::allclose(outputs.toTupleRef().elements()[i].toTensor(),
                                    expected[i].toTensor(), 0, 1e-5));
      }
    }
  }
}

// The optimisation must really happen: no batch norm is left, and the convolutions are oneDNN's.
TEST(TorchScriptModelTest, OptimisingFoldsBatchNormsEvenWithoutATrainingFlag) {
  torch::jit::Module network = MakeSmallNetwork(kShape);
  ASSERT_FALSE(network.hasattr("training"));
  const std::string bytes = SaveToBytes(network);
  LB_ASSERT_OK_AND_ASSIGN(const torch::jit::Module plain, LoadScriptModule(bytes, false));
  LB_ASSERT_OK_AND_ASSIGN(const torch::jit::Module optimised, LoadScriptModule(bytes, true));
  EXPECT_THAT(plain.get_method("forward").graph()->toString(), HasSubstr("aten::batch_norm"));
  const std::string graph = optimised.get_method("forward").graph()->toString();
  EXPECT_THAT(graph, testing::Not(HasSubstr("aten::batch_norm")));
  EXPECT_THAT(graph, HasSubstr("mkldnn"));
}

TEST(TorchScriptModelTest, RefusesBytesThatAreNoModel) {
  EXPECT_THAT(LoadScriptModule("", true), StatusIs(kInvalid, HasSubstr("model: ")));
  EXPECT_THAT(LoadScriptModule("garbage", true), StatusIs(kInvalid));
  const std::string bytes = SaveToBytes(MakeSmallNetwork(kShape));
  for (size_t length : {bytes.size() / 10, bytes.size() / 2, bytes.size() - 1}) {
    EXPECT_THAT(LoadScriptModule(absl::string_view(bytes).substr(0, length), true),
                StatusIs(kInvalid))
        << length;
  }
}

TEST(TorchScriptModelTest, ReadsInPlaceAndStaysInsideWhateverTheBytesSay) {
  const std::string bytes = SaveToBytes(MakeSmallNetwork(kShape));
  // The directory at the end of the archive holds the offsets.
  for (size_t at = bytes.size() - 400; at < bytes.size(); at += 7) {
    std::string broken = bytes;
    broken[at] = static_cast<char>(broken[at] ^ 0x55);
    const auto module =
        LoadScriptModule(broken, false);  // A name or a time stamp may change without harm.
    if (!module.ok()) {
      EXPECT_THAT(module, StatusIs(kInvalid)) << at;
    }
  }
}

TEST(TorchScriptModelTest, RefusesAnotherSignature) {
  const std::string two =
      SaveToBytes(MakeScriptModule("def forward(self, x, y):\n  return (x, y)\n"));
  EXPECT_THAT(LoadScriptModule(two, true), StatusIs(kInvalid, HasSubstr("takes 2 arguments")));
  const std::string none = SaveToBytes(MakeScriptModule("def encode(self, x):\n  return x\n"));
  EXPECT_THAT(LoadScriptModule(none, true), StatusIs(kInvalid, HasSubstr("no forward()")));
}

at::IValue Tuple(std::vector<at::IValue> values) {
  return c10::ivalue::Tuple::create(std::move(values));
}

TEST(TorchScriptModelTest, OutputsAreCopiedWithoutThePadding) {
  const at::Tensor vectors = torch::arange(12, at::kFloat).view({3, 4}),
                   scores = torch::arange(6, at::kFloat).view({3, 2});
  LB_ASSERT_OK_AND_ASSIGN(const Embeddings result,
                          ReadOutputs(Tuple({vectors, scores}), kShape, 2, 3));
  EXPECT_EQ(result.n, 2);
  EXPECT_THAT(result.vectors, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
  EXPECT_THAT(result.scores, ElementsAre(0, 1, 2, 3));
  EXPECT_TRUE(result.attribute_scores.empty());
  // The layout in memory does not matter.
  LB_ASSERT_OK_AND_ASSIGN(const Embeddings strided,
                          ReadOutputs(Tuple({vectors.t().contiguous().t(), scores}), kShape, 2, 3));
  EXPECT_EQ(strided.vectors, result.vectors);
}

TEST(TorchScriptModelTest, EveryBrokenPromiseOfTheOutputsIsNamed) {
  const at::Tensor vectors = torch::rand({3, 4}), scores = torch::rand({3, 2});
  const auto read = [](const at::IValue& outputs) {
    return ReadOutputs(outputs, kShape, 3, 3).status();
  };
  ASSERT_THAT(read(Tuple({vectors, scores})), IsOk());
  EXPECT_THAT(read(vectors), StatusIs(kInternal, HasSubstr("Tensor instead of a tuple")));
  EXPECT_THAT(read(Tuple({vectors})), StatusIs(kInternal, HasSubstr("1 outputs; 2 are promised")));
  EXPECT_THAT(read(Tuple({vectors, scores, scores})),
              StatusIs(kInternal, HasSubstr("3 outputs; 2 are promised")));
  EXPECT_THAT(read(Tuple({1.5, scores})),
              StatusIs(kInternal, HasSubstr("the embedding is no tensor")));
  EXPECT_THAT(read(Tuple({vectors.to(at::kDouble), scores})),
              StatusIs(kInternal, HasSubstr("the embedding is Double")));
  EXPECT_THAT(read(Tuple({vectors, torch::rand({3, 5})})),
              StatusIs(kInternal, AllOf(HasSubstr("the class scores"), HasSubstr("[3, 5]"),
                                        HasSubstr("[3, 2]"))));
  EXPECT_THAT(read(Tuple({torch::rand({1, 4}), scores})), StatusIs(kInternal, HasSubstr("[1, 4]")));
  EXPECT_THAT(read(Tuple({torch::rand({12}), scores})), StatusIs(kInternal, HasSubstr("[12]")));
  EXPECT_THAT(ReadOutputs(Tuple({vectors, scores}),
                          {.image_size = 8, .dim = 4, .classes = 2, .attributes = 1}, 3, 3),
              StatusIs(kInternal, HasSubstr("2 outputs; 3 are promised")));
}

TEST(TorchScriptModelTest, NonFiniteValuesCountInRealRowsOnly) {
  const at::Tensor scores = torch::rand({3, 2});
  for (float bad :
       {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    at::Tensor vectors = torch::rand({3, 4});
    vectors[2][1] = bad;
    EXPECT_THAT(ReadOutputs(Tuple({vectors, scores}), kShape, 3, 3),
                StatusIs(kInternal, HasSubstr("the embedding of image 2 is not finite at 1")));
    EXPECT_THAT(ReadOutputs(Tuple({vectors, scores}), kShape, 2, 3), IsOk());
  }
}

}  // namespace
}  // namespace lookbook
