#include "server/transport/search_service.h"

#include <utility>

#include "base/exception_fence.h"
#include "base/status_macros.h"
#include "server/transport/search_messages.h"

namespace lookbook {
namespace {

// What counts as the size of a request: its one large field, known without measuring the message.
size_t BytesOf(const v1::SearchRequest& request) {
  return request.has_vector() ? request.vector().values_size() * sizeof(float)
                              : request.image().size() + request.item_id().size();
}

}  // namespace

template <typename Request, typename Response>
void SearchService::Answer(Call* call, const Request& request, Response* response) {
  if (call->Refused()) return;
  absl::Status status =
      CatchToStatus("reading a request", [&] { return Submit(call, request, response); });
  if (!status.ok()) call->Complete(std::move(status));
}

template <typename Request, typename Response>
absl::Status SearchService::Submit(Call* call, const Request& request, Response* response) {
  LB_ASSIGN_OR_RETURN(Query query, ToQuery(request));
  LB_ASSIGN_OR_RETURN(Pipeline* const pipeline, pipelines_.Find(request.bundle()));
  query.deadline = call->deadline();
  query.cancelled = call->cancelled();
  query.bundle_chosen = [call](const Bundle& bundle) { call->SetBundle(bundle.id); };
  QueryDone done = [call, &request, response](absl::StatusOr<QueryResult> result) {
    if (!result.ok()) return call->Complete(result.status());
    call->CompleteWith([&] {
      FillResponse(request, *result, response);
      call->SetStages(result->seconds);
      return absl::OkStatus();
    });
  };
  pipeline->Submit(std::move(query), std::move(done));  // Throws nothing.
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* SearchService::Search(grpc::CallbackServerContext* context,
                                                const v1::SearchRequest* request,
                                                v1::SearchResponse* response) {
  auto* call =
      new Call(Method::kSearch, environment_, context, BytesOf(*request), request->request_id());
  Answer(call, *request, response);
  return call;
}

grpc::ServerUnaryReactor* SearchService::Embed(grpc::CallbackServerContext* context,
                                               const v1::EmbedRequest* request,
                                               v1::EmbedResponse* response) {
  auto* call = new Call(Method::kEmbed, environment_, context, request->image().size(),
                        request->request_id());
  Answer(call, *request, response);
  return call;
}

}  // namespace lookbook
