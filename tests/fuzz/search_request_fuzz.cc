// The messages of SearchService as they come from the wire, and what Search checks of them before
// any work is done. The first byte says which message the rest is.
#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "server/pipeline/admission.h"
#include "server/transport/search_messages.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_bundle_files.h"

namespace lookbook {
namespace {

constexpr int kDim = 4;

std::unique_ptr<ItemStore> MakeItems(const TestBundleOptions& options) {
  const TempDir folder;
  const std::vector<Item> items = MakeTestItems(options);
  const std::vector<std::string> no_thumbnails(items.size());
  Require(WriteTestItems(folder.path(), items, no_thumbnails).ok(), "items can be written");
  absl::StatusOr<std::unique_ptr<ItemStore>> store = ItemStore::Open(folder / kItemsFile);
  Require(store.ok(), "and read");
  return *std::move(store);
}

// What answers tell of, without a model and an index.
const std::shared_ptr<const Bundle>& KnownBundle() {
  static const auto* const bundle = [] {
    const TestBundleOptions options = {.calibrated = true};
    auto made = std::make_shared<Bundle>();
    made->manifest = MakeTestManifest(options);
    made->items = MakeItems(options);
    return new std::shared_ptr<const Bundle>(made);
  }();
  return *bundle;
}

bool Holds(absl::string_view whole, absl::string_view part) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void RequireSound(const Query& query) {
  Require(query.top_k >= 1 && query.top_k <= kMaxTopK, "top_k is 1 to kMaxTopK");
  Require(query.min_similarity == -2 || std::abs(query.min_similarity) <= 1,
          "min_similarity is a cosine");
  if (query.kind == QueryKind::kItem) Require(CheckItemId(query.item_id).ok(), "the id is one");
}

// What the pipeline checks on top, for a bundle of 4 dimensions.
void RequireAdmission(const Query& query) {
  const absl::Status status = CheckQuery(query, *KnownBundle());
  if (!status.ok()) RequireReason(status, {"bad_filter"});
  if (query.kind != QueryKind::kVector) return;
  const auto unit = UnitVector(query.vector, kDim);
  if (!unit.ok()) return RequireReason(unit.status(), {"bad_vector"});
  double squares = 0;
  for (const float value : *unit) squares += double{value} * value;
  Require(std::abs(squares - 1) < 1e-5, "a vector comes out at unit length");
}

// An answer can be made of every request that is taken.
template <typename Response, typename Request>
void RequireAnswer(const Request& request, const std::vector<Neighbor>& neighbors) {
  QueryResult result;
  result.bundle = KnownBundle();
  const Manifest& manifest = result.bundle->manifest;
  result.neighbors = neighbors;
  result.embedding = {1, 0, 0, 0};
  result.scores.assign(manifest.classes_size(), 0.5f);
  result.attribute_scores.assign(manifest.attributes_size(), 0.25f);
  Response response;
  FillResponse(request, result, &response);
  const auto classes = static_cast<uint32_t>(manifest.classes_size());
  const uint32_t expected = request.top_classes() == 0 ? classes : request.top_classes();
  Require(static_cast<uint32_t>(response.classes_size()) == std::min(expected, classes),
          "the reply has the classes asked for");
  Require(response.request_id() == request.request_id(), "the reply has the request's id");
  Require(Response().ParseFromString(response.SerializeAsString()), "the reply can be sent");
}

void CheckSearch(absl::string_view bytes) {
  v1::SearchRequest request;
  if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  Require(QueryBytes(request) <= 4 * bytes.size(), "a query is about as large as its message");
  const absl::StatusOr<Query> query = ToQuery(request);
  if (!query.ok()) {
    return RequireReason(query.status(), {"missing_query", "bad_item_id", "bad_k", "bad_similarity",
                                          "bad_request_id", "bad_vector", "bad_filter"});
  }
  Require(Holds(request.image(), query->image), "the image is a view into the request");
  RequireSound(*query);
  RequireAdmission(*query);
  RequireAnswer<v1::SearchResponse>(request, {});
  RequireAnswer<v1::SearchResponse>(request, {{1, 0.75f}, {0, 0.25f}});
}

void CheckEmbed(absl::string_view bytes) {
  v1::EmbedRequest request;
  if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  const absl::StatusOr<Query> query = ToQuery(request);
  if (!query.ok()) return RequireReason(query.status(), {"bad_request_id"});
  Require(!query->search && query->kind == QueryKind::kImage, "Embed takes a picture");
  RequireSound(*query);
  RequireAnswer<v1::EmbedResponse>(request, {});
}

}  // namespace
}  // namespace lookbook

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const absl::string_view bytes = lookbook::AsText(data + 1, size - 1);
  if (data[0] % 2 == 0) {
    lookbook::CheckSearch(bytes);
  } else {
    lookbook::CheckEmbed(bytes);
  }
  return 0;
}
