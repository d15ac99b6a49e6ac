// Every kind of index behind a server: what narrows a search is exact, and GetInfo says how the
// rest is searched.
#include <algorithm>
#include <random>

#include "tests/integration/server_fixture.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

struct Kind {
  const char* index;
  const char* search;      // As the bundle says.
  const char* overridden;  // With index.nprobe = 100 and index.ef_search = 200.
};
std::ostream& operator<<(std::ostream& out, const Kind& kind) { return out << kind.index; }

bool Has(const std::vector<uint32_t>& ids, uint32_t id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

class IndexKindsTest : public ServerFixture, public ::testing::WithParamInterface<Kind> {
 protected:
  IndexKindsTest() : kind_(WriteTestBundle(directory_ / "kind", KindOptions())) {
    EXPECT_THAT(kind_, IsOk());
    config_.bundles = {{"kind", directory_ / "kind"}};
  }

  static TestBundleOptions KindOptions() {
    TestBundleOptions options = Options(7);
    options.index = GetParam().index;
    options.search = GetParam().search;
    return options;
  }

  v1::BundleInfo Info() {
    grpc::ClientContext context;
    v1::GetInfoResponse response;
    EXPECT_TRUE(catalog_->GetInfo(&context, {}, &response).ok());
    return response.bundles(0);
  }

  absl::StatusOr<TestBundle> kind_;
};

TEST_P(IndexKindsTest, WhatNarrowsASearchIsExact) {
  Start();
  std::mt19937 random(3);
  for (int round = 0; round < 60; ++round) {
    const int row = static_cast<int>(random() % kind_->items.size());
    const std::vector<float> vector = VectorOf(*kind_, row);
    const uint32_t id = TestClassId(static_cast<int>(random() % 6));
    v1::SearchRequest request = VectorRequest(vector);
    request.set_top_k(1 + random() % 40);
    request.mutable_class_filter()->add_all(id);
    v1::SearchResponse response;
    ASSERT_TRUE(Search(request, &response).ok());
    ExpectNeighbors(response, BruteForce(*kind_, vector, request.top_k(), [&](const Item& item) {
                      return Has(item.class_ids, id);
                    }));
    request.clear_class_filter();
    request.set_min_similarity(0.2f);
    ASSERT_TRUE(Search(request, &response).ok());
    ExpectNeighbors(response, BruteForce(*kind_, vector, request.top_k(), nullptr, 0.2f));
    request = ItemRequest(kind_->items[row].id);
    request.set_exclude_self(true);
    ASSERT_TRUE(Search(request, &response).ok());
    ExpectNeighbors(response, BruteForce(*kind_, vector, 10, [&](const Item& item) {
                      return item.id != kind_->items[row].id;
                    }));
  }
}

TEST_P(IndexKindsTest, APlainSearchIsFullAndInOrder) {
  Start();
  v1::SearchRequest request = VectorRequest(VectorOf(*kind_, 5));
  request.set_top_k(120);
  v1::SearchResponse response;
  ASSERT_TRUE(Search(request, &response).ok());
  ASSERT_EQ(response.neighbors_size(), 120);
  EXPECT_EQ(response.neighbors(0).item_id(), kind_->items[5].id);
  for (int i = 1; i < 120; ++i) {
    EXPECT_LE(response.neighbors(i).similarity(), response.neighbors(i - 1).similarity());
  }
}

TEST_P(IndexKindsTest, GetInfoSaysHowItIsSearched) {
  Start();
  EXPECT_EQ(Info().index(), GetParam().index);
  EXPECT_EQ(Info().index_search(), GetParam().search);
}

TEST_P(IndexKindsTest, TheServersEffortGoesBeforeTheBundles) {
  config_.index.nprobe = 100;
  config_.index.ef_search = 200;
  Start();
  EXPECT_EQ(Info().index_search(), GetParam().overridden);
  // Every list, or a beam of two thirds of the items: nothing near is missed.
  const std::vector<float> vector = VectorOf(*kind_, 40);
  v1::SearchResponse response;
  ASSERT_TRUE(Search(VectorRequest(vector), &response).ok());
  ExpectNeighbors(response, BruteForce(*kind_, vector, 10));
}

INSTANTIATE_TEST_SUITE_P(Kinds, IndexKindsTest,
                         ::testing::Values(Kind{"SQ8", "", ""}, Kind{"SQfp16", "", ""},
                                           Kind{"IVF7,Flat", "nprobe=1", "nprobe=7"},
                                           Kind{"IVF7,SQ8", "nprobe=2", "nprobe=7"},
                                           Kind{"HNSW8", "efSearch=16", "efSearch=200"}));

}  // namespace
}  // namespace lookbook
