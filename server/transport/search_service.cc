#include "server/transport/search_service.h"

#include <utility>

#include "base/exception_fence.h"
#include "base/status_macros.h"
#include "server/transport/answer_query.h"
#include "server/transport/caller.h"
#include "server/transport/search_messages.h"
#include "server/transport/unary_call.h"

namespace lookbook {

grpc::ServerUnaryReactor* SearchService::Search(grpc::CallbackServerContext* context,
                                                const v1::SearchRequest* request,
                                                v1::SearchResponse* response) {
  auto* call = new UnaryCall(Method::kSearch, environment_, context, QueryBytes(*request),
                             request->request_id());
  if (!call->Refused()) AnswerQuery(pipelines_, *request, response, call);
  return call;
}

grpc::ServerUnaryReactor* SearchService::Embed(grpc::CallbackServerContext* context,
                                               const v1::EmbedRequest* request,
                                               v1::EmbedResponse* response) {
  auto* call = new UnaryCall(Method::kEmbed, environment_, context, request->ByteSizeLong(),
                             request->request_id());
  if (!call->Refused()) AnswerQuery(pipelines_, *request, response, call);
  return call;
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* SearchService::SearchStream(
    grpc::CallbackServerContext* context) {
  QueryStream::Hooks hooks;
  hooks.answer = [this](StreamCall* call) {
    AnswerQuery(pipelines_, call->request(), call->response(), call);
  };
  hooks.done = [this](QueryStream* stream) { Forget(stream); };
  const auto stream =
      std::make_shared<QueryStream>(environment_, context, queries_per_stream_, std::move(hooks));
  bool ended = false;
  {
    MutexLock lock(&mutex_);
    streams_[stream.get()] = stream;
    ended = ended_;
  }
  // A stream of nobody's, or one too many, is ended before a message of it is read; each query is
  // looked at again.
  const absl::Status admitted = CatchToStatus("opening a stream", [&]() -> absl::Status {
    LB_ASSIGN_OR_RETURN(const std::string client, IdentifyCaller(environment_, *context));
    return ChargeCaller(environment_, client, 0);
  });
  if (!admitted.ok()) stream->End(admitted);
  if (ended) stream->End(DrainingError());
  stream->Start();
  return stream.get();
}

std::vector<std::shared_ptr<QueryStream>> SearchService::OpenStreams() {
  std::vector<std::shared_ptr<QueryStream>> open;
  MutexLock lock(&mutex_);
  for (const auto& entry : streams_) open.push_back(entry.second);
  return open;
}

void SearchService::EndStreams() {
  {
    MutexLock lock(&mutex_);
    ended_ = true;
  }
  for (const auto& stream : OpenStreams()) stream->End(DrainingError());
}

void SearchService::EndIdleStreams(absl::Duration limit) {
  for (const auto& stream : OpenStreams()) stream->EndIfIdle(limit);
}

void SearchService::Forget(QueryStream* stream) {
  std::shared_ptr<QueryStream> last;  // Destroyed after the lock is let go.
  MutexLock lock(&mutex_);
  const auto entry = streams_.find(stream);
  last = std::move(entry->second);
  streams_.erase(entry);
}

}  // namespace lookbook
