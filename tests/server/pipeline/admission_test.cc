#include "server/pipeline/admission.h"

#include <cmath>
#include <limits>
#include <numeric>

#include "base/retry_pushback.h"
#include "tests/server/pipeline/pipeline_fixture.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

class AdmissionTest : public PipelineTest {
 protected:
  absl::Status Check(const Query& query) { return CheckQuery(query, *parts_.bundle); }
};

TEST_F(AdmissionTest, TopKIsAcceptedUpToItsLimit) {
  for (const int top_k : {1, 10, kMaxTopK}) {
    Query query;
    query.top_k = top_k;
    EXPECT_THAT(Check(query), IsOk()) << top_k;
  }
  for (const int top_k : {0, -1, kMaxTopK + 1}) {
    Query query;
    query.top_k = top_k;
    EXPECT_THAT(Check(query), HasReason("bad_k"));
    EXPECT_THAT(Check(query),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(std::to_string(top_k))));
  }
}

TEST_F(AdmissionTest, SimilarityLiesBetweenMinusOneAndOne) {
  for (const float similarity : {-2.0f, -1.0f, 0.0f, 1.0f}) {
    Query query;
    query.min_similarity = similarity;
    EXPECT_THAT(Check(query), IsOk()) << similarity;
  }
  for (const float similarity : {-1.5f, -3.0f, std::nextafter(1.0f, 2.0f), kNan, kInf, -kInf}) {
    Query query;
    query.min_similarity = similarity;
    EXPECT_THAT(Check(query), HasReason("bad_similarity")) << similarity;
  }
}

TEST_F(AdmissionTest, FiltersNameIdsOfTheManifest) {
  Query query;
  query.class_filter.any = {TestClassId(0), TestClassId(4)};
  query.attribute_filter.all = {TestAttributeId(2)};
  query.class_filter.none = {TestClassId(1)};
  EXPECT_THAT(Check(query), IsOk());
}

TEST_F(AdmissionTest, UnknownIdIsNamedWithItsList) {
  const uint32_t attribute_only = TestAttributeId(0);  // No class has this id.
  Query query;
  query.class_filter.all = {attribute_only};
  EXPECT_THAT(Check(query), HasReason("bad_filter"));
  EXPECT_THAT(Check(query), StatusIs(absl::StatusCode::kInvalidArgument,
                                     HasSubstr("class_filter.all: the bundle has no id 2")));
  query = Query();
  query.attribute_filter.none = {999};
  EXPECT_THAT(Check(query), StatusIs(absl::StatusCode::kInvalidArgument,
                                     HasSubstr("attribute_filter.none: the bundle has no id 999")));
  query = Query();
  query.attribute_filter.any = {999};
  EXPECT_THAT(Check(query), HasReason("bad_filter"));
}

TEST_F(AdmissionTest, AFilterLongerThanTheBundlesListIsRefused) {
  Query query;
  query.class_filter.any.assign(5, TestClassId(0));
  EXPECT_THAT(Check(query), IsOk());
  query.class_filter.any.assign(6, TestClassId(0));
  EXPECT_THAT(Check(query), HasReason("bad_filter"));
}

TEST_F(AdmissionTest, WithoutSearchItsFieldsDoNotMatter) {
  Query query;
  query.search = false;
  query.top_k = 0;
  query.min_similarity = kNan;
  EXPECT_THAT(Check(query), IsOk());
}

TEST(UnitVectorTest, KeepsTheDirection) {
  LB_ASSERT_OK_AND_ASSIGN(const std::vector<float> unit, UnitVector({3, 0, -4}, 3));
  EXPECT_FLOAT_EQ(unit[0], 0.6f);
  EXPECT_FLOAT_EQ(unit[1], 0);
  EXPECT_FLOAT_EQ(unit[2], -0.8f);
}

TEST(UnitVectorTest, ExtremeButFiniteValuesHaveADirection) {
  const float huge = std::numeric_limits<float>::max();
  LB_ASSERT_OK_AND_ASSIGN(const std::vector<float> unit, UnitVector({huge, huge}, 2));
  EXPECT_FLOAT_EQ(unit[0], std::sqrt(0.5f));
  EXPECT_THAT(UnitVector({1e-10f, 0}, 2), IsOk());
}

TEST(UnitVectorTest, RefusesWhatIsNoVector) {
  const float denormal = std::numeric_limits<float>::denorm_min();
  const std::vector<std::vector<float>> bad = {
      {},         {1}, {1, 2, 3}, {kNan, 1}, {1, kInf}, {-kInf, 0}, {0, 0}, {denormal, denormal},
      {1e-13f, 0}};
  for (const std::vector<float>& vector : bad) {
    const auto unit = UnitVector(vector, 2);
    EXPECT_THAT(unit, StatusIs(absl::StatusCode::kInvalidArgument))
        << ::testing::PrintToString(vector);
    EXPECT_THAT(unit.status(), HasReason("bad_vector"));
  }
  EXPECT_THAT(UnitVector({1, kNan}, 2), StatusIs(absl::StatusCode::kInvalidArgument,
                                                 HasSubstr("value 1 of the vector is nan")));
}

class ResolveVectorTest : public PipelineTest {
 protected:
  absl::Status Resolve(Query query, std::vector<float>* vector, int64_t* row) {
    QueuePlaces places(1, metrics_.bundle(kName).queue_depth);
    const QueryContext context{&metrics_, &clock_, &places};
    InFlight item(
        std::move(query), [](absl::StatusOr<QueryResult>) {}, &context);
    item.result.bundle = parts_.bundle;
    const absl::Status status = ResolveVector(&item);
    *vector = item.result.embedding;
    *row = item.row;
    item.Answer();
    return status;
  }
};

TEST_F(ResolveVectorTest, AnItemStandsForItsStoredVector) {
  std::vector<float> vector;
  int64_t row = -1;
  ASSERT_THAT(Resolve(ItemQuery("item-7"), &vector, &row), IsOk());
  EXPECT_EQ(row, 7);
  EXPECT_EQ(vector,
            std::vector<float>(parts_.vectors.begin() + 7 * 8, parts_.vectors.begin() + 8 * 8));
}

TEST_F(ResolveVectorTest, UnknownItemIsNotFound) {
  std::vector<float> vector;
  int64_t row = -1;
  const absl::Status status = Resolve(ItemQuery("nobody"), &vector, &row);
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kNotFound, HasSubstr("nobody")));
  EXPECT_THAT(status, HasReason("unknown_item"));
}

TEST_F(ResolveVectorTest, AVectorComesBackAtUnitLength) {
  std::vector<float> vector;
  int64_t row = 0;
  ASSERT_THAT(Resolve(VectorQuery({2, 0, 0, 0, 0, 0, 0, 0}), &vector, &row), IsOk());
  EXPECT_EQ(vector, (std::vector<float>{1, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(row, -1);
}

class TimeLeftTest : public ::testing::Test {
 protected:
  TimeLeftTest() {
    for (int i = 0; i < 15; ++i) estimator_.BatchTook(kNow, 1, absl::Milliseconds(100));
  }
  absl::Status Check(absl::Duration left, const WorkAhead& ahead) {
    Query query;
    query.deadline = kNow + left;
    return CheckTimeLeft(query, kNow, ahead, estimator_);
  }

  const absl::Time kNow = absl::UnixEpoch() + absl::Hours(1);
  WaitEstimator estimator_{1, 1};
};

TEST_F(TimeLeftTest, TheWaitAndTheQuerysOwnTimesMustFit) {
  EXPECT_THAT(Check(absl::Milliseconds(425), {0, 3}), IsOk());
  const absl::Status status = Check(absl::Milliseconds(424), {0, 3});
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kResourceExhausted,
                               std::string("the answer would take about 425ms, the deadline comes "
                                           "in 424ms; try again later")));
  EXPECT_THAT(status, HasReason("deadline_too_short"));
  EXPECT_EQ(GetRetryPushback(status), absl::Milliseconds(300));
}

TEST_F(TimeLeftTest, NobodyIsRefusedWhileAWorkerHasNothingToDo) {
  EXPECT_THAT(Check(absl::Milliseconds(1), {0, 0}), IsOk());
  EXPECT_THAT(Check(absl::Milliseconds(1), {0, 1}), HasReason("deadline_too_short"));
}

TEST_F(TimeLeftTest, WhoHasNoDeadlineCanWait) {
  EXPECT_THAT(Check(absl::InfiniteDuration(), {0, 1'000'000}), IsOk());
}

}  // namespace
}  // namespace lookbook
