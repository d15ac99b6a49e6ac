// Every field of SearchRequest, SearchResponse, EmbedRequest and EmbedResponse, against the model
// in plain loops.
#include <algorithm>
#include <random>

#include "tests/integration/server_fixture.h"
#include "tests/support/image_files.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

class FieldsTest : public ServerFixture {
 protected:
  FieldsTest() { Start(); }

  TestModel::Answer Expected(const std::string& image) {
    return ModelAnswer(*bundle_, Options(), image);
  }
};

TEST_F(FieldsTest, AnImageGetsTheNeighborsAndScoresOfTheModel) {
  for (int i = 0; i < 6; ++i) {
    const std::string image = TestImageFile(i + 10, Options().image_size);
    const TestModel::Answer expected = Expected(image);
    v1::SearchResponse response;
    ASSERT_TRUE(Search(ImageRequest(image), &response).ok());
    ExpectNeighbors(response, BruteForce(*bundle_, expected.embedding, 10));
    ASSERT_EQ(response.classes_size(), 6);
    for (const v1::ClassScore& score : response.classes()) {
      const int index = static_cast<int>(score.class_id() - TestClassId(0)) / 3;
      EXPECT_EQ(score.class_id(), TestClassId(index));
      EXPECT_EQ(score.name(), bundle_->manifest.classes(index).name());
      EXPECT_NEAR(score.score(), expected.scores[index], 1e-5);
      EXPECT_EQ(score.predicted(), score.score() > bundle_->manifest.classes(index).threshold());
    }
    EXPECT_TRUE(std::is_sorted(response.classes().begin(), response.classes().end(),
                               [](const auto& a, const auto& b) { return a.score() > b.score(); }));
  }
}

TEST_F(FieldsTest, GoldenPicturesFindTheirItems) {
  for (int i = 0; i < 3; ++i) {
    v1::SearchResponse response;
    ASSERT_TRUE(Search(ImageRequest(TestImageFile(i, Options().image_size)), &response).ok());
    EXPECT_EQ(response.neighbors(0).item_id(), bundle_->items[i].id);
    EXPECT_NEAR(response.neighbors(0).similarity(), 1, 1e-5);
  }
}

TEST_F(FieldsTest, EmbedGivesTheUnitVectorAndTheScores) {
  const std::string image = TestImageFile(11, Options().image_size);
  const TestModel::Answer expected = Expected(image);
  v1::EmbedRequest request;
  request.set_image(image);
  request.set_top_classes(2);
  request.set_with_timings(true);
  request.set_request_id("embed-1");
  v1::EmbedResponse response;
  ASSERT_TRUE(Embed(request, &response).ok());
  ASSERT_EQ(response.embedding().values_size(), 16);
  for (int i = 0; i < 16; ++i)
    EXPECT_NEAR(response.embedding().values(i), expected.embedding[i], 1e-5);
  EXPECT_EQ(response.classes_size(), 2);
  EXPECT_NEAR(response.classes(0).score(),
              *std::max_element(expected.scores.begin(), expected.scores.end()), 1e-5);
  EXPECT_EQ(response.bundle_id(), bundle_->id);
  EXPECT_EQ(response.request_id(), "embed-1");
  EXPECT_GT(response.timings().decode(), 0);
  EXPECT_GT(response.timings().embed(), 0);
  EXPECT_EQ(response.timings().search(), 0) << "a stage that did not run";
  EXPECT_EQ(response.warnings_size(), 0);
}

TEST_F(FieldsTest, VectorsOfAnyLengthAreSearchedByDirection) {
  for (int row : {0, 17, 299}) {
    std::vector<float> vector = VectorOf(*bundle_, row);
    v1::SearchResponse response;
    ASSERT_TRUE(Search(VectorRequest(vector), &response).ok());
    ExpectNeighbors(response, BruteForce(*bundle_, vector, 10));
    EXPECT_EQ(response.classes_size(), 0) << "scores are of images";
    for (float& value : vector) value *= 1000;
    v1::SearchResponse longer;
    ASSERT_TRUE(Search(VectorRequest(vector), &longer).ok());
    for (int i = 0; i < 10; ++i)
      EXPECT_EQ(longer.neighbors(i).item_id(), response.neighbors(i).item_id());
  }
}

TEST_F(FieldsTest, AnItemIsItsStoredVector) {
  for (int row : {3, 42, 299}) {
    v1::SearchResponse response;
    ASSERT_TRUE(Search(ItemRequest(bundle_->items[row].id), &response).ok());
    ExpectNeighbors(response, BruteForce(*bundle_, VectorOf(*bundle_, row), 10));
  }
}

TEST_F(FieldsTest, ExcludeSelfLeavesOutTheItemAndNothingElse) {
  v1::SearchRequest request = ItemRequest("item-42");
  request.set_exclude_self(true);
  v1::SearchResponse response;
  ASSERT_TRUE(Search(request, &response).ok());
  ExpectNeighbors(response, BruteForce(*bundle_, VectorOf(*bundle_, 42), 10,
                                       [](const Item& item) { return item.id != "item-42"; }));
}

TEST_F(FieldsTest, TopKFromOneToMoreThanThereAre) {
  const std::vector<float> vector = VectorOf(*bundle_, 5);
  for (uint32_t top_k : {0u, 1u, 7u, 299u, 300u, 1000u}) {
    v1::SearchRequest request = VectorRequest(vector);
    request.set_top_k(top_k);
    v1::SearchResponse response;
    ASSERT_TRUE(Search(request, &response).ok());
    ExpectNeighbors(response, BruteForce(*bundle_, vector, top_k == 0 ? 10 : top_k));
  }
}

TEST_F(FieldsTest, MinSimilarityCutsTheList) {
  const std::vector<float> vector = VectorOf(*bundle_, 5);
  for (float least : {-1.f, 0.f, 0.25f, 0.5f, 0.999f}) {
    v1::SearchRequest request = VectorRequest(vector);
    request.set_top_k(300);
    request.set_min_similarity(least);
    v1::SearchResponse response;
    ASSERT_TRUE(Search(request, &response).ok());
    ExpectNeighbors(response, BruteForce(*bundle_, vector, 300, nullptr, least));
  }
}

TEST_F(FieldsTest, NeighborsCarryTheFactsOfTheirItems) {
  v1::SearchResponse response;
  ASSERT_TRUE(Search(ItemRequest("item-7"), &response).ok());
  for (const v1::Neighbor& neighbor : response.neighbors()) {
    const auto item =
        std::find_if(bundle_->items.begin(), bundle_->items.end(),
                     [&](const Item& candidate) { return candidate.id == neighbor.item_id(); });
    ASSERT_NE(item, bundle_->items.end());
    EXPECT_EQ(std::vector<uint32_t>(neighbor.class_ids().begin(), neighbor.class_ids().end()),
              item->class_ids);
    EXPECT_EQ(
        std::vector<uint32_t>(neighbor.attribute_ids().begin(), neighbor.attribute_ids().end()),
        item->attribute_ids);
    EXPECT_EQ(neighbor.uri(), item->uri);
  }
}

TEST_F(FieldsTest, TopClassesTimingsAndRequestId) {
  v1::SearchRequest request = ImageRequest(TestImageFile(0, Options().image_size));
  request.set_top_classes(3);
  request.set_with_timings(true);
  request.set_request_id("search-1");
  v1::SearchResponse response;
  ASSERT_TRUE(Search(request, &response).ok());
  EXPECT_EQ(response.classes_size(), 3);
  EXPECT_EQ(response.request_id(), "search-1");
  EXPECT_EQ(response.bundle_id(), bundle_->id);
  const v1::Timings& t = response.timings();
  for (double stage : {t.decode(), t.preprocess(), t.embed(), t.search()}) EXPECT_GT(stage, 0);
  EXPECT_GE(t.queue(), 0);
  EXPECT_GE(t.total(), t.decode() + t.preprocess() + t.embed() + t.search());
}

TEST_F(FieldsTest, ABundleWithoutCalibrationSaysNothingOfProbabilityAndNovelty) {
  v1::SearchResponse response;
  ASSERT_TRUE(Search(ItemRequest("item-7"), &response).ok());
  EXPECT_FALSE(response.has_novel());
  for (const v1::Neighbor& neighbor : response.neighbors())
    EXPECT_FALSE(neighbor.has_probability());
}

// The same bundle with a calibration: P is 0 up to similarity 0, then the similarity itself.
class CalibratedFieldsTest : public ServerFixture {
 protected:
  static constexpr float kNovelty =
      0.6F;  // Some random directions are closer to an item, some not.
  CalibratedFieldsTest() {
    TestBundleOptions options = Options();
    options.calibrated = true;
    options.novelty_similarity = kNovelty;
    bundle_ = WriteTestBundle(directory_ / "calibrated", options);
    EXPECT_THAT(bundle_, IsOk());
    config_.bundles = {{"default", directory_ / "calibrated"}};
    Start();
  }
};

TEST_F(CalibratedFieldsTest, NeighborsCarryTheProbabilityOfTheirSimilarity) {
  v1::SearchRequest request = ItemRequest("item-7");
  request.set_top_k(300);
  v1::SearchResponse response;
  ASSERT_TRUE(Search(request, &response).ok());
  ASSERT_EQ(response.neighbors_size(), 300);
  for (const v1::Neighbor& neighbor : response.neighbors()) {
    ASSERT_TRUE(neighbor.has_probability());
    EXPECT_NEAR(neighbor.probability(), std::clamp(neighbor.similarity(), 0.0F, 1.0F), 1e-6);
  }
  EXPECT_LT(response.neighbors(299).similarity(), 0) << "both ends of the curve are seen";
}

TEST_F(CalibratedFieldsTest, NovelSaysThatTheBestItemIsBelowTheBound) {
  v1::SearchResponse response;
  ASSERT_TRUE(Search(ItemRequest("item-7"), &response).ok());
  ASSERT_TRUE(response.has_novel());
  EXPECT_FALSE(response.novel());
  std::mt19937_64 random(5);
  int novel = 0;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(Search(VectorRequest(RandomUnitVectors(1, 16, &random)), &response).ok());
    EXPECT_EQ(response.novel(), response.neighbors(0).similarity() < kNovelty);
    novel += response.novel();
  }
  EXPECT_GT(novel, 0);
  EXPECT_LT(novel, 100);
  v1::SearchRequest filtered = ItemRequest("item-7");
  filtered.mutable_class_filter()->add_any(TestClassId(0));
  ASSERT_TRUE(Search(filtered, &response).ok());
  EXPECT_FALSE(response.has_novel()) << "the best item of the catalogue may be filtered out";
}

TEST_F(FieldsTest, AMissingEndMarkerIsAWarning) {
  const std::string jpeg = MakeJpeg(NoisyImage(64, 64));
  v1::SearchResponse whole, cut;
  ASSERT_TRUE(Search(ImageRequest(jpeg), &whole).ok());
  ASSERT_TRUE(Search(ImageRequest(WithoutEoi(jpeg)), &cut).ok());
  EXPECT_EQ(whole.warnings_size(), 0);
  ASSERT_EQ(cut.warnings_size(), 1);
  EXPECT_EQ(cut.warnings(0), "missing_eoi");
  EXPECT_EQ(cut.neighbors(0).item_id(), whole.neighbors(0).item_id());
}

}  // namespace
}  // namespace lookbook
