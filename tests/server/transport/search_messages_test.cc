#include "server/transport/search_messages.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/server/fake_bundle.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_calibration.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

v1::SearchRequest ItemRequest() {
  v1::SearchRequest request;
  request.set_item_id("item-1");
  return request;
}

TEST(ToQueryTest, TheImageIsAViewNotACopy) {
  v1::SearchRequest request;
  request.set_image("bytes of an image");
  LB_ASSERT_OK_AND_ASSIGN(const Query query, ToQuery(request));
  EXPECT_EQ(query.kind, QueryKind::kImage);
  EXPECT_EQ(query.image.data(), request.image().data());
  EXPECT_EQ(query.image.size(), request.image().size());
}

TEST(ToQueryTest, EveryFieldArrives) {
  v1::SearchRequest request;
  for (float value : {1.f, -2.f}) request.mutable_vector()->add_values(value);
  request.set_top_k(7);
  request.set_min_similarity(0.5);
  request.mutable_class_filter()->add_any(1);
  request.mutable_class_filter()->add_all(2);
  request.mutable_class_filter()->add_none(3);
  request.mutable_attribute_filter()->add_any(4);
  request.set_exclude_self(true);
  LB_ASSERT_OK_AND_ASSIGN(const Query query, ToQuery(request));
  EXPECT_EQ(query.kind, QueryKind::kVector);
  EXPECT_THAT(query.vector, ElementsAre(1, -2));
  EXPECT_TRUE(query.search);
  EXPECT_EQ(query.top_k, 7);
  EXPECT_EQ(query.min_similarity, 0.5f);
  EXPECT_THAT(query.class_filter.any, ElementsAre(1));
  EXPECT_THAT(query.class_filter.all, ElementsAre(2));
  EXPECT_THAT(query.class_filter.none, ElementsAre(3));
  EXPECT_THAT(query.attribute_filter.any, ElementsAre(4));
  EXPECT_THAT(query.attribute_filter.none, IsEmpty());
  EXPECT_TRUE(query.exclude_self);
}

TEST(ToQueryTest, WhatIsNotSetHasItsDefault) {
  LB_ASSERT_OK_AND_ASSIGN(const Query query, ToQuery(ItemRequest()));
  EXPECT_EQ(query.kind, QueryKind::kItem);
  EXPECT_EQ(query.item_id, "item-1");
  EXPECT_EQ(query.top_k, 10);
  EXPECT_LT(query.min_similarity, -1);
  EXPECT_TRUE(query.class_filter.empty());
  EXPECT_FALSE(query.exclude_self);
}

TEST(ToQueryTest, AnEmptyImageIsAQueryAndNoFieldIsNone) {
  v1::SearchRequest request;
  EXPECT_THAT(ToQuery(request), AllOf(StatusIs(kInvalid), HasReason("missing_query")));
  request.mutable_image();
  EXPECT_THAT(ToQuery(request), IsOk()) << "the pipeline says empty_image";
}

TEST(ToQueryTest, TopKUpToTheLimit) {
  v1::SearchRequest request = ItemRequest();
  request.set_top_k(1000);
  EXPECT_EQ(ToQuery(request)->top_k, 1000);
  for (uint32_t top_k : {1001u, std::numeric_limits<uint32_t>::max()}) {
    request.set_top_k(top_k);
    EXPECT_THAT(ToQuery(request), AllOf(StatusIs(kInvalid), HasReason("bad_k"))) << top_k;
  }
}

TEST(ToQueryTest, MinSimilarityIsACosine) {
  v1::SearchRequest request = ItemRequest();
  for (float good : {-1.f, 0.f, 1.f}) {
    request.set_min_similarity(good);
    EXPECT_EQ(ToQuery(request)->min_similarity, good);
  }
  for (float bad :
       {std::nextafterf(1, 2), -1.01f, std::nanf(""), std::numeric_limits<float>::infinity()}) {
    request.set_min_similarity(bad);
    EXPECT_THAT(ToQuery(request), AllOf(StatusIs(kInvalid), HasReason("bad_similarity"))) << bad;
  }
}

TEST(ToQueryTest, RequestIdUpToTheLimit) {
  v1::SearchRequest request = ItemRequest();
  request.set_request_id(std::string(128, 'r'));
  EXPECT_THAT(ToQuery(request), IsOk());
  request.set_request_id(std::string(129, 'r'));
  EXPECT_THAT(ToQuery(request), AllOf(StatusIs(kInvalid), HasReason("bad_request_id")));
  v1::EmbedRequest embed;
  embed.set_request_id(std::string(129, 'r'));
  EXPECT_THAT(ToQuery(embed), HasReason("bad_request_id"));
}

TEST(ToQueryTest, EmbedDoesNotSearch) {
  v1::EmbedRequest request;
  request.set_image("bytes");
  LB_ASSERT_OK_AND_ASSIGN(const Query query, ToQuery(request));
  EXPECT_EQ(query.kind, QueryKind::kImage);
  EXPECT_EQ(query.image.data(), request.image().data());
  EXPECT_FALSE(query.search);
}

TEST(CheckItemIdTest, OneTo512BytesWithoutNul) {
  EXPECT_THAT(CheckItemId("a"), IsOk());
  EXPECT_THAT(CheckItemId(std::string(512, 'a')), IsOk());
  EXPECT_THAT(CheckItemId("../../etc/passwd"), IsOk()) << "an id is never a path";
  for (const std::string& bad : {std::string(), std::string(513, 'a'), std::string("a\0b", 3)}) {
    EXPECT_THAT(CheckItemId(bad), AllOf(StatusIs(kInvalid), HasReason("bad_item_id")));
  }
}

TEST(ToQueryTest, ListsThatNoBundleCanUseAreNotCopied) {
  v1::SearchRequest vector;
  for (int i = 0; i < kMaxVectorValues; ++i) vector.mutable_vector()->add_values(1);
  LB_ASSERT_OK_AND_ASSIGN(const Query longest, ToQuery(vector));
  EXPECT_EQ(longest.vector.size(), static_cast<size_t>(kMaxVectorValues));
  vector.mutable_vector()->add_values(1);
  EXPECT_THAT(ToQuery(vector).status(), AllOf(StatusIs(kInvalid), HasReason("bad_vector")));

  const auto fill = [](auto* ids, int n) { ids->Resize(n, 1); };
  for (const bool classes : {true, false}) {
    v1::SearchRequest request = ItemRequest();
    v1::ClassFilter* filter =
        classes ? request.mutable_class_filter() : request.mutable_attribute_filter();
    for (auto* ids : {filter->mutable_any(), filter->mutable_all(), filter->mutable_none()}) {
      fill(ids, kMaxFilterIds);
      EXPECT_THAT(ToQuery(request).status(), IsOk());
      fill(ids, kMaxFilterIds + 1);
      EXPECT_THAT(ToQuery(request).status(), AllOf(StatusIs(kInvalid), HasReason("bad_filter")));
      ids->Clear();
    }
  }
}

class FillResponseTest : public ::testing::Test {
 protected:
  FillResponseTest() {
    result_.bundle = fake_.bundle;
    result_.neighbors = {{3, 0.75f}, {1, 0.5f}};
    result_.embedding = {0.6f, 0.8f};
    result_.scores = {0.1f, 0.9f, 0.1f, 0.5f, 0.2f};
    result_.seconds = {1, 2, 3, 4, 5, 6};
    result_.warnings = {"missing_eoi"};
  }

  TempDir directory_;
  FakeBundle fake_ = MakeFakeBundle(directory_ / "items", "fake-1");
  QueryResult result_;
};

TEST_F(FillResponseTest, NeighborsCarryTheFactsOfTheirItems) {
  v1::SearchResponse response;
  FillResponse(ItemRequest(), result_, &response);
  ASSERT_EQ(response.neighbors_size(), 2);
  const v1::Neighbor& first = response.neighbors(0);
  EXPECT_EQ(first.item_id(), "item-3");
  EXPECT_EQ(first.similarity(), 0.75f);
  EXPECT_EQ(std::vector<uint32_t>(first.class_ids().begin(), first.class_ids().end()),
            fake_.items[3].class_ids);
  EXPECT_EQ(std::vector<uint32_t>(first.attribute_ids().begin(), first.attribute_ids().end()),
            fake_.items[3].attribute_ids);
  EXPECT_EQ(first.uri(), fake_.items[3].uri);
  EXPECT_EQ(response.neighbors(1).item_id(), "item-1");
  EXPECT_EQ(response.bundle_id(), "fake-1");
  EXPECT_THAT(response.warnings(), ElementsAre("missing_eoi"));
}

TEST_F(FillResponseTest, ClassesAreSortedWithTiesInTheManifestsOrder) {
  v1::SearchResponse response;
  FillResponse(ItemRequest(), result_, &response);
  std::vector<uint32_t> ids;
  for (const auto& score : response.classes()) ids.push_back(score.class_id());
  EXPECT_THAT(ids, ElementsAre(TestClassId(1), TestClassId(3), TestClassId(4), TestClassId(0),
                               TestClassId(2)));
  EXPECT_EQ(response.classes(0).name(), fake_.bundle->manifest.classes(1).name());
  EXPECT_EQ(response.classes(0).score(), 0.9f);
}

TEST_F(FillResponseTest, PredictedIsAboveTheThresholdNotAtIt) {
  for (int i = 0; i < 5; ++i) fake_.bundle->manifest.mutable_classes(i)->set_threshold(0.5f);
  v1::SearchResponse response;
  FillResponse(ItemRequest(), result_, &response);
  EXPECT_TRUE(response.classes(0).predicted());   // 0.9
  EXPECT_FALSE(response.classes(1).predicted());  // 0.5
}

TEST_F(FillResponseTest, EachClassHasItsOwnThreshold) {
  fake_.bundle->manifest.mutable_classes(1)->set_threshold(0.95f);
  fake_.bundle->manifest.mutable_classes(4)->set_threshold(0.1f);
  v1::SearchResponse response;
  FillResponse(ItemRequest(), result_, &response);
  EXPECT_FALSE(response.classes(0).predicted());  // 0.9 of class 1
  EXPECT_TRUE(response.classes(2).predicted());   // 0.2 of class 4
}

class CalibratedResponseTest : public FillResponseTest {
 protected:
  CalibratedResponseTest() {
    Manifest& manifest = fake_.bundle->manifest;
    *manifest.mutable_calibration() = MakeTestCalibration(manifest.classes_size());
  }
  v1::SearchResponse Respond(const v1::SearchRequest& request = ItemRequest()) {
    v1::SearchResponse response;
    FillResponse(request, result_, &response);
    return response;
  }
};

TEST_F(FillResponseTest, WithoutCalibrationNothingIsSaidOfProbabilityAndNovelty) {
  v1::SearchResponse response;
  FillResponse(ItemRequest(), result_, &response);
  EXPECT_FALSE(response.neighbors(0).has_probability());
  EXPECT_FALSE(response.has_novel());
}

TEST_F(CalibratedResponseTest, ProbabilityFollowsTheSimilarity) {
  const v1::SearchResponse response = Respond();
  ASSERT_TRUE(response.neighbors(0).has_probability());
  EXPECT_FLOAT_EQ(response.neighbors(0).probability(), 0.75f);
  EXPECT_FLOAT_EQ(response.neighbors(1).probability(), 0.5f);
}

TEST_F(CalibratedResponseTest, NovelIsBelowTheBoundNotAtIt) {
  for (const auto& [best, novel] : {std::pair(0.75f, false), {0.25f, false}, {0.249f, true}}) {
    result_.neighbors = {{3, best}, {1, -0.5f}};
    const v1::SearchResponse response = Respond();
    ASSERT_TRUE(response.has_novel()) << best;
    EXPECT_EQ(response.novel(), novel) << best;
  }
}

TEST_F(CalibratedResponseTest, FiltersHideTheBestItemOfTheCatalogue) {
  v1::SearchRequest by_class = ItemRequest(), by_attribute = ItemRequest();
  by_class.mutable_class_filter()->add_any(1);
  by_attribute.mutable_attribute_filter()->add_none(2);
  EXPECT_FALSE(Respond(by_class).has_novel());
  EXPECT_FALSE(Respond(by_attribute).has_novel());
  v1::SearchRequest empty = ItemRequest();
  empty.mutable_class_filter();
  EXPECT_TRUE(Respond(empty).has_novel());
}

TEST_F(CalibratedResponseTest, AnEmptyListIsNovelOnlyWhenTheBoundExplainsIt) {
  result_.neighbors.clear();
  v1::SearchRequest request = ItemRequest();
  EXPECT_FALSE(Respond(request).has_novel());
  request.set_min_similarity(0.25f);  // Everything is below it, and so below the bound.
  EXPECT_TRUE(Respond(request).novel());
  request.set_min_similarity(0.5f);  // The best may lie between.
  EXPECT_FALSE(Respond(request).has_novel());
}

TEST_F(FillResponseTest, TopClassesKeepsTheBest) {
  v1::SearchRequest request = ItemRequest();
  request.set_top_classes(2);
  v1::SearchResponse response;
  FillResponse(request, result_, &response);
  EXPECT_EQ(response.classes_size(), 2);
  request.set_top_classes(100);
  v1::SearchResponse all;
  FillResponse(request, result_, &all);
  EXPECT_EQ(all.classes_size(), 5);
}

std::vector<uint32_t> AttributeIds(
    const google::protobuf::RepeatedPtrField<v1::AttributeScore>& in) {
  std::vector<uint32_t> ids;
  for (const v1::AttributeScore& score : in) ids.push_back(score.attribute_id());
  return ids;
}

TEST_F(FillResponseTest, AttributesAreSortedWithTiesInTheManifestsOrder) {
  result_.attribute_scores = {0.2f, 0.7f, 0.2f};
  v1::SearchResponse response;
  FillResponse(ItemRequest(), result_, &response);
  EXPECT_THAT(AttributeIds(response.attributes()),
              ElementsAre(TestAttributeId(1), TestAttributeId(0), TestAttributeId(2)));
  EXPECT_EQ(response.attributes(0).name(), fake_.bundle->manifest.attributes(1).name());
  EXPECT_EQ(response.attributes(0).score(), 0.7f);
  EXPECT_EQ(response.classes_size(), 5);
}

TEST_F(FillResponseTest, TopAttributesKeepsTheBestAndLeavesTheClassesAlone) {
  result_.attribute_scores = {0.2f, 0.7f, 0.3f};
  for (const uint32_t top : {1u, 2u, 3u, 100u, 0u}) {
    v1::SearchRequest request = ItemRequest();
    request.set_top_attributes(top);
    v1::SearchResponse response;
    FillResponse(request, result_, &response);
    EXPECT_EQ(response.attributes_size(), top == 0 ? 3 : std::min<int>(static_cast<int>(top), 3));
    EXPECT_EQ(response.attributes(0).attribute_id(), TestAttributeId(1));
    EXPECT_EQ(response.classes_size(), 5);
  }
}

TEST_F(FillResponseTest, WithoutAttributeScoresThereAreNoAttributes) {
  v1::SearchRequest request = ItemRequest();
  request.set_top_attributes(2);
  v1::SearchResponse response;
  FillResponse(request, result_, &response);
  EXPECT_EQ(response.attributes_size(), 0) << "though the manifest lists some";
}

TEST_F(FillResponseTest, TimingsOnlyWhenAsked) {
  v1::SearchRequest request = ItemRequest();
  v1::SearchResponse without, with;
  FillResponse(request, result_, &without);
  EXPECT_FALSE(without.has_timings());
  request.set_with_timings(true);
  FillResponse(request, result_, &with);
  const v1::Timings& timings = with.timings();
  EXPECT_THAT((std::vector<double>{timings.decode(), timings.preprocess(), timings.queue(),
                                   timings.embed(), timings.search(), timings.total()}),
              ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(FillResponseTest, EmbedGivesTheVectorAndTheRestAlike) {
  v1::EmbedRequest request;
  result_.attribute_scores = {0.2f, 0.7f, 0.2f};
  request.set_top_classes(1);
  request.set_top_attributes(2);
  request.set_with_timings(true);
  request.set_request_id("r-1");
  v1::EmbedResponse response;
  FillResponse(request, result_, &response);
  EXPECT_THAT(response.embedding().values(), ElementsAre(0.6f, 0.8f));
  EXPECT_EQ(response.classes_size(), 1);
  EXPECT_THAT(AttributeIds(response.attributes()),
              ElementsAre(TestAttributeId(1), TestAttributeId(0)));
  EXPECT_EQ(response.bundle_id(), "fake-1");
  EXPECT_EQ(response.timings().total(), 6);
  EXPECT_THAT(response.warnings(), ElementsAre("missing_eoi"));
  EXPECT_EQ(response.request_id(), "r-1");
}

}  // namespace
}  // namespace lookbook
