// Models on a CUDA device against the same models on the CPU.

#include <torch/torch.h>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/reason.h"
#include "engine/embed/torchscript_embedder.h"
#include "tests/engine/cuda/cuda_backend.h"
#include "tests/engine/embed/embedder_contract.h"
#include "tests/engine/embed/script_models.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;
constexpr PixelScale kScale = {{0.485f, 0.456f, 0.406f}, {0.229f, 0.224f, 0.225f}};
constexpr ModelShape kShape = {.image_size = 64, .dim = 1280, .classes = 46};

CudaOptions OptionsFor(Precision precision, bool graphs = true) {
  CudaOptions options;
  options.precision = precision;
  options.graphs = graphs;
  return options;
}

std::unique_ptr<Embedder> OpenOn(const DeviceBackend* backend, const torch::jit::Module& module,
                                 const ModelShape& shape, std::vector<int> buckets) {
  auto embedder = backend->OpenEmbedder(SaveToBytes(module),
                                        {.shape = shape, .pixels = kScale, .buckets = buckets});
  EXPECT_THAT(embedder, IsOk());
  return std::move(embedder).value_or(nullptr);
}

std::unique_ptr<Embedder> MakeCudaFloat32(const ModelShape& shape) {
  static const DeviceBackend* const backend = MakeCuda(OptionsFor(Precision::kFloat32));
  return backend == nullptr ? nullptr
                            : OpenOn(backend, MakeSmallNetwork(shape), shape, {1, 2, 4, 8});
}
INSTANTIATE_TEST_SUITE_P(Cuda, EmbedderContract, ::testing::Values(&MakeCudaFloat32));

std::vector<uint8_t> NoisePixels(const ModelShape& shape, int n, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<uint8_t> pixels(static_cast<size_t>(n) * 3 * shape.image_size * shape.image_size);
  for (uint8_t& value : pixels) value = static_cast<uint8_t>(random() >> 24);
  return pixels;
}

// Pixels as the CPU's model wants them.
std::vector<float> Normalized(const std::vector<uint8_t>& pixels, const ModelShape& shape) {
  const size_t area = static_cast<size_t>(shape.image_size) * shape.image_size;
  std::vector<float> images(pixels.size());
  for (size_t i = 0; i < pixels.size(); ++i) {
    const size_t image = i / (3 * area), pixel = i % (3 * area) / 3, channel = i % 3;
    images[image * 3 * area + channel * area + pixel] =
        (static_cast<float>(pixels[i]) / 255.0f - kScale.mean[channel]) / kScale.std[channel];
  }
  return images;
}

double WorstCosine(const Embeddings& a, const Embeddings& b, int dim) {
  double worst = 1;
  for (int64_t i = 0; i < a.n; ++i) {
    double dot = 0;
    for (int64_t j = i * dim; j < (i + 1) * dim; ++j) dot += double{a.vectors[j]} * b.vectors[j];
    worst = std::min(worst, dot);
  }
  return worst;
}

double MeanDifference(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += std::abs(double{a[i]} - b[i]);
  return sum / static_cast<double>(a.size());
}

// For a network with random weights: its logits are tens, so that rounding turns single scores
// over.
struct Bound {
  double cosine, score;
};
Bound BoundOf(Precision precision) {
  if (precision == Precision::kFloat32) return {0.99999, 1e-3};
  return precision == Precision::kFloat16 ? Bound{0.999, 0.02} : Bound{0.99, 0.1};
}

class CudaPrecision : public ::testing::TestWithParam<Precision> {};

TEST_P(CudaPrecision, AgreesWithTheCpuAtEveryBatchSizeFromPixelsAndFromTensors) {
  LB_SKIP_WITHOUT_CUDA();
  const torch::jit::Module network = MakeMobileNetV2(kShape.classes);
  LB_ASSERT_OK_AND_ASSIGN(const auto cpu,
                          TorchScriptEmbedder::Open(SaveToBytes(network), {.shape = kShape}));
  const Bound bound = BoundOf(GetParam());
  for (bool graphs : {true, false}) {
    const DeviceBackend* backend = MakeCuda(OptionsFor(GetParam(), graphs));
    ASSERT_NE(backend, nullptr);
    const auto embedder = OpenOn(backend, network, kShape, {1, 2, 4, 8, 16});
    ASSERT_NE(embedder, nullptr);
    ASSERT_TRUE(embedder->TakesPixels());
    for (int n : {1, 2, 3, 7, 16, 1}) {
      const std::vector<uint8_t> pixels = NoisePixels(kShape, n, static_cast<uint32_t>(n));
      const std::vector<float> images = Normalized(pixels, kShape);
      LB_ASSERT_OK_AND_ASSIGN(const Embeddings expected, cpu->Embed(images));
      LB_ASSERT_OK_AND_ASSIGN(const Embeddings from_pixels, embedder->EmbedPixels(pixels));
      LB_ASSERT_OK_AND_ASSIGN(const Embeddings from_tensors, embedder->Embed(images));
      for (const Embeddings* found : {&from_pixels, &from_tensors}) {
        ASSERT_EQ(found->n, n);
        EXPECT_GT(WorstCosine(*found, expected, kShape.dim), bound.cosine);
        EXPECT_LT(MeanDifference(found->scores, expected.scores), bound.score);
      }
    }
    int64_t replays = 0;
    for (const auto& [bucket, count] : backend->Stats().graph_replays) replays += count;
    EXPECT_EQ(replays, graphs ? 6 : 0);
    EXPECT_EQ(backend->Stats().fallbacks[static_cast<int>(Fallback::kCapture)], 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Precisions, CudaPrecision,
                         ::testing::Values(Precision::kFloat32, Precision::kFloat16,
                                           Precision::kBFloat16),
                         [](const auto& info) { return PrecisionName(info.param); });

TEST(CudaEmbedderTest, ManyThreadsEachGetTheirOwnAnswersOnTwoOwners) {
  LB_SKIP_WITHOUT_CUDA();
  CudaOptions options = OptionsFor(Precision::kFloat16);
  options.devices = {0, 0};  // Two owners, as on two devices.
  const DeviceBackend* backend = MakeCuda(options);
  ASSERT_NE(backend, nullptr);
  const auto embedder =
      OpenOn(backend, MakeSmallNetwork({.image_size = 32, .dim = 24, .classes = 6}),
             {.image_size = 32, .dim = 24, .classes = 6}, {1, 2, 4});
  ASSERT_NE(embedder, nullptr);
  std::vector<std::vector<uint8_t>> pixels;
  std::vector<Embeddings> alone;
  for (uint32_t i = 0; i < 8; ++i) {
    pixels.push_back(NoisePixels(embedder->shape(), 1 + static_cast<int>(i % 4), i));
    LB_ASSERT_OK_AND_ASSIGN(Embeddings one, embedder->EmbedPixels(pixels.back()));
    alone.push_back(std::move(one));
  }
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int round = 0; round < 200; ++round) {
        const auto found = embedder->EmbedPixels(pixels[t]);
        ASSERT_THAT(found, IsOk());
        ASSERT_LT(LargestDifference(found->vectors, alone[t].vectors), 1e-3) << t;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(CudaEmbedderTest, RefusesWhatIsNoModelOrBreaksThePromises) {
  LB_SKIP_WITHOUT_CUDA();
  const DeviceBackend* backend = MakeCuda(OptionsFor(Precision::kFloat16));
  const EmbedderSpec spec = {.shape = kShape, .pixels = kScale, .buckets = {1, 2}};
  EXPECT_THAT(backend->OpenEmbedder("PK\x03\x04 no zip", spec),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EmbedderSpec other = spec;
  other.shape.dim = 64;
  EXPECT_THAT(backend->OpenEmbedder(SaveToBytes(MakeMobileNetV2(kShape.classes)), other),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("[1, 64]")));
  LB_ASSERT_OK_AND_ASSIGN(
      const auto embedder,
      backend->OpenEmbedder(SaveToBytes(MakeMobileNetV2(kShape.classes)), spec));
  EXPECT_THAT(embedder->EmbedPixels(NoisePixels(kShape, 3, 1)),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(embedder->EmbedPixels(std::vector<uint8_t>(17)),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(CudaEmbedderTest, ABatchThatDoesNotFitIsRefusedAndTheNextIsServed) {
  LB_SKIP_WITHOUT_CUDA();
  const DeviceBackend* backend = MakeCuda(OptionsFor(Precision::kFloat16, /*graphs=*/false));
  const auto embedder = OpenOn(backend, MakeMobileNetV2(kShape.classes), kShape, {1, 64});
  ASSERT_NE(embedder, nullptr);
  const std::vector<uint8_t> many = NoisePixels(kShape, 64, 1), one = NoisePixels(kShape, 1, 1);
  LB_ASSERT_OK_AND_ASSIGN(const Embeddings before, embedder->EmbedPixels(one));
  {
    // Everything that the device has left.
    std::vector<torch::Tensor> hoard;
    for (int64_t bytes = int64_t{16} << 30; bytes >= int64_t{1} << 20;) {
      try {
        hoard.push_back(
            torch::empty({bytes}, torch::TensorOptions(torch::kCUDA).dtype(torch::kByte)));
      } catch (const c10::Error&) {
        bytes /= 2;
      }
    }
    EXPECT_THAT(embedder->EmbedPixels(many), StatusIs(absl::StatusCode::kResourceExhausted));
  }
  EXPECT_GE(backend->Stats().fallbacks[static_cast<int>(Fallback::kMemory)], 1);
  EXPECT_THAT(backend->Health(), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const Embeddings after, embedder->EmbedPixels(one));
  EXPECT_LT(LargestDifference(after.vectors, before.vectors), 1e-3);
  EXPECT_THAT(embedder->EmbedPixels(many), IsOk());
}

TEST(CudaEmbedderTest, ModelsThatComeAndGoLeaveTheOneThatServesAlone) {
  LB_SKIP_WITHOUT_CUDA();
  const ModelShape shape = {.image_size = 32, .dim = 24, .classes = 6};
  const DeviceBackend* backend = MakeCuda(OptionsFor(Precision::kFloat32));
  const auto live = OpenOn(backend, MakeSmallNetwork(shape), shape, {1, 2});
  ASSERT_NE(live, nullptr);
  const std::vector<uint8_t> pixels = NoisePixels(shape, 2, 1);
  LB_ASSERT_OK_AND_ASSIGN(const Embeddings before, live->EmbedPixels(pixels));
  std::atomic<bool> over = false;
  std::thread serving([&] {
    while (!over) {
      const auto found = live->EmbedPixels(pixels);
      ASSERT_THAT(found, IsOk());
      ASSERT_LT(LargestDifference(found->vectors, before.vectors), 1e-4);
    }
  });
  // Three streams each; torch has 32 of a priority, and hands them out in turn.
  for (int i = 0; i < 15; ++i) {
    EXPECT_NE(OpenOn(backend, MakeSmallNetwork(shape), shape, {1, 2}), nullptr);
  }
  over = true;
  serving.join();
  EXPECT_EQ(backend->Stats().fallbacks[static_cast<int>(Fallback::kCapture)], 0);
  EXPECT_EQ(backend->Stats().fallbacks[static_cast<int>(Fallback::kMemory)], 0);
}

TEST(CudaEmbedderTest, MoreModelsThanThereAreStreamsAreRefused) {
  LB_SKIP_WITHOUT_CUDA();
  const ModelShape shape = {.image_size = 8, .dim = 8, .classes = 2};
  CudaOptions options = OptionsFor(Precision::kFloat32, /*graphs=*/false);
  options.streams = 16;
  const DeviceBackend* backend = MakeCuda(options);
  const EmbedderSpec spec = {.shape = shape, .pixels = kScale, .buckets = {1}};
  const std::string bytes = SaveToBytes(MakeSmallNetwork(shape));
  std::vector<std::unique_ptr<Embedder>> opened;
  absl::Status refused;
  while (refused.ok() && opened.size() < 8) {
    auto one = backend->OpenEmbedder(bytes, spec);
    refused = one.status();
    if (one.ok()) opened.push_back(*std::move(one));
  }
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("streams")));
  opened.pop_back();  // Gives its own back.
  EXPECT_THAT(backend->OpenEmbedder(bytes, spec), IsOk());
}

TEST(CudaEmbedderTest, AModelThatCannotBeRecordedRunsStepByStepAndIsCounted) {
  LB_SKIP_WITHOUT_CUDA();
  const ModelShape shape = {.image_size = 8, .dim = 8, .classes = 2};
  // Asks the host how many values are positive, for which a recording cannot wait.
  const torch::jit::Module module = MakeScriptModule(
      "def forward(self, x):\n"
      "  v = x.flatten(1)[:, 0:8]\n"
      "  v = v + float((v > 0.0).sum().item()) * 0.01\n"
      "  v = v / torch.norm(v, 2, [1], True)\n"
      "  return (v, torch.sigmoid(v[:, 0:2]))\n");
  LB_ASSERT_OK_AND_ASSIGN(const auto cpu,
                          TorchScriptEmbedder::Open(SaveToBytes(module), {.shape = shape}));
  const DeviceBackend* backend = MakeCuda(OptionsFor(Precision::kFloat32));
  const auto embedder = OpenOn(backend, module, shape, {1, 4});
  ASSERT_NE(embedder, nullptr);
  EXPECT_EQ(backend->Stats().fallbacks[static_cast<int>(Fallback::kCapture)],
            2 * CudaOptions().streams);
  // Whole buckets: what fills up a batch would be counted with it.
  for (const int n : {1, 4}) {
    const std::vector<uint8_t> pixels = NoisePixels(shape, n, static_cast<uint32_t>(n));
    LB_ASSERT_OK_AND_ASSIGN(const Embeddings expected, cpu->Embed(Normalized(pixels, shape)));
    LB_ASSERT_OK_AND_ASSIGN(const Embeddings found, embedder->EmbedPixels(pixels));
    EXPECT_GT(WorstCosine(found, expected, shape.dim), 0.9999);
  }
  EXPECT_TRUE(backend->Stats().graph_replays.empty());
  EXPECT_THAT(backend->Health(), IsOk());
  // Another model of the same process is recorded as ever.
  const auto other = OpenOn(backend, MakeSmallNetwork({.image_size = 32, .dim = 24, .classes = 6}),
                            {.image_size = 32, .dim = 24, .classes = 6}, {1});
  ASSERT_NE(other, nullptr);
  ASSERT_THAT(other->EmbedPixels(NoisePixels(other->shape(), 1, 1)), IsOk());
  EXPECT_EQ(backend->Stats().graph_replays.size(), 1u);
}

// An index out of bounds stops the device for this process, so another one tries.
TEST(CudaEmbedderDeathTest, AnErrorThatTheDeviceDoesNotGetOverIsToldFromThenOn) {
  LB_SKIP_WITHOUT_CUDA();
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto poison = [] {
    const DeviceBackend* backend = MakeCuda(OptionsFor(Precision::kFloat32, /*graphs=*/false));
    // Looks up row 1000 of 8 when the first value of an image is above 100.
    torch::jit::Module module = MakeScriptModule(
        "def forward(self, x):\n"
        "  v = x.flatten(1)[:, 0:8]\n"
        "  row = (v[:, 0:1] > 100.0).long() * 1000\n"
        "  v = v + self.table[row.flatten()]\n"
        "  v = v / torch.norm(v, 2, [1], True)\n"
        "  return (v, torch.sigmoid(v[:, 0:2]))\n",
        {{"table", torch::zeros({8, 8})}});
    const ModelShape shape = {.image_size = 8, .dim = 8, .classes = 2};
    const auto embedder = OpenOn(backend, module, shape, {1});
    std::vector<float> image(3 * 64, 0.5f);
    if (!embedder->Embed(image).ok()) std::_Exit(1);
    image[0] = 1000;
    const absl::Status lost = embedder->Embed(image).status();
    image[0] = 0.5f;
    const absl::Status still = embedder->Embed(image).status();
    const bool told = absl::IsUnavailable(lost) && absl::IsUnavailable(still) &&
                      GetReason(lost) == "device_lost" && GetReason(still) == "device_lost" &&
                      absl::IsUnavailable(backend->Health());
    std::cerr << lost << std::endl;
    std::_Exit(told ? 0 : 2);
  };
  EXPECT_EXIT(poison(), ::testing::ExitedWithCode(0), "cannot be used any more");
}

}  // namespace
}  // namespace lookbook
