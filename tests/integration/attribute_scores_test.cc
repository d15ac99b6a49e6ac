// Attribute scores of a picture: those of the bundle's model, from a server with one bundle whose
// model has the third output and one without.
#include <algorithm>

#include "tests/integration/server_fixture.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

constexpr float kTolerance = 1e-5f;

class AttributeScoresTest : public ServerFixture {
 protected:
  AttributeScoresTest() {
    options_ = Options();
    options_.scores_attributes = true;
    scoring_ = WriteTestBundle(directory_ / "scoring", options_);
    EXPECT_THAT(scoring_, IsOk());
    config_.bundles = {{"scoring", directory_ / "scoring"}, {"without", directory_ / "default"}};
    Start();
  }

  // The model's best `top` attributes, in plain loops.
  template <typename Response>
  void ExpectAttributes(const Response& response, const std::string& image, int top = 4) {
    const std::vector<float> scores = ModelAnswer(*scoring_, options_, image).attribute_scores;
    ASSERT_EQ(scores.size(), 4u);
    std::vector<int> order = {0, 1, 2, 3};
    std::sort(order.begin(), order.end(), [&](int a, int b) { return scores[a] > scores[b]; });
    ASSERT_EQ(response.attributes_size(), top);
    for (int i = 0; i < top; ++i) {
      const v1::AttributeScore& found = response.attributes(i);
      EXPECT_EQ(found.attribute_id(), TestAttributeId(order[i])) << "place " << i;
      EXPECT_EQ(found.name(), scoring_->manifest.attributes(order[i]).name());
      EXPECT_NEAR(found.score(), scores[order[i]], kTolerance);
    }
  }

  std::string Picture(int i) const { return TestImageFile(i + 10, options_.image_size); }

  TestBundleOptions options_;
  absl::StatusOr<TestBundle> scoring_;
};

TEST_F(AttributeScoresTest, APictureGetsThoseOfTheModelBestFirst) {
  for (int i = 0; i < 6; ++i) {
    v1::SearchResponse response;
    ASSERT_TRUE(Search(ImageRequest(Picture(i)), &response).ok());
    ExpectAttributes(response, Picture(i));
    EXPECT_EQ(response.classes_size(), 6);
    v1::EmbedRequest request;
    request.set_image(Picture(i));
    v1::EmbedResponse embedded;
    ASSERT_TRUE(Embed(request, &embedded).ok());
    ExpectAttributes(embedded, Picture(i));
  }
}

TEST_F(AttributeScoresTest, TopAttributesKeepsTheBest) {
  v1::SearchRequest request = ImageRequest(Picture(0));
  v1::EmbedRequest embed;
  embed.set_image(Picture(0));
  for (const auto& [top, expected] : {std::pair(1, 1), {3, 3}, {4, 4}, {1000, 4}}) {
    request.set_top_attributes(top);
    v1::SearchResponse response;
    ASSERT_TRUE(Search(request, &response).ok());
    ExpectAttributes(response, Picture(0), expected);
    EXPECT_EQ(response.classes_size(), 6) << "top_attributes is of attributes alone";
    embed.set_top_attributes(top);
    v1::EmbedResponse embedded;
    ASSERT_TRUE(Embed(embed, &embedded).ok());
    ExpectAttributes(embedded, Picture(0), expected);
  }
}

TEST_F(AttributeScoresTest, ItemsVectorsAndBundlesWithoutThemHaveNone) {
  v1::SearchRequest elsewhere = ImageRequest(Picture(0));
  elsewhere.set_bundle("without");
  for (const v1::SearchRequest& request :
       {ItemRequest("item-7"), VectorRequest(VectorOf(*scoring_, 5)), elsewhere}) {
    v1::SearchResponse response;
    ASSERT_TRUE(Search(request, &response).ok());
    EXPECT_EQ(response.attributes_size(), 0) << request.query_case();
  }
}

TEST_F(AttributeScoresTest, AStreamGivesThemToEachPicture) {
  constexpr int kPictures = 8;
  grpc::ClientContext context;
  const auto stream = search_->SearchStream(&context);
  for (int i = 0; i < kPictures; ++i) {
    v1::SearchRequest request = ImageRequest(Picture(i));
    request.set_top_attributes(1 + i % 4);
    ASSERT_TRUE(stream->Write(request));
  }
  ASSERT_TRUE(stream->WritesDone());
  int read = 0;
  for (v1::SearchStreamResponse answer; stream->Read(&answer); ++read) {
    const int i = static_cast<int>(answer.index());
    ASSERT_TRUE(answer.has_response()) << answer.failure().message();
    ExpectAttributes(answer.response(), Picture(i), 1 + i % 4);
  }
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(read, kPictures);
}

}  // namespace
}  // namespace lookbook
