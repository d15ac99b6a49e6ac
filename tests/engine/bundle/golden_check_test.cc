#include "engine/bundle/golden_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <utility>

#include "tests/support/fake_index.h"
#include "tests/support/image_files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_bundle_files.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

constexpr int kDim = 4;
constexpr int kItems = 6;

// Says the same of every image.
class FixedEmbedder : public Embedder {
 public:
  explicit FixedEmbedder(absl::StatusOr<Embeddings> answer) : answer_(std::move(answer)) {}
  const ModelShape& shape() const override { return shape_; }
  absl::StatusOr<Embeddings> Embed(absl::Span<const float>) const override { return answer_; }
  int MaxBatch() const override { return 1; }
  absl::Status WarmUp() const override { return absl::OkStatus(); }

 private:
  ModelShape shape_;
  absl::StatusOr<Embeddings> answer_;
};

// Unit vector at `angle` from the first axis towards the second.
std::vector<float> AtAngle(double angle) {
  return {static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle)), 0, 0};
}

// Item k stands at angle 0.2 k, so that the similarities to angle 0 are well apart: 1, 0.980,
// 0.921, 0.825, 0.697. Item 5 stands 1e-4 rad behind item 4: a gap of 7e-5, a tie.
std::vector<float> ItemVectors() {
  std::vector<float> vectors;
  for (double angle : {0.0, 0.2, 0.4, 0.6, 0.8, 0.8001}) {
    for (float value : AtAngle(angle)) vectors.push_back(value);
  }
  return vectors;
}

class GoldenCheckTest : public ::testing::Test {
 protected:
  GoldenCheckTest() {
    TestBundleOptions options;
    options.items = kItems;
    const std::vector<Item> items = MakeTestItems(options);
    EXPECT_THAT(WriteTestItems(folder_.path(), items, std::vector<std::string>(kItems)), IsOk());
    bundle_.items = ItemStore::Open(folder_ / "items.sqlite").value();
    bundle_.index = std::make_unique<FakeIndex>(kDim, ItemVectors());
    bundle_.preprocess.size = 16;
    golden_.image_name = "0.jpg";
    golden_.image = MakeJpeg(GradientImage(64, 64));
    golden_.embedding = AtAngle(0);
    golden_.scores = {0.25f, 0.75f};
    golden_.attribute_scores = {0.5f};
    golden_.top = TestNeighbors(items, ItemVectors(), golden_.embedding, kGoldenTop);
    answer_.n = 1;
    answer_.vectors = golden_.embedding;
    answer_.scores = golden_.scores;
    answer_.attribute_scores = golden_.attribute_scores;
  }

  absl::Status Check() {
    bundle_.embedder = std::make_unique<FixedEmbedder>(answer_);
    return GoldenCheck(bundle_, {golden_});
  }

  void ExpectRefused(const std::string& text) {
    const absl::Status status = Check();
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kDataLoss, HasSubstr(text)));
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kDataLoss, HasSubstr("0.jpg")));
    EXPECT_THAT(status, HasReason("golden"));
  }

  TempDir folder_{TempDir::kMemory};
  Bundle bundle_;
  GoldenCase golden_;
  Embeddings answer_;
};

TEST_F(GoldenCheckTest, AcceptsEqualAnswers) { EXPECT_THAT(Check(), IsOk()); }

TEST_F(GoldenCheckTest, EmbeddingMayTurnByLessThanTheBound) {
  answer_.vectors = AtAngle(-std::acos(0.99991));
  EXPECT_THAT(Check(), IsOk());
  answer_.vectors = AtAngle(-std::acos(0.99989));
  ExpectRefused("cosine");
}

TEST_F(GoldenCheckTest, SixteenBitsMayDifferByMore) {
  for (Precision precision : {Precision::kFloat16, Precision::kBFloat16}) {
    const GoldenTolerance wide = ToleranceOf(precision);
    answer_.vectors = AtAngle(-std::acos(0.9991));
    answer_.scores[1] = 0.7509f;
    bundle_.embedder = std::make_unique<FixedEmbedder>(answer_);
    EXPECT_THAT(GoldenCheck(bundle_, {golden_}, wide), IsOk());
    EXPECT_FALSE(Check().ok()) << "not in float32";
    answer_.vectors = AtAngle(-std::acos(0.9989));
    bundle_.embedder = std::make_unique<FixedEmbedder>(answer_);
    EXPECT_THAT(GoldenCheck(bundle_, {golden_}, wide),
                StatusIs(absl::StatusCode::kDataLoss, HasSubstr("cosine")));
  }
}

TEST_F(GoldenCheckTest, EmbeddingThatIsNoNumberIsRefused) {
  answer_.vectors[1] = std::numeric_limits<float>::quiet_NaN();
  ExpectRefused("cosine");
}

TEST_F(GoldenCheckTest, EmbeddingOfAnotherSizeIsRefused) {
  answer_.vectors.push_back(0);
  ExpectRefused("5 embedding values, not 4");
}

TEST_F(GoldenCheckTest, ScoresMayDifferByLessThanTheBound) {
  answer_.scores[1] = 0.7509f;
  EXPECT_THAT(Check(), IsOk());
  answer_.scores[1] = 0.7511f;
  ExpectRefused("score 1 is 0.7511");
  answer_.scores[1] = std::numeric_limits<float>::quiet_NaN();
  ExpectRefused("score 1 is nan");
  answer_.scores.pop_back();
  ExpectRefused("1 scores, not 2");
}

TEST_F(GoldenCheckTest, AttributeScoresCountToo) {
  answer_.attribute_scores[0] = 0.502f;
  ExpectRefused("attribute score 0");
  answer_.attribute_scores.clear();
  ExpectRefused("0 attribute scores, not 1");
}

TEST_F(GoldenCheckTest, NeighborsInAnotherOrderAreRefused) {
  std::swap(golden_.top[1], golden_.top[2]);
  ExpectRefused("neighbour 2 is item-1, not item-2");
}

TEST_F(GoldenCheckTest, TiedNeighborsMayChangePlaces) {
  ASSERT_EQ(golden_.top[4].item_id, "item-4");
  golden_.top[4] = {"item-5", static_cast<float>(std::cos(0.8001))};
  EXPECT_THAT(Check(), IsOk());
}

TEST_F(GoldenCheckTest, ANeighborThatIsNoItemIsRefused) {
  golden_.top[3].item_id = "item-99";
  ExpectRefused("item-99");
}

TEST_F(GoldenCheckTest, AnIndexOfOtherVectorsIsRefused) {
  golden_.top[0].similarity = 0.9998f;
  ExpectRefused("has similarity 1 in the index, not 0.9998");
}

TEST_F(GoldenCheckTest, FewerNeighborsAreRefused) {
  golden_.top.push_back(golden_.top.back());
  golden_.top.push_back(golden_.top.back());
  ExpectRefused("6 neighbours, not 7");
}

TEST_F(GoldenCheckTest, AnImageThatCannotBeDecodedIsRefused) {
  golden_.image = "not a picture";
  ExpectRefused("0.jpg");
}

TEST_F(GoldenCheckTest, AFailingModelIsRefused) {
  bundle_.embedder = std::make_unique<FixedEmbedder>(absl::InternalError("no kernel"));
  const absl::Status status = GoldenCheck(bundle_, {golden_});
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kDataLoss, HasSubstr("no kernel")));
  EXPECT_THAT(status, HasReason("golden"));
}

TEST_F(GoldenCheckTest, OutOfMemoryIsNoFaultOfTheBundle) {
  bundle_.embedder = std::make_unique<FixedEmbedder>(absl::ResourceExhaustedError("out of memory"));
  const absl::Status status = GoldenCheck(bundle_, {golden_});
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("0.jpg")));
  EXPECT_THAT(status, HasReason("memory"));
}

TEST_F(GoldenCheckTest, EveryCaseIsChecked) {
  bundle_.embedder = std::make_unique<FixedEmbedder>(answer_);
  GoldenCase second = golden_;
  second.image_name = "1.jpg";
  second.scores[0] = 0.9f;
  EXPECT_THAT(GoldenCheck(bundle_, {golden_, second}),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("1.jpg")));
}

// Finds by itself whatever it is told, and everything when it is asked to.
class MissingIndex : public FakeIndex {
 public:
  MissingIndex(std::vector<float> vectors, std::vector<Neighbor> usual)
      : FakeIndex(kDim, std::move(vectors)), usual_(std::move(usual)) {}
  std::string search() const override { return "nprobe=1"; }
  absl::StatusOr<std::vector<std::vector<Neighbor>>> Search(
      absl::Span<const float> queries, absl::Span<const QueryOptions> options) const override {
    if (options[0].exact) return FakeIndex::Search(queries, options);
    return std::vector<std::vector<Neighbor>>{usual_};
  }

 private:
  const std::vector<Neighbor> usual_;
};

TEST_F(GoldenCheckTest, AnApproximateIndexIsHeldToAllOfItAndMayMissSomeByItself) {
  const std::vector<Neighbor> some = {{1, 0.98f}, {2, 0.92f}, {3, 0.82f}, {4, 0.69f}, {5, 0.69f}};
  bundle_.index = std::make_unique<MissingIndex>(ItemVectors(), some);
  EXPECT_THAT(Check(), IsOk());
  bundle_.index = std::make_unique<MissingIndex>(
      ItemVectors(), std::vector<Neighbor>(some.begin(), some.begin() + 4));
  ExpectRefused("finds 4 neighbours by itself, not 5");
  std::vector<Neighbor> too_good = some;
  too_good[1].similarity = 0.99f;
  bundle_.index = std::make_unique<MissingIndex>(ItemVectors(), too_good);
  ExpectRefused("above the best there is");
}

}  // namespace
}  // namespace lookbook
