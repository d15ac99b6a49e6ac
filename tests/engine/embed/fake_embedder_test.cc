// The fake keeps the contract of what it stands for, and its controls work.
#include "tests/support/fake_embedder.h"

#include <memory>
#include <thread>
#include <vector>

#include "tests/engine/embed/embedder_contract.h"

namespace lookbook {
namespace {

std::unique_ptr<Embedder> MakeFake(const ModelShape& shape) {
  return std::make_unique<FakeEmbedder>(shape, 8);
}

INSTANTIATE_TEST_SUITE_P(Fake, EmbedderContract, ::testing::Values(&MakeFake));

constexpr ModelShape kShape = {.image_size = 2, .dim = 2, .classes = 1};

TEST(FakeEmbedderTest, FailsOnRequest) {
  FakeEmbedder embedder(kShape);
  embedder.FailWith(absl::ResourceExhaustedError("no memory"));
  EXPECT_THAT(embedder.Embed(std::vector<float>(12)),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(embedder.WarmUp(), StatusIs(absl::StatusCode::kResourceExhausted));
  embedder.FailWith(absl::OkStatus());
  EXPECT_THAT(embedder.Embed(std::vector<float>(24)), IsOk());
  EXPECT_THAT(embedder.batches(), ::testing::ElementsAre(1, 2));
  EXPECT_EQ(embedder.warm_ups(), 1);
}

TEST(FakeEmbedderTest, HeldCallsWaitForTheRelease) {
  FakeEmbedder embedder(kShape);
  embedder.Hold();
  std::thread first([&] { EXPECT_THAT(embedder.Embed(std::vector<float>(12)), IsOk()); });
  std::thread second([&] { EXPECT_THAT(embedder.Embed(std::vector<float>(12)), IsOk()); });
  embedder.AwaitHeld(2);
  embedder.Release();
  first.join();
  second.join();
  EXPECT_EQ(embedder.batches().size(), 2u);
}

TEST(FakeEmbedderTest, WithoutAttributesThereAreNoAttributeScores) {
  FakeEmbedder embedder(kShape);
  LB_ASSERT_OK_AND_ASSIGN(const Embeddings result, embedder.Embed(std::vector<float>(12, 0.5f)));
  EXPECT_TRUE(result.attribute_scores.empty());
}

}  // namespace
}  // namespace lookbook
