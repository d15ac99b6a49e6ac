// What every Embedder must do. An implementation's test includes this and instantiates the suite
// with a function that makes one of a given shape with MaxBatch() 8.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "engine/embed/embedder.h"
#include "tests/support/status_matchers.h"

namespace lookbook {

// `n` images of noise, back to back.
inline std::vector<float> NoiseImages(const ModelShape& shape, int n, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> images(static_cast<size_t>(n) * 3 * shape.image_size * shape.image_size);
  for (float& value : images) value = normal(random);
  return images;
}

inline double LargestDifference(absl::Span<const float> a, absl::Span<const float> b) {
  if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(double{a[i]} - b[i]));
  return largest;
}

using EmbedderMaker = std::unique_ptr<Embedder> (*)(const ModelShape& shape);

class EmbedderContract : public ::testing::TestWithParam<EmbedderMaker> {
 protected:
  void SetUp() override {
    if (embedder_ == nullptr && !HasFailure()) GTEST_SKIP() << "what runs it is not here";
  }

  static constexpr ModelShape kShape = {.image_size = 16, .dim = 12, .classes = 5, .attributes = 3};
  static constexpr size_t kImage = 3 * 16 * 16;

  const std::unique_ptr<Embedder> embedder_ = GetParam()(kShape);
};

TEST_P(EmbedderContract, SaysItsShapeAndItsLargestBatch) {
  EXPECT_EQ(embedder_->shape().image_size, 16);
  EXPECT_EQ(embedder_->shape().dim, 12);
  EXPECT_EQ(embedder_->shape().classes, 5);
  EXPECT_EQ(embedder_->shape().attributes, 3);
  EXPECT_EQ(embedder_->MaxBatch(), 8);
  EXPECT_THAT(embedder_->WarmUp(), IsOk());
}

TEST_P(EmbedderContract, GivesUnitVectorsAndScoresForEveryBatchSize) {
  for (int n = 1; n <= 8; ++n) {
    LB_ASSERT_OK_AND_ASSIGN(const Embeddings result, embedder_->Embed(NoiseImages(kShape, n, 1)));
    EXPECT_EQ(result.n, n);
    ASSERT_EQ(result.vectors.size(), static_cast<size_t>(n * 12));
    ASSERT_EQ(result.scores.size(), static_cast<size_t>(n * 5));
    ASSERT_EQ(result.attribute_scores.size(), static_cast<size_t>(n * 3));
    for (int i = 0; i < n; ++i) {
      double squares = 0;
      for (int j = 0; j < 12; ++j) squares += std::pow(result.vectors[i * 12 + j], 2);
      EXPECT_NEAR(squares, 1, 1e-5);
    }
    EXPECT_THAT(result.scores,
                ::testing::Each(::testing::AllOf(::testing::Ge(0), ::testing::Le(1))));
    EXPECT_THAT(result.attribute_scores,
                ::testing::Each(::testing::AllOf(::testing::Ge(0), ::testing::Le(1))));
  }
}

TEST_P(EmbedderContract, AnImageDoesNotFeelItsNeighboursOrThePadding) {
  const std::vector<float> images = NoiseImages(kShape, 8, 2);
  LB_ASSERT_OK_AND_ASSIGN(const Embeddings all, embedder_->Embed(images));
  for (size_t n : {1, 3, 5, 7}) {
    LB_ASSERT_OK_AND_ASSIGN(const Embeddings some,
                            embedder_->Embed(absl::MakeConstSpan(images).subspan(0, n * kImage)));
    EXPECT_LE(LargestDifference(some.vectors, absl::MakeConstSpan(all.vectors).subspan(0, n * 12)),
              1e-5);
    EXPECT_LE(LargestDifference(some.scores, absl::MakeConstSpan(all.scores).subspan(0, n * 5)),
              1e-5);
    EXPECT_LE(LargestDifference(some.attribute_scores,
                                absl::MakeConstSpan(all.attribute_scores).subspan(0, n * 3)),
              1e-5);
  }
  // Different images have different embeddings.
  EXPECT_GT(LargestDifference(absl::MakeConstSpan(all.vectors).subspan(0, 12),
                              absl::MakeConstSpan(all.vectors).subspan(12, 12)),
            1e-3);
}

TEST_P(EmbedderContract, RefusesPartsOfImagesNoImagesAndTooMany) {
  using ::testing::HasSubstr;
  constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
  std::vector<float> images = NoiseImages(kShape, 9, 3);
  EXPECT_THAT(embedder_->Embed(images), StatusIs(kInvalid, HasSubstr("1 to 8 images")));
  EXPECT_THAT(embedder_->Embed({}), StatusIs(kInvalid));
  EXPECT_THAT(embedder_->Embed(absl::MakeConstSpan(images).subspan(0, kImage - 1)),
              StatusIs(kInvalid, HasSubstr("767 values")));
  EXPECT_THAT(embedder_->Embed(absl::MakeConstSpan(images).subspan(0, kImage + 1)),
              StatusIs(kInvalid));
}

TEST_P(EmbedderContract, ManyThreadsGetWhatOneThreadGets) {
  std::vector<std::vector<float>> batches;
  std::vector<Embeddings> expected;
  for (int n : {1, 2, 3, 4, 8}) {
    batches.push_back(NoiseImages(kShape, n, static_cast<uint32_t>(n)));
    LB_ASSERT_OK_AND_ASSIGN(Embeddings result, embedder_->Embed(batches.back()));
    expected.push_back(std::move(result));
  }
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 6; ++t) {
    threads.emplace_back([&, t] {
      for (size_t i = 0; i < 40; ++i) {
        const size_t which = (i + t) % batches.size();
        auto result = embedder_->Embed(batches[which]);
        ASSERT_THAT(result, IsOk());
        ASSERT_EQ(result->vectors, expected[which].vectors);
        ASSERT_EQ(result->scores, expected[which].scores);
        ASSERT_EQ(result->attribute_scores, expected[which].attribute_scores);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace lookbook
