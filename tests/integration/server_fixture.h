// A whole server in this process, over a bundle that a trainer could have written, and clients on
// real channels.
#pragma once

#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lookbook/v1/catalog.grpc.pb.h"
#include "lookbook/v1/search.grpc.pb.h"
#include "server/server.h"
#include "tests/server/transport/service_fixture.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_bundle.h"

namespace lookbook {

class ServerFixture : public ::testing::Test {
 protected:
  // 300 items of 16 dimensions, 6 classes, 4 attributes, under the name "default".
  static TestBundleOptions Options(uint64_t seed = 1);

  ServerFixture();

  // Starts the server with config_.
  void Start();

  grpc::Status Search(const v1::SearchRequest& request, v1::SearchResponse* response);
  grpc::Status Embed(const v1::EmbedRequest& request, v1::EmbedResponse* response);
  // The same, without an answer: its status.
  grpc::Status Search(const v1::SearchRequest& request);

  static v1::SearchRequest ItemRequest(const std::string& item_id);
  static v1::SearchRequest ImageRequest(const std::string& image);
  static v1::SearchRequest VectorRequest(const std::vector<float>& vector);

  // The stored vector of a row of `bundle`.
  static std::vector<float> VectorOf(const TestBundle& bundle, int row);

  // What an exact search must answer, by a plain loop in double precision: the best rows that
  // `allows`, none below `min_similarity`; ties by lower row.
  static std::vector<GoldenNeighbor> BruteForce(
      const TestBundle& bundle, const std::vector<float>& query, size_t top_k,
      const std::function<bool(const Item&)>& allows = nullptr, double min_similarity = -2);
  // What the model of a bundle with these options says of a picture, in plain loops.
  static TestModel::Answer ModelAnswer(const TestBundle& bundle, const TestBundleOptions& options,
                                       const std::string& image);
  static void ExpectNeighbors(const v1::SearchResponse& response,
                              const std::vector<GoldenNeighbor>& expected);

  TempDir directory_;
  absl::StatusOr<TestBundle> bundle_;
  ServerConfig config_ = DefaultServerConfig(2);
  std::unique_ptr<Server> server_;
  std::unique_ptr<v1::SearchService::Stub> search_;
  std::unique_ptr<v1::CatalogService::Stub> catalog_;
};

}  // namespace lookbook
