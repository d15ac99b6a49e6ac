#include "server/transport/answer_query.h"

#include <utility>

#include "base/exception_fence.h"
#include "base/status_macros.h"
#include "server/transport/search_messages.h"

namespace lookbook {
namespace {

// OK: the query is its pipeline's, which completes `call`.
template <typename Request, typename Response>
absl::Status Submit(const PipelineSet& pipelines, const Request& request, Response* response,
                    Call* call) {
  LB_ASSIGN_OR_RETURN(Query query, ToQuery(request));
  LB_ASSIGN_OR_RETURN(Pipeline* const pipeline, pipelines.Find(request.bundle()));
  query.peer = call->peer();
  query.deadline = call->deadline();
  query.cancelled = call->cancelled();
  query.bundle_chosen = [call](const Bundle& bundle) { call->SetBundle(bundle.id); };
  query.ended = [call](const QueryResult& so_far) { call->SetQuery(so_far); };
  QueryDone done = [call, &request, response](absl::StatusOr<QueryResult> result) {
    if (!result.ok()) return call->Complete(result.status());
    call->CompleteWith([&] {
      FillResponse(request, *result, response);
      return absl::OkStatus();
    });
  };
  pipeline->Submit(std::move(query), std::move(done));  // Throws nothing.
  return absl::OkStatus();
}

template <typename Request, typename Response>
void Answer(const PipelineSet& pipelines, const Request& request, Response* response, Call* call) {
  absl::Status status = CatchToStatus("reading a request",
                                      [&] { return Submit(pipelines, request, response, call); });
  if (!status.ok()) call->Complete(std::move(status));
}

}  // namespace

void AnswerQuery(const PipelineSet& pipelines, const v1::SearchRequest& request,
                 v1::SearchResponse* response, Call* call) {
  Answer(pipelines, request, response, call);
}

void AnswerQuery(const PipelineSet& pipelines, const v1::EmbedRequest& request,
                 v1::EmbedResponse* response, Call* call) {
  Answer(pipelines, request, response, call);
}

}  // namespace lookbook
