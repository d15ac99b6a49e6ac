#include "engine/embed/model_promises.h"

#include "tests/support/fake_embedder.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr ModelShape kShape = {.image_size = 8, .dim = 6, .classes = 3, .attributes = 2};

TEST(ModelPromisesTest, ShapesAndBucketsThatCannotBeAreNamed) {
  EXPECT_THAT(CheckModelShape(kShape, {1, 4}), IsOk());
  for (const std::vector<int>& buckets :
       std::vector<std::vector<int>>{{}, {0, 1}, {2, 2}, {4, 1}}) {
    EXPECT_THAT(CheckModelShape(kShape, buckets), StatusIs(kInvalid, HasSubstr("buckets")));
  }
  ModelShape none = kShape;
  none.dim = 0;
  EXPECT_THAT(CheckModelShape(none, {1}), StatusIs(kInvalid, HasSubstr("dim 0")));
}

TEST(ModelPromisesTest, AGoodModelPassesAtItsTwoSmallestBuckets) {
  const FakeEmbedder good(kShape);
  EXPECT_THAT(ProbeModel(good, {1, 3, 8}), IsOk());
  EXPECT_EQ(good.batches(), (std::vector<size_t>{1, 3}));
}

TEST(ModelPromisesTest, AModelThatFailsInsideIsAtFaultItself) {
  FakeEmbedder bad(kShape);
  bad.FailWith(absl::InternalError("wrong shape"));
  EXPECT_THAT(ProbeModel(bad, {1}), StatusIs(kInvalid, "wrong shape"));
  bad.FailWith(absl::ResourceExhaustedError("full"));
  EXPECT_THAT(ProbeModel(bad, {1}), StatusIs(absl::StatusCode::kResourceExhausted));
}

// Answers with what a test put in.
class Answering : public FakeEmbedder {
 public:
  explicit Answering(Embeddings answer) : FakeEmbedder(kShape), answer_(std::move(answer)) {}
  absl::StatusOr<Embeddings> Embed(absl::Span<const float>) const override { return answer_; }

 private:
  const Embeddings answer_;
};

TEST(ModelPromisesTest, LengthsAndScoresOutOfRangeAreNamed) {
  const Embeddings good = {1, {1, 0, 0, 0, 0, 0}, {0, 0.5f, 1}, {0, 1}};
  EXPECT_THAT(ProbeModel(Answering(good), {1}), IsOk());
  Embeddings longer = good, over = good, under = good;
  longer.vectors[0] = 2;
  over.scores[1] = 1.5f;
  under.attribute_scores[0] = -0.5f;
  EXPECT_THAT(ProbeModel(Answering(longer), {1}), StatusIs(kInvalid, HasSubstr("length 2")));
  EXPECT_THAT(ProbeModel(Answering(over), {1}), StatusIs(kInvalid, HasSubstr("1.5")));
  EXPECT_THAT(ProbeModel(Answering(under), {1}), StatusIs(kInvalid, HasSubstr("-0.5")));
}

}  // namespace
}  // namespace lookbook
