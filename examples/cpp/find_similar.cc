// Asks a Lookbook server which garments look like a photo, and prints neighbours and class scores.
//
//   find_similar PHOTO
//
// Environment: LOOKBOOK_SERVER (localhost:50051); for TLS LOOKBOOK_CA, a PEM file of who signed the
// server's certificate; for a server that asks who calls LOOKBOOK_CERT and LOOKBOOK_KEY, PEM files,
// or LOOKBOOK_TOKEN. With any of the four the connection is TLS.
// Exit codes: 0 answered, 1 the call failed, 2 wrong usage.
#include <absl/status/status.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "lookbook/v1/search.grpc.pb.h"

namespace {

namespace v1 = lookbook::v1;

// What one call may take, all its attempts together.
constexpr auto kDeadline = std::chrono::seconds(5);

// gRPC tries again by itself: where a server was lost or stops (UNAVAILABLE), and where it is full
// (RESOURCE_EXHAUSTED), which then says in `grpc-retry-pushback-ms` when to come back. Throttling
// stops retries while most calls fail. round_robin uses every address that the name has, and leaves
// out servers whose health is not SERVING.
constexpr char kServiceConfig[] = R"json({
  "loadBalancingConfig": [{"round_robin": {}}],
  "healthCheckConfig": {"serviceName": "lookbook.v1.SearchService"},
  "methodConfig": [{
    "name": [{"service": "lookbook.v1.SearchService", "method": "Search"}],
    "retryPolicy": {
      "maxAttempts": 3,
      "initialBackoff": "0.1s",
      "maxBackoff": "2s",
      "backoffMultiplier": 2,
      "retryableStatusCodes": ["UNAVAILABLE", "RESOURCE_EXHAUSTED"]
    }
  }],
  "retryThrottling": {"maxTokens": 10, "tokenRatio": 0.1}
})json";

std::string Environment(const char* name, const char* otherwise = "") {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? otherwise : value;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (!file || bytes.empty()) throw std::runtime_error(path + " cannot be read or is empty");
  return bytes;
}

std::string ReadIfNamed(const std::string& path) { return path.empty() ? "" : ReadFile(path); }

std::shared_ptr<grpc::ChannelCredentials> Credentials() {
  const std::string ca = Environment("LOOKBOOK_CA"), certificate = Environment("LOOKBOOK_CERT"),
                    key = Environment("LOOKBOOK_KEY"), token = Environment("LOOKBOOK_TOKEN");
  if ((ca + certificate + key + token).empty()) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = ReadIfNamed(ca);  // Empty: whom the system trusts.
  options.pem_cert_chain = ReadIfNamed(certificate);
  options.pem_private_key = ReadIfNamed(key);
  const auto tls = grpc::SslCredentials(options);
  if (token.empty()) return tls;
  // Sent with every call as "authorization: Bearer TOKEN"; gRPC does so over TLS alone.
  return grpc::CompositeChannelCredentials(tls, grpc::AccessTokenCredentials(token));
}

// One channel serves all threads of a program, for as long as it runs.
std::shared_ptr<grpc::Channel> OpenChannel() {
  grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(kServiceConfig);
  // A call is tried again only while its message is kept; by default 256 KiB are, less than a
  // photo.
  arguments.SetInt(GRPC_ARG_PER_RPC_RETRY_BUFFER_SIZE, 20 << 20);
  return grpc::CreateCustomChannel(Environment("LOOKBOOK_SERVER", "localhost:50051"), Credentials(),
                                   arguments);
}

// The machine-readable reason of a refusal (docs/api.md); empty when gRPC itself refused.
std::string ReasonOf(const grpc::Status& status) {
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return "";
  for (const auto& detail : details.details()) {
    google::rpc::ErrorInfo info;
    if (detail.UnpackTo(&info)) return info.reason();
  }
  return "";
}

void Print(const v1::SearchResponse& reply) {
  std::printf("bundle %s\nneighbours\n", reply.bundle_id().c_str());
  for (const v1::Neighbor& neighbor : reply.neighbors()) {
    std::printf("  %.3f  %s\n", neighbor.similarity(), neighbor.item_id().c_str());
  }
  std::printf("classes\n");
  for (const v1::ClassScore& score : reply.classes()) {
    std::printf("  %.3f  %s%s\n", score.score(), score.name().c_str(),
                score.predicted() ? "  predicted" : "");
  }
}

int FindSimilar(const std::string& photo) {
  v1::SearchRequest request;
  request.set_image(ReadFile(photo));
  request.set_top_k(5);
  request.set_top_classes(5);

  const auto stub = v1::SearchService::NewStub(OpenChannel());
  grpc::ClientContext context;  // One for each call.
  context.set_deadline(std::chrono::system_clock::now() + kDeadline);
  v1::SearchResponse reply;
  const grpc::Status status = stub->Search(&context, request, &reply);
  if (!status.ok()) {
    const auto code = absl::StatusCodeToString(static_cast<absl::StatusCode>(status.error_code()));
    std::fprintf(stderr, "%s %s: %s\n", code.c_str(), ReasonOf(status).c_str(),
                 status.error_message().c_str());
    return 1;
  }
  Print(reply);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: find_similar PHOTO\n");
    return 2;
  }
  try {
    return FindSimilar(argv[1]);
  } catch (const std::runtime_error& error) {  // A file.
    std::fprintf(stderr, "find_similar: %s\n", error.what());
    return 2;
  }
}
