#include "tests/bench/lifecycle/live_server.h"

#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <cstdio>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/clock.h"
#include "lookbook/v1/search.grpc.pb.h"

namespace lookbook {
namespace {

std::shared_ptr<grpc::Channel> OwnChannel(int port) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", port),
                                   grpc::InsecureChannelCredentials(), arguments);
}

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

absl::StatusOr<std::unique_ptr<LiveServer>> LiveServer::Start(const std::string& program,
                                                              const std::string& root,
                                                              const std::vector<std::string>& more,
                                                              const std::string& log) {
  std::vector<std::string> arguments = {"--bundles",
                                        absl::StrCat("default=", root),
                                        "--listen.data",
                                        "127.0.0.1:0",
                                        "--listen.admin",
                                        "127.0.0.1:0",
                                        "--metrics.listen",
                                        "off",
                                        "--log.requests-per-second",
                                        "0",
                                        "--log.level",
                                        "warning"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  auto server = std::unique_ptr<LiveServer>(new LiveServer(program, std::move(arguments), log));
  const std::string line = server->process_.ReadLine();
  int admin_port = 0;
  if (std::sscanf(line.c_str(), "serving on 127.0.0.1:%d, admin on 127.0.0.1:%d",
                  &server->data_port_, &admin_port) != 2) {
    return absl::UnavailableError(
        absl::StrCat(program, " does not serve: ", line, server->process_.Errors()));
  }
  server->admin_ = v1::AdminService::NewStub(OwnChannel(admin_port));
  return server;
}

void LiveServer::StartLoad(int clients, const std::string& image, std::vector<KnownBundle> bundles,
                           Seen* seen) {
  v1::SearchRequest request;
  request.set_image(image);
  for (int i = 0; i < clients; ++i) {
    clients_.push_back(std::async(std::launch::async, [this, request, bundles, seen] {
      const auto stub = v1::SearchService::NewStub(OwnChannel(data_port_));
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
  grpc::ClientContext context;
  v1::ActivateBundleRequest request;
  request.set_bundle_id(bundle_id);
  v1::ActivateBundleResponse response;
  const grpc::Status status = admin_->ActivateBundle(&context, request, &response);
  if (!status.ok()) return absl::InternalError(status.error_message());
  return response.activation().seconds();
}

int64_t LiveServer::ResidentBytes() const {
  const std::string text = ReadFile(absl::StrCat("/proc/", process_.pid(), "/status")).value_or("");
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
