#include "client/search_caller.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/thread_pool.h"
#include "client/channel_arguments.h"
#include "client/load/live_calls.h"
#include "client/open_channel.h"
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

std::unique_ptr<Stub> Connect(const SearchCallerOptions& options) {
  grpc::ChannelArguments arguments = MakeChannelArguments(kReconnectPause);
  // Channels to one target share a connection unless each keeps its own.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  return std::make_unique<Stub>(OpenChannel(options.target, options.security, arguments));
}

// Stubs must not go before its context has: LiveCalls knows when.
struct Call {
  explicit Call(LiveCalls* calls) : live(calls) {}

  LiveCalls::Token live;
  SearchCaller::Done done;
  int64_t sent_bytes = 0;
  grpc::ClientContext context;
  v1::SearchResponse reply;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<v1::SearchResponse>> reader;
};

StageTimes ToStages(const v1::Timings& timings) {
  return {timings.decode(), timings.preprocess(), timings.queue(),
          timings.embed(),  timings.search(),     timings.total()};
}

CallOutcome ToOutcome(const Call& call) {
  CallOutcome outcome{.code = static_cast<absl::StatusCode>(call.status.error_code()),
                      .sent_bytes = call.sent_bytes};
  if (call.status.ok() && call.reply.has_timings()) outcome.stages = ToStages(call.reply.timings());
  return outcome;
}

// Until the queue is shut down and empty. What ends a call may start others.
void EndCalls(grpc::CompletionQueue* ended) {
  void* tag = nullptr;
  bool ok = false;  // True for each end of a unary call.
  while (ended->Next(&tag, &ok)) {
    const std::unique_ptr<Call> call(static_cast<Call*>(tag));
    call->done(ToOutcome(*call));
  }
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
  return Validate(options.security);
}

}  // namespace

struct SearchCaller::State {
  State(const SearchCallerOptions& options, const std::vector<v1::SearchRequest>& all)
      : deadline(options.deadline), token(options.security.token) {
    for (int i = 0; i < options.channels; ++i) stubs.push_back(Connect(options));
    for (const v1::SearchRequest& request : all) requests.push_back(Serialize(request));
  }

  const absl::Duration deadline;
  const std::string token;
  std::vector<grpc::ByteBuffer> requests;
  std::vector<std::unique_ptr<Stub>> stubs;
  LiveCalls live;
  // One thread that waits for the calls' ends and for their sockets, and works on both. gRPC's own
  // for callbacks are two or more, which wake each other up for every call.
  grpc::CompletionQueue ended;
  std::unique_ptr<ThreadPool> ends;
};

SearchCaller::SearchCaller(std::unique_ptr<State> state) : state_(std::move(state)) {}

SearchCaller::~SearchCaller() {
  state_->live.AwaitNone();
  state_->ended.Shutdown();
  state_->ends->Shutdown();
}

absl::StatusOr<std::unique_ptr<SearchCaller>> SearchCaller::Create(
    const SearchCallerOptions& options, const std::vector<v1::SearchRequest>& requests) {
  LB_RETURN_IF_ERROR(Validate(options, requests.size()));
  auto state = std::make_unique<State>(options, requests);
  LB_ASSIGN_OR_RETURN(state->ends, ThreadPool::Create({.name = "calls", .threads = 1}));
  LB_RETURN_IF_ERROR(state->ends->Submit([ended = &state->ended] { EndCalls(ended); }));
  return std::unique_ptr<SearchCaller>(new SearchCaller(std::move(state)));
}

void SearchCaller::Start(int64_t number, Done done) {
  const auto which = static_cast<size_t>(number);
  const grpc::ByteBuffer& request = state_->requests[which % state_->requests.size()];
  Stub& stub = *state_->stubs[which % state_->stubs.size()];
  auto* call = new Call(&state_->live);  // EndCalls() deletes it.
  call->done = std::move(done);
  call->sent_bytes = static_cast<int64_t>(request.Length());
  SetDeadline(call->context, state_->deadline);
  SetToken(call->context, state_->token);
  call->reader = stub.PrepareUnaryCall(&call->context, kMethod, request, &state_->ended);
  call->reader->StartCall();
  call->reader->Finish(&call->reply, &call->status, call);
}

}  // namespace lookbook
