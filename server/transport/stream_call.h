// One query of a stream.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <cstdint>
#include <functional>
#include <memory>

#include "lookbook/v1/search.pb.h"
#include "server/transport/call.h"

namespace lookbook {

// What the queries of one stream share.
struct StreamFacts {
  grpc::CallbackServerContext* context = nullptr;
  std::shared_ptr<std::atomic<bool>> cancelled;
  CallTrace trace;
};

class StreamCall final : public Call {
 public:
  // Called once, when message() is there. End() must follow.
  using Answered = std::function<void(StreamCall*)>;

  // `index`: of the request on its stream.
  StreamCall(const CallEnvironment& environment, const StreamFacts& stream, uint64_t index,
             v1::SearchRequest request, Answered answered);

  // Until Complete().
  const v1::SearchRequest& request() const { return request_; }
  v1::SearchResponse* response() { return answer_.mutable_response(); }

  // A v1::SearchStreamResponse: the response when the call was completed with OK, else its failure.
  const grpc::ByteBuffer& message() const { return message_; }

  using Call::End;

 private:
  void Send(const absl::Status& status) override;

  const uint64_t index_;
  v1::SearchRequest request_;
  v1::SearchStreamResponse answer_;
  Answered answered_;
  grpc::ByteBuffer message_;
};

}  // namespace lookbook
