#include "tests/bench/serving/bursts.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <utility>

#include "absl/synchronization/blocking_counter.h"
#include "absl/types/span.h"
#include "base/clock.h"
#include "base/status_macros.h"
#include "lookbook/v1/search.grpc.pb.h"

namespace lookbook {
namespace {

// One call for each of `requests` at once; returns milliseconds until the last answer.
absl::StatusOr<double> Burst(v1::SearchService::Stub& stub,
                             absl::Span<const v1::SearchRequest> requests) {
  std::vector<grpc::ClientContext> contexts(requests.size());
  std::vector<v1::SearchResponse> replies(requests.size());
  std::vector<grpc::Status> ends(requests.size());
  absl::BlockingCounter left(static_cast<int>(requests.size()));
  const absl::Time begun = Clock::Steady()->Now();
  for (size_t i = 0; i < requests.size(); ++i) {
    stub.async()->Search(&contexts[i], &requests[i], &replies[i], [&, i](grpc::Status status) {
      ends[i] = std::move(status);
      left.DecrementCount();
    });
  }
  left.Wait();
  const absl::Duration took = Clock::Steady()->Now() - begun;
  for (const grpc::Status& end : ends) {
    if (!end.ok()) return absl::InternalError(end.error_message());
  }
  return absl::ToDoubleMilliseconds(took);
}

}  // namespace

absl::StatusOr<std::vector<double>> TimeBursts(const std::string& address,
                                               const std::vector<std::string>& images, int size,
                                               int count) {
  const auto channel = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
  if (!channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(10)))
    return absl::UnavailableError("no connection to " + address);
  const auto stub = v1::SearchService::NewStub(channel);
  std::vector<v1::SearchRequest> requests(static_cast<size_t>(size));
  std::vector<double> milliseconds;
  size_t image = 0;
  for (int burst = 0; burst < count; ++burst) {
    for (v1::SearchRequest& request : requests) request.set_image(images[image++ % images.size()]);
    LB_ASSIGN_OR_RETURN(const double took, Burst(*stub, requests));
    milliseconds.push_back(took);
  }
  return milliseconds;
}

}  // namespace lookbook
