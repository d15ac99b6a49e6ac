#include "tests/bench/lifecycle/live_server.h"

#include <grpcpp/client_context.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/clock.h"

namespace lookbook {
namespace {

bool IsMixed(const v1::SearchResponse& response, const std::vector<KnownBundle>& bundles) {
  for (const KnownBundle& bundle : bundles) {
    if (bundle.id != response.bundle_id()) continue;
    for (const v1::Neighbor& neighbor : response.neighbors()) {
      if (!absl::StartsWith(neighbor.item_id(), bundle.prefix)) return true;
    }
    return response.neighbors().empty();
  }
  return true;
}

// A refusal of the server, or no connection to begin with. What broke on its way is neither.
bool IsSentAway(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE &&
         (!status.error_details().empty() ||
          absl::StrContains(status.error_message(), "failed to connect"));
}

// False: the server takes no more calls.
bool CallOnce(v1::SearchService::Stub& stub, const v1::SearchRequest& request,
              const std::vector<KnownBundle>& bundles, Seen* seen) {
  grpc::ClientContext context;
  v1::SearchResponse response;
  const absl::Time begin = Clock::Steady()->Now();
  const grpc::Status status = stub.Search(&context, request, &response);
  if (IsSentAway(status)) {
    ++seen->sent_away;
    return false;
  }
  MutexLock lock(&seen->mutex);
  if (!status.ok()) {
    if (seen->failed++ == 0) {
      seen->first_failure = absl::StrCat(status.error_code(), ": ", status.error_message());
    }
    return true;
  }
  ++seen->answered;
  seen->mixed += IsMixed(response, bundles);
  seen->seconds.push_back(absl::ToDoubleSeconds(Clock::Steady()->Now() - begin));
  return true;
}

}  // namespace

void LiveServer::StartLoad(int clients, const std::string& image, std::vector<KnownBundle> bundles,
                           Seen* seen) {
  v1::SearchRequest request;
  request.set_image(image);
  for (int i = 0; i < clients; ++i) {
    clients_.push_back(std::async(std::launch::async, [this, request, bundles, seen] {
      const auto stub = v1::SearchService::NewStub(server_->DataChannel());
      while (!end_ && CallOnce(*stub, request, bundles, seen)) continue;
    }));
  }
}

void LiveServer::EndLoad() {
  end_ = true;
  for (auto& client : clients_) client.get();
  clients_.clear();
}

absl::StatusOr<double> LiveServer::Activate(const std::string& bundle_id) {
  v1::ActivateBundleResponse response;
  const grpc::Status status = server_->Activate(bundle_id, &response);
  if (!status.ok()) return absl::InternalError(status.error_message());
  return response.activation().seconds();
}

int64_t LiveServer::ResidentBytes() const {
  const std::string text =
      ReadFile(absl::StrCat("/proc/", server_->process().pid(), "/status")).value_or("");
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    int64_t kibibytes = 0;
    if (absl::ConsumePrefix(&line, "VmRSS:") && absl::ConsumeSuffix(&line, "kB") &&
        absl::SimpleAtoi(line, &kibibytes)) {
      return kibibytes * 1024;
    }
  }
  return 0;
}

}  // namespace lookbook
