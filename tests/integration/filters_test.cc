// Class and attribute filters against a plain loop over all items.
#include <algorithm>
#include <random>

#include "tests/integration/server_fixture.h"

namespace lookbook {
namespace {

using Ids = std::vector<uint32_t>;

bool Has(const Ids& ids, uint32_t id) { return std::find(ids.begin(), ids.end(), id) != ids.end(); }

bool Passes(const Ids& ids, const v1::ClassFilter& filter) {
  const auto has = [&](uint32_t id) { return Has(ids, id); };
  const bool any =
      filter.any().empty() || std::any_of(filter.any().begin(), filter.any().end(), has);
  return any && std::all_of(filter.all().begin(), filter.all().end(), has) &&
         std::none_of(filter.none().begin(), filter.none().end(), has);
}

class FiltersTest : public ServerFixture {
 protected:
  FiltersTest() { Start(); }

  void Check(v1::SearchRequest request, const std::vector<float>& vector) {
    v1::SearchResponse response;
    const grpc::Status status = Search(request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    ExpectNeighbors(response, BruteForce(*bundle_, vector, request.top_k(), [&](const Item& item) {
                      return Passes(item.class_ids, request.class_filter()) &&
                             Passes(item.attribute_ids, request.attribute_filter());
                    }));
  }
};

TEST_F(FiltersTest, AnyAllAndNoneOfClassesAndAttributes) {
  const std::vector<float> vector = VectorOf(*bundle_, 11);
  v1::SearchRequest base = VectorRequest(vector);
  base.set_top_k(20);
  v1::SearchRequest request = base;
  request.mutable_class_filter()->add_any(TestClassId(0));
  request.mutable_class_filter()->add_any(TestClassId(3));
  Check(request, vector);
  request = base;
  request.mutable_class_filter()->add_all(TestClassId(1));
  request.mutable_class_filter()->add_all(TestClassId(2));
  Check(request, vector);
  request = base;
  request.mutable_class_filter()->add_none(TestClassId(4));
  Check(request, vector);
  request = base;
  request.mutable_attribute_filter()->add_any(TestAttributeId(2));
  Check(request, vector);
}

// An item that only a filter deep in the ranking admits must be found: filters act in the search,
// not after it.
TEST_F(FiltersTest, ARareCombinationIsFoundHoweverFarAway) {
  for (int row = 0; row < 300; row += 37) {
    const Item& item = bundle_->items[row];
    std::vector<float> opposite = VectorOf(*bundle_, row);
    for (float& value : opposite) value = -value;
    v1::SearchRequest request = VectorRequest(opposite);
    request.set_top_k(1);
    for (uint32_t id : item.class_ids) request.mutable_class_filter()->add_all(id);
    for (uint32_t id : item.attribute_ids) request.mutable_attribute_filter()->add_all(id);
    Check(request, opposite);
  }
}

TEST_F(FiltersTest, ACombinationThatNoItemHasFindsNothing) {
  v1::SearchRequest request = VectorRequest(VectorOf(*bundle_, 0));
  request.mutable_class_filter()->add_all(TestClassId(0));
  request.mutable_class_filter()->add_none(TestClassId(0));
  v1::SearchResponse response;
  ASSERT_TRUE(Search(request, &response).ok());
  EXPECT_EQ(response.neighbors_size(), 0);
}

TEST_F(FiltersTest, RandomFiltersAgreeWithTheLoop) {
  std::mt19937_64 random(7);
  const auto fill = [&](v1::ClassFilter* filter, int known, uint32_t (*id_of)(int)) {
    for (int i = 0; i < known; ++i) {
      switch (random() % 8) {
        case 0:
          filter->add_any(id_of(i));
          break;
        case 1:
          filter->add_all(id_of(i));
          break;
        case 2:
          filter->add_none(id_of(i));
          break;
        default:
          break;
      }
    }
  };
  for (int round = 0; round < 200; ++round) {
    const std::vector<float> vector = VectorOf(*bundle_, static_cast<int>(random() % 300));
    v1::SearchRequest request = VectorRequest(vector);
    request.set_top_k(1 + random() % 300);
    fill(request.mutable_class_filter(), 6, &TestClassId);
    fill(request.mutable_attribute_filter(), 4, &TestAttributeId);
    Check(request, vector);
  }
}

}  // namespace
}  // namespace lookbook
