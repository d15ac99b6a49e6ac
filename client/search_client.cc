#include "client/search_client.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/reason.h"
#include "base/status_macros.h"
#include "base/thread_pool.h"
#include "client/blocking_call.h"
#include "client/channel_arguments.h"
#include "client/open_channel.h"
#include "client/rpc_status.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "lookbook/v1/catalog.grpc.pb.h"
#include "lookbook/v1/search.grpc.pb.h"

namespace lookbook {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

absl::Status Validate(const SearchClientOptions& options) {
  if (options.target.empty()) return absl::InvalidArgumentError("target is empty");
  if (options.deadline <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError(
        absl::StrCat("deadline ", absl::FormatDuration(options.deadline), " is not positive"));
  }
  LB_RETURN_IF_ERROR(Validate(options.security));
  return ValidateRetryOptions(options.retry);
}

grpc::ChannelArguments ChannelArgumentsOf(const SearchClientOptions& options) {
  grpc::ChannelArguments arguments = MakeChannelArguments(options.retry.initial_backoff);
  if (options.round_robin) BalanceOverReplicas(arguments);
  return arguments;
}

CallOptions CallOptionsOf(const SearchClientOptions& options) {
  return {options.deadline, options.retry, options.environment, options.security.token,
          options.trace};
}

}  // namespace

struct SearchClient::Connection {
  explicit Connection(const SearchClientOptions& options)
      : channel(OpenChannel(options.target, options.security, ChannelArgumentsOf(options))),
        search(v1::SearchService::NewStub(channel)),
        catalog(v1::CatalogService::NewStub(channel)),
        health(Health::NewStub(channel)) {}

  const std::shared_ptr<grpc::Channel> channel;
  const std::unique_ptr<v1::SearchService::Stub> search;
  const std::unique_ptr<v1::CatalogService::Stub> catalog;
  const std::unique_ptr<Health::Stub> health;
};

SearchClient::SearchClient(SearchClientOptions options)
    : options_(std::move(options)), connection_(std::make_unique<Connection>(options_)) {}

SearchClient::~SearchClient() = default;

absl::StatusOr<std::unique_ptr<SearchClient>> SearchClient::Create(SearchClientOptions options) {
  LB_RETURN_IF_ERROR(Validate(options));
  return std::unique_ptr<SearchClient>(new SearchClient(std::move(options)));
}

absl::StatusOr<v1::SearchResponse> SearchClient::Search(const v1::SearchRequest& request) const {
  return BlockingCall(CallOptionsOf(options_), *connection_->channel, *connection_->search,
                      &v1::SearchService::Stub::Search, request);
}

absl::Status SearchClient::SearchStream(
    const std::function<std::optional<v1::SearchRequest>()>& next,
    const std::function<bool(const v1::SearchStreamResponse&)>& on_answer) const {
  LB_ASSIGN_OR_RETURN(const std::unique_ptr<ThreadPool> writer,
                      ThreadPool::Create({.name = "stream", .threads = 1, .capacity = 1}));
  grpc::ClientContext context;
  SetToken(context, options_.security.token);
  SetTrace(context, options_.trace);
  const auto stream = connection_->search->SearchStream(&context);
  LB_RETURN_IF_ERROR(writer->Submit([&] {
    auto request = next();
    while (request.has_value() && stream->Write(*request)) request = next();
    stream->WritesDone();
  }));
  v1::SearchStreamResponse answer;
  bool wanted = true;
  while (wanted && stream->Read(&answer)) wanted = on_answer(answer);
  if (!wanted) context.TryCancel();
  writer->Shutdown();
  const grpc::Status status = stream->Finish();
  if (!wanted) return absl::OkStatus();
  return MarkUnreachable(ToStatus(status), *connection_->channel);
}

absl::StatusOr<v1::EmbedResponse> SearchClient::Embed(const v1::EmbedRequest& request) const {
  return BlockingCall(CallOptionsOf(options_), *connection_->channel, *connection_->search,
                      &v1::SearchService::Stub::Embed, request);
}

absl::StatusOr<v1::GetItemResponse> SearchClient::GetItem(const v1::GetItemRequest& request) const {
  return BlockingCall(CallOptionsOf(options_), *connection_->channel, *connection_->catalog,
                      &v1::CatalogService::Stub::GetItem, request);
}

absl::StatusOr<v1::ListClassesResponse> SearchClient::ListClasses(
    const v1::ListClassesRequest& request) const {
  return BlockingCall(CallOptionsOf(options_), *connection_->channel, *connection_->catalog,
                      &v1::CatalogService::Stub::ListClasses, request);
}

absl::StatusOr<v1::GetInfoResponse> SearchClient::GetInfo() const {
  return BlockingCall(CallOptionsOf(options_), *connection_->channel, *connection_->catalog,
                      &v1::CatalogService::Stub::GetInfo, v1::GetInfoRequest());
}

absl::StatusOr<HealthCheckResponse> SearchClient::CheckHealth(const std::string& service) const {
  HealthCheckRequest request;
  request.set_service(service);
  return BlockingCall(CallOptionsOf(options_), *connection_->channel, *connection_->health,
                      &Health::Stub::Check, request);
}

absl::Status SearchClient::WatchHealth(
    const std::string& service,
    const std::function<bool(const HealthCheckResponse&)>& on_status) const {
  HealthCheckRequest request;
  request.set_service(service);
  grpc::ClientContext context;
  SetToken(context, options_.security.token);
  SetTrace(context, options_.trace);
  const auto stream = connection_->health->Watch(&context, request);
  HealthCheckResponse response;
  bool wanted = true;
  while (wanted && stream->Read(&response)) wanted = on_status(response);
  if (!wanted) context.TryCancel();
  const grpc::Status status = stream->Finish();
  if (!wanted) return absl::OkStatus();
  if (status.ok()) return absl::UnavailableError("the server ended the watch");
  return MarkUnreachable(ToStatus(status), *connection_->channel);
}

}  // namespace lookbook
