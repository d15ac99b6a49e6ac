#include "tests/integration/server_fixture.h"

#include <algorithm>

#include "engine/image/decode.h"
#include "engine/image/preprocess.h"
#include "tests/support/status_matchers.h"

namespace lookbook {

TestBundleOptions ServerFixture::Options(uint64_t seed) {
  TestBundleOptions options;
  options.items = 300;
  options.dim = 16;
  options.classes = 6;
  options.attributes = 4;
  options.seed = seed;
  return options;
}

ServerFixture::ServerFixture() : bundle_(WriteTestBundle(directory_ / "default", Options())) {
  EXPECT_THAT(bundle_, IsOk());
  config_.listen.data = "127.0.0.1:0";
  config_.listen.admin = "127.0.0.1:0";
  config_.metrics.listen = "off";  // Closing it takes two seconds.
  config_.bundles = {{"default", directory_ / "default"}};
  config_.deadlines.lame_duck = absl::ZeroDuration();
  config_.log.requests_per_second = 0;
  ConfigureLogging(LogLevel::kError, LogFormat::kText);
}

void ServerFixture::Start() {
  auto server = Server::Start(config_);
  ASSERT_THAT(server, IsOk());
  server_ = *std::move(server);
  search_ = v1::SearchService::NewStub(ChannelTo(server_->data_port()));
  catalog_ = v1::CatalogService::NewStub(ChannelTo(server_->data_port()));
}

grpc::Status ServerFixture::Search(const v1::SearchRequest& request, v1::SearchResponse* response) {
  grpc::ClientContext context;
  response->Clear();
  return search_->Search(&context, request, response);
}

grpc::Status ServerFixture::Search(const v1::SearchRequest& request) {
  v1::SearchResponse response;
  return Search(request, &response);
}

grpc::Status ServerFixture::Embed(const v1::EmbedRequest& request, v1::EmbedResponse* response) {
  grpc::ClientContext context;
  response->Clear();
  return search_->Embed(&context, request, response);
}

v1::SearchRequest ServerFixture::ItemRequest(const std::string& item_id) {
  v1::SearchRequest request;
  request.set_item_id(item_id);
  return request;
}

v1::SearchRequest ServerFixture::ImageRequest(const std::string& image) {
  v1::SearchRequest request;
  request.set_image(image);
  return request;
}

v1::SearchRequest ServerFixture::VectorRequest(const std::vector<float>& vector) {
  v1::SearchRequest request;
  request.mutable_vector()->mutable_values()->Add(vector.begin(), vector.end());
  return request;
}

std::vector<float> ServerFixture::VectorOf(const TestBundle& bundle, int row) {
  const size_t dim = bundle.vectors.size() / bundle.items.size();
  return {bundle.vectors.begin() + row * dim, bundle.vectors.begin() + (row + 1) * dim};
}

std::vector<GoldenNeighbor> ServerFixture::BruteForce(
    const TestBundle& bundle, const std::vector<float>& query, size_t top_k,
    const std::function<bool(const Item&)>& allows, double min_similarity) {
  double squares = 0;
  for (float value : query) squares += double{value} * value;
  std::vector<GoldenNeighbor> found;
  for (size_t row = 0; row < bundle.items.size(); ++row) {
    if (allows && !allows(bundle.items[row])) continue;
    double dot = 0;
    for (size_t i = 0; i < query.size(); ++i)
      dot += double{query[i]} * bundle.vectors[row * query.size() + i];
    const double similarity = dot / std::sqrt(squares);
    if (similarity >= min_similarity)
      found.push_back({bundle.items[row].id, static_cast<float>(similarity)});
  }
  std::stable_sort(
      found.begin(), found.end(),
      [](const GoldenNeighbor& a, const GoldenNeighbor& b) { return a.similarity > b.similarity; });
  if (found.size() > top_k) found.resize(top_k);
  return found;
}

TestModel::Answer ServerFixture::ModelAnswer(const TestBundle& bundle,
                                             const TestBundleOptions& options,
                                             const std::string& image) {
  const PreprocessSpec spec = *ToPreprocessSpec(bundle.manifest.preprocess());
  const auto decoded = DecodeImage(image, {.min_short_side = spec.MinDecodedSide()});
  EXPECT_THAT(decoded, IsOk());
  std::vector<float> tensor(spec.TensorSize());
  EXPECT_THAT(Preprocess(decoded->image, spec, absl::MakeSpan(tensor)), IsOk());
  return TestModel(options).Evaluate(tensor);
}

void ServerFixture::ExpectNeighbors(const v1::SearchResponse& response,
                                    const std::vector<GoldenNeighbor>& expected) {
  ASSERT_EQ(response.neighbors_size(), static_cast<int>(expected.size()));
  for (int i = 0; i < response.neighbors_size(); ++i) {
    EXPECT_EQ(response.neighbors(i).item_id(), expected[i].item_id) << "place " << i;
    EXPECT_NEAR(response.neighbors(i).similarity(), expected[i].similarity, 1e-5) << "place " << i;
  }
}

}  // namespace lookbook
