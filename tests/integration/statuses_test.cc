// Every refusal that docs/api.md lists for a query: its code and its reason.
#include <cmath>
#include <limits>

#include "tests/integration/server_fixture.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

class StatusesTest : public ServerFixture {
 protected:
  StatusesTest() { Start(); }

  void Expect(const v1::SearchRequest& request, grpc::StatusCode code, const std::string& reason) {
    const grpc::Status status = Search(request);
    EXPECT_EQ(status.error_code(), code) << reason << ": " << status.error_message();
    EXPECT_EQ(ReasonIn(status), reason) << status.error_message();
    EXPECT_LT(status.error_message().size(), 300u)
        << "what a caller sends does not fill the answer";
  }
  void ExpectInvalid(const v1::SearchRequest& request, const std::string& reason) {
    Expect(request, grpc::StatusCode::INVALID_ARGUMENT, reason);
  }
  v1::SearchRequest Vector(float value, size_t dim = 16) {
    return VectorRequest(std::vector<float>(dim, value));
  }
};

TEST_F(StatusesTest, RequestsThatMustBeFixed) {
  ExpectInvalid({}, "missing_query");
  v1::SearchRequest request = ItemRequest("item-1");
  request.set_top_k(1001);
  ExpectInvalid(request, "bad_k");
  for (float similarity :
       {1.001f, -1.001f, std::nanf(""), std::numeric_limits<float>::infinity()}) {
    request = ItemRequest("item-1");
    request.set_min_similarity(similarity);
    ExpectInvalid(request, "bad_similarity");
  }
  request = ItemRequest("item-1");
  request.set_request_id(std::string(129, 'x'));
  ExpectInvalid(request, "bad_request_id");
  request = ItemRequest("item-1");
  request.set_bundle(std::string(65, 'x'));
  ExpectInvalid(request, "bad_bundle");
}

TEST_F(StatusesTest, ItemIds) {
  for (const std::string& id : {std::string(), std::string("a\0b", 3), std::string(1 << 20, 'x')}) {
    ExpectInvalid(ItemRequest(id), "bad_item_id");
  }
  for (const char* id : {"item-300", "ITEM-1", "../item-1", "item-1 ", "'; DROP TABLE items; --"}) {
    Expect(ItemRequest(id), grpc::StatusCode::NOT_FOUND, "unknown_item");
  }
  EXPECT_THAT(Search(ItemRequest("item-300")).error_message(), HasSubstr("item-300"));
}

TEST_F(StatusesTest, Vectors) {
  ExpectInvalid(Vector(0.5f, 15), "bad_vector");
  ExpectInvalid(Vector(0.5f, 17), "bad_vector");
  ExpectInvalid(Vector(0.5f, 0), "bad_vector");
  ExpectInvalid(Vector(std::nanf("")), "bad_vector");
  ExpectInvalid(Vector(std::numeric_limits<float>::infinity()), "bad_vector");
  ExpectInvalid(Vector(0), "bad_vector");
  ExpectInvalid(Vector(std::numeric_limits<float>::denorm_min()), "bad_vector");
  EXPECT_TRUE(Search(Vector(std::numeric_limits<float>::max())).ok()) << "it has a direction";
}

TEST_F(StatusesTest, Filters) {
  v1::SearchRequest request = ItemRequest("item-1");
  request.mutable_class_filter()->add_any(TestClassId(0) + 1);
  ExpectInvalid(request, "bad_filter");
  request = ItemRequest("item-1");
  request.mutable_attribute_filter()->add_none(999);
  ExpectInvalid(request, "bad_filter");
}

TEST_F(StatusesTest, Bundles) {
  v1::SearchRequest request = ItemRequest("item-1");
  for (const char* name : {"winter", "../default", "Default"}) {
    request.set_bundle(name);
    Expect(request, grpc::StatusCode::NOT_FOUND, "unknown_bundle");
  }
  v1::EmbedRequest embed;
  embed.set_bundle("winter");
  v1::EmbedResponse response;
  EXPECT_EQ(ReasonIn(Embed(embed, &response)), "unknown_bundle");
}

TEST_F(StatusesTest, EmbedNeedsAnImage) {
  v1::EmbedResponse response;
  const grpc::Status status = Embed({}, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ReasonIn(status), "empty_image");
}

TEST_F(StatusesTest, ADeadlineThatHasPassed) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() - std::chrono::seconds(1));
  v1::SearchResponse response;
  EXPECT_EQ(search_->Search(&context, ItemRequest("item-1"), &response).error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
}

TEST_F(StatusesTest, AServerDeadlineNoImageCanMeet) {
  config_.deadlines.max_deadline = absl::Nanoseconds(1);
  server_.reset();
  Start();
  Expect(ImageRequest(TestImageFile(0, 16)), grpc::StatusCode::DEADLINE_EXCEEDED, "deadline");
}

}  // namespace
}  // namespace lookbook
