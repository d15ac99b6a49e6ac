#include "server/transport/search_service.h"

#include <utility>

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
void SearchService::Submit(Call* call, const Request& request, Response* response) {
  if (call->Refused()) return;
  absl::StatusOr<Query> query = ToQuery(request);
  if (!query.ok()) return call->Complete(query.status());
  const absl::StatusOr<Pipeline*> pipeline = pipelines_.Find(request.bundle());
  if (!pipeline.ok()) return call->Complete(pipeline.status());
  query->deadline = call->deadline();
  query->cancelled = call->cancelled();
  (*pipeline)->Submit(*std::move(query),
                      [call, &request, response](absl::StatusOr<QueryResult> result) {
                        if (!result.ok()) return call->Complete(result.status());
                        const absl::Time begin = call->Now();
                        FillResponse(request, *result, response);
                        call->SetBundle(result->bundle->id);
                        call->SetStages(result->seconds);
                        call->Complete(absl::OkStatus(), begin);
                      });
}

grpc::ServerUnaryReactor* SearchService::Search(grpc::CallbackServerContext* context,
                                                const v1::SearchRequest* request,
                                                v1::SearchResponse* response) {
  auto* call =
      new Call(Method::kSearch, environment_, context, BytesOf(*request), request->request_id());
  Submit(call, *request, response);
  return call;
}

grpc::ServerUnaryReactor* SearchService::Embed(grpc::CallbackServerContext* context,
                                               const v1::EmbedRequest* request,
                                               v1::EmbedResponse* response) {
  auto* call = new Call(Method::kEmbed, environment_, context, request->image().size(),
                        request->request_id());
  Submit(call, *request, response);
  return call;
}

}  // namespace lookbook
