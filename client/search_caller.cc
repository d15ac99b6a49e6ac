#include "client/search_caller.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/byte_buffer.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/channel_arguments.h"
#include "client/load/live_calls.h"
#include "lookbook/v1/search.grpc.pb.h"  // How its messages are read from bytes.

namespace lookbook {
namespace {

constexpr absl::Duration kReconnectPause = absl::Milliseconds(100);

// Requests are serialised once, before the load: a generator that shares the server's cores should
// take little of them.
using Stub = grpc::TemplatedGenericStub<grpc::ByteBuffer, v1::SearchResponse>;
constexpr char kMethod[] = "/lookbook.v1.SearchService/Search";

grpc::ByteBuffer Serialize(const v1::SearchRequest& request) {
  const grpc::Slice bytes(request.SerializeAsString());
  return grpc::ByteBuffer(&bytes, 1);
}

std::unique_ptr<Stub> Connect(const std::string& target) {
  grpc::ChannelArguments arguments = MakeChannelArguments(kReconnectPause);
  // Channels to one target share a connection unless each keeps its own.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return std::make_unique<Stub>(
      grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments));
}

// Its last owner is the callback inside gRPC. Stubs must not go before the context has: it would
// take the channel down with it, on one of gRPC's own threads.
struct Call {
  explicit Call(LiveCalls* calls) : live(calls) {}

  LiveCalls::Token live;
  grpc::ClientContext context;
  v1::SearchResponse reply;
};

StageTimes ToStages(const v1::Timings& timings) {
  return {timings.decode(), timings.preprocess(), timings.queue(),
          timings.embed(),  timings.search(),     timings.total()};
}

CallOutcome ToOutcome(const grpc::Status& status, const v1::SearchResponse& reply,
                      int64_t sent_bytes) {
  CallOutcome outcome{.code = static_cast<absl::StatusCode>(status.error_code()),
                      .sent_bytes = sent_bytes};
  if (status.ok() && reply.has_timings()) outcome.stages = ToStages(reply.timings());
  return outcome;
}

absl::Status Validate(const SearchCallerOptions& options, size_t requests) {
  if (requests == 0) return absl::InvalidArgumentError("there is nothing to search for");
  if (options.channels < 1) {
    return absl::InvalidArgumentError(absl::StrCat("channels ", options.channels, " is below 1"));
  }
  if (options.deadline <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError(
        absl::StrCat("deadline ", absl::FormatDuration(options.deadline), " is not positive"));
  }
  return absl::OkStatus();
}

}  // namespace

struct SearchCaller::State {
  State(const SearchCallerOptions& options, const std::vector<v1::SearchRequest>& all)
      : deadline(options.deadline) {
    for (int i = 0; i < options.channels; ++i) stubs.push_back(Connect(options.target));
    for (const v1::SearchRequest& request : all) requests.push_back(Serialize(request));
  }

  const absl::Duration deadline;
  std::vector<grpc::ByteBuffer> requests;
  std::vector<std::unique_ptr<Stub>> stubs;
  LiveCalls live;
};

SearchCaller::SearchCaller(const SearchCallerOptions& options,
                           const std::vector<v1::SearchRequest>& requests)
    : state_(std::make_unique<State>(options, requests)) {}

SearchCaller::~SearchCaller() { state_->live.AwaitNone(); }

absl::StatusOr<std::unique_ptr<SearchCaller>> SearchCaller::Create(
    const SearchCallerOptions& options, const std::vector<v1::SearchRequest>& requests) {
  LB_RETURN_IF_ERROR(Validate(options, requests.size()));
  return std::unique_ptr<SearchCaller>(new SearchCaller(options, requests));
}

void SearchCaller::Start(int64_t number, Done done) {
  const auto which = static_cast<size_t>(number);
  const grpc::ByteBuffer& request = state_->requests[which % state_->requests.size()];
  Stub& stub = *state_->stubs[which % state_->stubs.size()];
  const auto call = std::make_shared<Call>(&state_->live);
  SetDeadline(call->context, state_->deadline);
  stub.UnaryCall(&call->context, kMethod, grpc::StubOptions(), &request, &call->reply,
                 [call, done = std::move(done), bytes = static_cast<int64_t>(request.Length())](
                     const grpc::Status& status) { done(ToOutcome(status, call->reply, bytes)); });
}

}  // namespace lookbook
