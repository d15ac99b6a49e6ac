// A C++ client of lookbook-server.
//
//   LB_ASSIGN_OR_RETURN(auto client, SearchClient::Create({.target = "search.internal:50051"}));
//   v1::SearchRequest request;
//   request.set_image(jpeg_bytes);
//   LB_ASSIGN_OR_RETURN(v1::SearchResponse reply, client->Search(request));
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/trace_context.h"
#include "client/connection_security.h"
#include "client/retry.h"
#include "grpc/health/v1/health.pb.h"
#include "lookbook/v1/catalog.pb.h"
#include "lookbook/v1/search.pb.h"

namespace lookbook {

// The largest message in either direction, as the server has it.
inline constexpr int kMaxMessageBytes = 20 * 1024 * 1024;

// GetReason() of a status whose call never had a working connection.
inline constexpr char kUnreachable[] = "unreachable";

struct SearchClientOptions {
  std::string target = "localhost:50051";  // host:port, or any gRPC target.
  // For a target of several replicas (docs/kubernetes.md): each call, and each attempt of it, goes
  // to the next one that says SERVING. Where none does, calls fail as kUnreachable, CheckHealth()
  // too; without this they go to one replica, whatever it says.
  bool round_robin = false;
  absl::Duration deadline = absl::Seconds(5);  // Of a call: all its attempts and pauses.
  ConnectionSecurity security;
  // The trace that the calls belong to, each as a span of its own; null: the server begins one for
  // each.
  std::optional<TraceContext> trace;
  RetryOptions retry;
  RetryEnvironment environment;  // For tests.
};

// Thread-safe; one connection serves all threads. Calls block.
//
// A failed call carries the server's code, its message and, where it gave one,
// its reason (base/reason.h, docs/api.md). UNAVAILABLE or DEADLINE_EXCEEDED with
// the reason kUnreachable: no connection could be made, or it broke.
class SearchClient {
 public:
  // Connects at the first call, not here. InvalidArgument: an option is out of range.
  static absl::StatusOr<std::unique_ptr<SearchClient>> Create(SearchClientOptions options);
  ~SearchClient();

  absl::StatusOr<v1::SearchResponse> Search(const v1::SearchRequest& request) const;
  // Sends what `next` gives until it gives nothing, no faster than the server takes it, and calls
  // `on_answer` with the answer to each, as they come, until it returns false. `next` is called on
  // a thread of its own, `on_answer` on this one; this returns once neither runs.
  //
  // OK: every request was answered, be it by a failure of its own, or `on_answer` had enough.
  // Otherwise the stream broke, and requests without an answer may be sent again. No deadline but
  // the server's for each query, no retry. ResourceExhausted: no thread to be had.
  absl::Status SearchStream(
      const std::function<std::optional<v1::SearchRequest>()>& next,
      const std::function<bool(const v1::SearchStreamResponse&)>& on_answer) const;
  absl::StatusOr<v1::EmbedResponse> Embed(const v1::EmbedRequest& request) const;
  absl::StatusOr<v1::GetItemResponse> GetItem(const v1::GetItemRequest& request) const;
  absl::StatusOr<v1::ListClassesResponse> ListClasses(const v1::ListClassesRequest& request) const;
  absl::StatusOr<v1::GetInfoResponse> GetInfo() const;

  // Of the whole server when `service` is empty. NotFound: no such service.
  absl::StatusOr<grpc::health::v1::HealthCheckResponse> CheckHealth(
      const std::string& service) const;

  // Calls `on_status` with the state now and after each change until it returns
  // false (OK) or the stream breaks (its status). No deadline, no retry.
  absl::Status WatchHealth(
      const std::string& service,
      const std::function<bool(const grpc::health::v1::HealthCheckResponse&)>& on_status) const;

  const SearchClientOptions& options() const { return options_; }

 private:
  struct Connection;
  explicit SearchClient(SearchClientOptions options);

  const SearchClientOptions options_;
  const std::unique_ptr<Connection> connection_;
};

}  // namespace lookbook
