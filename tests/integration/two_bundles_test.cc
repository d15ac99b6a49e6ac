// Two bundle roots side by side in one server.
#include <future>

#include "tests/integration/server_fixture.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

class TwoBundlesTest : public ServerFixture {
 protected:
  TwoBundlesTest() : second_(WriteTestBundle(directory_ / "second", SecondOptions())) {
    EXPECT_THAT(second_, IsOk());
    config_.bundles.push_back({"second", directory_ / "second"});
    Start();
  }

  static TestBundleOptions SecondOptions() {
    TestBundleOptions options = Options(99);
    options.items = 120;
    options.dim = 24;
    options.image_size = 20;
    options.recipe = "second";
    return options;
  }

  void Check(const TestBundle& bundle, const std::string& name, int row) {
    v1::SearchRequest request = ItemRequest(bundle.items[row].id);
    request.set_bundle(name);
    v1::SearchResponse response;
    ASSERT_TRUE(Search(request, &response).ok());
    EXPECT_EQ(response.bundle_id(), bundle.id);
    ExpectNeighbors(response, BruteForce(bundle, VectorOf(bundle, row), 10));
  }

  absl::StatusOr<TestBundle> second_;
};

TEST_F(TwoBundlesTest, EachNameHasItsOwnAnswersAndTheFirstIsTheDefault) {
  for (int row : {1, 50, 119}) {
    Check(*bundle_, "default", row);
    Check(*bundle_, "", row);
    Check(*second_, "second", row);
  }
}

TEST_F(TwoBundlesTest, EachImageGoesThroughItsBundlesModel) {
  for (const auto& [bundle, name, size] :
       {std::make_tuple(&*bundle_, "default", 16), std::make_tuple(&*second_, "second", 20)}) {
    v1::SearchRequest request = ImageRequest(TestImageFile(2, size));
    request.set_bundle(name);
    v1::SearchResponse response;
    ASSERT_TRUE(Search(request, &response).ok());
    EXPECT_EQ(response.neighbors(0).item_id(), bundle->items[2].id);
    EXPECT_NEAR(response.neighbors(0).similarity(), 1, 1e-5);
  }
}

TEST_F(TwoBundlesTest, AVectorOfTheOtherBundleDoesNotFit) {
  v1::SearchRequest request = VectorRequest(VectorOf(*second_, 0));
  EXPECT_EQ(ReasonIn(Search(request)), "bad_vector");
  request.set_bundle("second");
  EXPECT_TRUE(Search(request).ok());
}

TEST_F(TwoBundlesTest, InfoListsThemInConfiguredOrder) {
  v1::GetInfoResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(catalog_->GetInfo(&context, {}, &response).ok());
  ASSERT_EQ(response.bundles_size(), 2);
  EXPECT_EQ(response.bundles(0).name(), "default");
  EXPECT_EQ(response.bundles(1).name(), "second");
  EXPECT_EQ(response.bundles(1).recipe(), "second");
  EXPECT_EQ(response.bundles(1).dim(), 24u);
  EXPECT_EQ(response.bundles(1).bundle_id(), second_->id);
}

TEST_F(TwoBundlesTest, CallsToBothAtOnceDoNotMix) {
  std::vector<std::future<void>> clients;
  for (int t = 0; t < 4; ++t) {
    clients.push_back(std::async(std::launch::async, [this, t] {
      for (int i = 0; i < 25; ++i) {
        if (t % 2 == 0)
          Check(*bundle_, "default", (t * 25 + i) % 300);
        else
          Check(*second_, "second", (t * 25 + i) % 120);
      }
    }));
  }
  for (auto& client : clients) client.get();
}

}  // namespace
}  // namespace lookbook
