// The server and the trainer's evaluator say the same of the same file: there is no train/serve
// skew.
#include <gmock/gmock.h>

#include <algorithm>

#include "base/files.h"
#include "engine/bundle/bundle.h"
#include "models/indexing/corpus_embedder.h"
#include "tests/integration/server_fixture.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

constexpr int kImages = 12;
constexpr float kTie = 1e-5f;  // Neighbours closer than this may change places.

class EvaluatorAgreementTest : public ServerFixture {
 protected:
  // Large JPEGs, turned JPEGs and PNGs, as files.
  std::vector<ImageRecord> WriteImages() {
    std::vector<ImageRecord> records;
    for (int i = 0; i < kImages; ++i) {
      ImageRecord record;
      record.id = "image-" + std::to_string(i);
      record.path = JoinPath(directory_.path(), record.id);
      EXPECT_THAT(WriteFile(record.path, TestImageFile(i + 20, Options().image_size)), IsOk());
      records.push_back(record);
    }
    return records;
  }
};

TEST_F(EvaluatorAgreementTest, EmbeddingsScoresAndNeighborsAgree) {
  TestBundleOptions options = Options();
  options.scores_attributes = true;
  bundle_ = WriteTestBundle(directory_ / "attributes", options);
  ASSERT_THAT(bundle_, IsOk());
  config_.bundles = {{"default", directory_ / "attributes"}};
  Start();
  const std::vector<ImageRecord> records = WriteImages();
  LB_ASSERT_OK_AND_ASSIGN(const auto bundle, OpenBundle(bundle_->directory, {}));
  // Another batch size than the server's: that must not matter either.
  LB_ASSERT_OK_AND_ASSIGN(
      const EmbeddedCorpus corpus,
      EmbedImages(records, bundle->preprocess, *bundle->embedder, {.batch = 5}));
  const int dim = bundle->embedder->shape().dim;
  for (int i = 0; i < kImages; ++i) {
    LB_ASSERT_OK_AND_ASSIGN(const std::string image, ReadFile(records[i].path));
    v1::EmbedRequest request;
    request.set_image(image);
    v1::EmbedResponse embedded;
    ASSERT_TRUE(Embed(request, &embedded).ok());
    ASSERT_EQ(embedded.embedding().values_size(), dim);
    const absl::Span<const float> expected(&corpus.vectors[i * dim], dim);
    for (int d = 0; d < dim; ++d)
      EXPECT_NEAR(embedded.embedding().values(d), expected[d], 1e-5) << records[i].id;

    ASSERT_EQ(embedded.classes_size(), bundle_->manifest.classes_size());
    for (const v1::ClassScore& score : embedded.classes()) {
      const int column = static_cast<int>(score.class_id() - TestClassId(0)) / 3;
      EXPECT_NEAR(score.score(), corpus.scores[i * embedded.classes_size() + column], 1e-5);
    }

    ASSERT_EQ(embedded.attributes_size(), options.attributes);
    for (const v1::AttributeScore& score : embedded.attributes()) {
      const int column = static_cast<int>(score.attribute_id() - TestAttributeId(0)) / 5;
      EXPECT_NEAR(score.score(), corpus.attribute_scores[i * options.attributes + column], 1e-5);
    }

    // Not the server's own index, but every item in a plain loop.
    const std::vector<GoldenNeighbor> found =
        BruteForce(*bundle_, {expected.begin(), expected.end()}, 11);
    v1::SearchResponse response;
    ASSERT_TRUE(Search(ImageRequest(image), &response).ok());
    ASSERT_EQ(response.neighbors_size(), 10);
    for (int place = 0; place < 10; ++place) {
      EXPECT_NEAR(response.neighbors(place).similarity(), found[place].similarity, kTie);
      if (response.neighbors(place).item_id() == found[place].item_id) continue;
      const float previous = place > 0 ? found[place - 1].similarity : 2;
      const float next = found[place + 1].similarity;
      EXPECT_LT(std::min(previous - found[place].similarity, found[place].similarity - next), kTie)
          << records[i].id << ", place " << place;
    }
  }
}

}  // namespace
}  // namespace lookbook
