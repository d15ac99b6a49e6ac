#include "server/transport/stream_call.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include <utility>

#include "server/transport/grpc_status.h"
#include "server/transport/search_messages.h"

namespace lookbook {
namespace {

void FillFailure(const absl::Status& status, v1::SearchFailure* failure) {
  const grpc::Status shown = ToGrpcStatus(status);
  failure->set_code(shown.error_code());
  failure->set_message(shown.error_message());
  failure->set_reason(ReasonOf(status));
  if (absl::IsResourceExhausted(status)) {
    failure->set_retry_pushback_ms(RetryPushbackMilliseconds(status));
  }
}

}  // namespace

StreamCall::StreamCall(const CallEnvironment& environment, const StreamFacts& stream,
                       uint64_t index, v1::SearchRequest request, Answered answered)
    : Call(Method::kSearchStream, environment, stream.context, stream.cancelled,
           QueryBytes(request), TraceQuery(stream.trace, request.request_id())),
      index_(index),
      request_(std::move(request)),
      answered_(std::move(answered)) {}

void StreamCall::Send(const absl::Status& status) {
  if (!status.ok()) FillFailure(status, answer_.mutable_failure());  // Instead of the response.
  answer_.set_index(index_);
  if (request_.request_id().size() <= kMaxRequestIdBytes) {
    answer_.set_request_id(request_.request_id());
  }
  bool own_buffer = false;
  grpc::SerializationTraits<v1::SearchStreamResponse>::Serialize(answer_, &message_, &own_buffer);
  // The message may wait for a slow reader: the picture does not wait with it.
  request_ = v1::SearchRequest();
  answer_ = v1::SearchStreamResponse();
  const Answered answered = std::move(answered_);  // This may be gone before it returns.
  answered(this);
}

}  // namespace lookbook
