#include "engine/embed/torchscript_embedder.h"

#include <omp.h>
#include <torch/torch.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/engine/embed/embedder_contract.h"
#include "tests/engine/embed/script_models.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr ModelShape kShape = {.image_size = 24, .dim = 16, .classes = 5};

std::unique_ptr<Embedder> MakeTorchScript(const ModelShape& shape) {
  auto embedder = TorchScriptEmbedder::Open(SaveToBytes(MakeSmallNetwork(shape)),
                                            {.shape = shape, .buckets = {1, 2, 4, 8}});
  EXPECT_THAT(embedder, IsOk());
  return std::move(embedder).value_or(nullptr);
}

INSTANTIATE_TEST_SUITE_P(TorchScript, EmbedderContract, ::testing::Values(&MakeTorchScript));

// Opens a model of the given forward() body for kShape.
absl::Status OpenBody(const std::string& body) {
  const std::string bytes = SaveToBytes(MakeScriptModule("def forward(self, x):\n" + body));
  return TorchScriptEmbedder::Open(bytes, {.shape = kShape, .buckets = {1, 2, 4}}).status();
}
// x.flatten(1)[:, :16] normalised.
constexpr char kUnit[] =
    "  v = x.flatten(1)[:, 0:16]\n  v = v / torch.norm(v, 2, [1], True)\n  s = "
    "torch.sigmoid(x.flatten(1)[:, 0:5])\n";

TEST(TorchScriptEmbedderTest, EqualsTheEagerNetworkAtEveryBatchSize) {
  torch::jit::Module network = MakeSmallNetwork(kShape);
  const std::string bytes = SaveToBytes(network);
  for (bool optimize : {true, false}) {
    LB_ASSERT_OK_AND_ASSIGN(
        auto embedder, TorchScriptEmbedder::Open(
                           bytes, {.shape = kShape, .buckets = {1, 3, 8}, .optimize = optimize}));
    for (int n = 1; n <= 8; ++n) {
      std::vector<float> images = NoiseImages(kShape, n, static_cast<uint32_t>(n));
      const auto expected = network.forward({torch::from_blob(images.data(), {n, 3, 24, 24})})
                                .toTupleRef()
                                .elements()
                                .vec();
      LB_ASSERT_OK_AND_ASSIGN(const Embeddings result, embedder->Embed(images));
      const at::Tensor vectors = expected[0].toTensor().contiguous(),
                       scores = expected[1].toTensor().contiguous();
      EXPECT_LE(
          LargestDifference(result.vectors, {vectors.data_ptr<float>(), result.vectors.size()}),
          1e-5);
      EXPECT_LE(LargestDifference(result.scores, {scores.data_ptr<float>(), result.scores.size()}),
                1e-5);
    }
  }
}

TEST(TorchScriptEmbedderTest, TheBytesMayGoAwayAndTheImagesStayAsTheyAre) {
  auto bytes = std::make_unique<std::string>(SaveToBytes(MakeScriptModule(
      std::string("def forward(self, x):\n") + kUnit + "  x.mul_(0.0)\n  return (v, s)\n")));
  LB_ASSERT_OK_AND_ASSIGN(auto embedder, TorchScriptEmbedder::Open(*bytes, {.shape = kShape}));
  bytes.reset();
  const std::vector<float> images = NoiseImages(kShape, 2, 1);
  LB_ASSERT_OK_AND_ASSIGN(const Embeddings first, embedder->Embed(images));
  LB_ASSERT_OK_AND_ASSIGN(const Embeddings second, embedder->Embed(images));
  EXPECT_EQ(first.vectors, second.vectors);
}

TEST(TorchScriptEmbedderTest, RefusesAModelThatBreaksThePromisesOfTheManifest) {
  const std::string unit = kUnit;
  EXPECT_THAT(OpenBody(unit + "  return (v, s)\n"), IsOk());
  EXPECT_THAT(OpenBody(unit + "  return (v, s, s)\n"),
              StatusIs(kInvalid, HasSubstr("3 outputs; 2 are promised")));
  EXPECT_THAT(OpenBody(unit + "  return v\n"), StatusIs(kInvalid, HasSubstr("instead of a tuple")));
  EXPECT_THAT(OpenBody(unit + "  return (v[:, 0:8], s)\n"),
              StatusIs(kInvalid, AllOf(HasSubstr("[1, 8]"), HasSubstr("[1, 16]"))));
  EXPECT_THAT(OpenBody(unit + "  return (v, s[:, 0:4])\n"),
              StatusIs(kInvalid, HasSubstr("the class scores")));
  EXPECT_THAT(OpenBody(unit + "  return (2.0 * v, s)\n"),
              StatusIs(kInvalid, HasSubstr("length 2")));
  EXPECT_THAT(OpenBody(unit + "  return (v, s + 1.0)\n"),
              StatusIs(kInvalid, HasSubstr("sigmoid scores are in [0, 1]")));
  EXPECT_THAT(OpenBody(unit + "  return (v / 0.0, s)\n"),
              StatusIs(kInvalid, HasSubstr("not finite")));
  EXPECT_THAT(OpenBody(unit + "  return (v.double(), s)\n"),
              StatusIs(kInvalid, HasSubstr("Double")));
}

TEST(TorchScriptEmbedderTest, RefusesAGraphWithItsBatchSizeBuiltIn) {
  EXPECT_THAT(OpenBody("  v = x.reshape([1, -1])[:, 0:16]\n  v = v / torch.norm(v, 2, [1], True)\n"
                       "  return (v, torch.sigmoid(v[:, 0:5]))\n"),
              StatusIs(kInvalid, AllOf(HasSubstr("[1, 16]"), HasSubstr("[2, 16]"))));
}

TEST(TorchScriptEmbedderTest, RefusesAnotherImageSizeOrGarbage) {
  const std::string fixed = SaveToBytes(MakeScriptModule(
      "def forward(self, x):\n  v = x.reshape([-1, 3, 8, 8]).mean([2, 3])\n  return (v, v)\n"));
  EXPECT_THAT(TorchScriptEmbedder::Open(fixed, {.shape = kShape}), StatusIs(kInvalid));
  EXPECT_THAT(TorchScriptEmbedder::Open("PK\x03\x04 no zip", {.shape = kShape}),
              StatusIs(kInvalid, HasSubstr("model: ")));
}

TEST(TorchScriptEmbedderTest, RefusesBucketsAndShapesThatCannotBe) {
  const std::string bytes = SaveToBytes(MakeSmallNetwork(kShape));
  for (const std::vector<int>& buckets :
       std::vector<std::vector<int>>{{}, {0, 1}, {-1}, {4, 2}, {2, 2}}) {
    EXPECT_THAT(TorchScriptEmbedder::Open(bytes, {.shape = kShape, .buckets = buckets}),
                StatusIs(kInvalid, HasSubstr("batch buckets")));
  }
  EXPECT_THAT(TorchScriptEmbedder::Open(bytes, {}), StatusIs(kInvalid, HasSubstr("image_size 0")));
}

// The test image of Open() is fine; only an image with a large pixel breaks this model.
TEST(TorchScriptEmbedderTest, AModelThatFailsLaterIsAnInternalErrorAndGoesOn) {
  const std::string bytes = SaveToBytes(MakeScriptModule(
      std::string("def forward(self, x):\n") + kUnit +
      "  if bool(torch.max(x) > 100.0):\n    v = v / 0.0\n"
      "  if bool(torch.min(x) < -100.0):\n    s = torch.matmul(s, s)\n"
      "  if bool(torch.max(x) > 50.0):\n    s = s + torch.zeros([1125899906842624])[0:1]\n"
      "  return (v, s)\n"));
  LB_ASSERT_OK_AND_ASSIGN(auto embedder,
                          TorchScriptEmbedder::Open(bytes, {.shape = kShape, .buckets = {1, 2}}));
  std::vector<float> images = NoiseImages(kShape, 2, 1);
  const std::vector<float> good = images;
  images[7] = 60;
  EXPECT_THAT(embedder->Embed(images), StatusIs(absl::StatusCode::kResourceExhausted));
  images[7] = -200;
  EXPECT_THAT(embedder->Embed(images), StatusIs(absl::StatusCode::kInternal, HasSubstr("model: ")));
  EXPECT_THAT(embedder->Embed(good), IsOk());
}

TEST(TorchScriptEmbedderTest, ANotFiniteResultIsAnInternalErrorThatNamesTheImage) {
  const std::string bytes = SaveToBytes(
      MakeScriptModule(std::string("def forward(self, x):\n") + kUnit + "  return (v, s)\n"));
  LB_ASSERT_OK_AND_ASSIGN(auto embedder,
                          TorchScriptEmbedder::Open(bytes, {.shape = kShape, .buckets = {4}}));
  std::vector<float> images = NoiseImages(kShape, 3, 1);
  std::fill(images.begin() + 2 * 3 * 24 * 24, images.end(), 0.0f);  // Zero over zero.
  EXPECT_THAT(embedder->Embed(images),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("the embedding of image 2")));
  // The padding is zeros as well, but nobody asked for it.
  images.resize(2 * 3 * 24 * 24);
  EXPECT_THAT(embedder->Embed(images), IsOk());
}

TEST(TorchScriptEmbedderTest, WarmUpReachesEveryBucket) {
  const std::string bytes = SaveToBytes(
      MakeScriptModule(std::string("def forward(self, x):\n") + kUnit +
                       "  if x.size(0) == 4:\n    s = torch.matmul(s, s)\n  return (v, s)\n"));
  LB_ASSERT_OK_AND_ASSIGN(
      auto embedder, TorchScriptEmbedder::Open(bytes, {.shape = kShape, .buckets = {1, 2, 4}}));
  EXPECT_THAT(embedder->WarmUp(), StatusIs(absl::StatusCode::kInternal));
}

TEST(TorchScriptEmbedderTest, NumericThreadsReachThreadsThatComeLater) {
  const std::unique_ptr<Embedder> embedder = MakeTorchScript(kShape);
  for (int threads : {2, 1}) {
    SetNumericThreads(threads);
    EXPECT_EQ(at::get_num_threads(), threads);
    std::thread([&] {
      ASSERT_THAT(embedder->Embed(NoiseImages(kShape, 1, 1)), IsOk());
      EXPECT_EQ(at::get_num_threads(), threads);
      EXPECT_EQ(omp_get_max_threads(), threads);
    }).join();
  }
  SetNumericThreads(0);
  EXPECT_EQ(at::get_num_threads(), 1);
}

}  // namespace
}  // namespace lookbook
