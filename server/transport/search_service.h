// lookbook.v1.SearchService over the pipelines.
#pragma once

#include "lookbook/v1/search.grpc.pb.h"
#include "server/lifecycle/pipeline_set.h"
#include "server/transport/call.h"

namespace lookbook {

// Never blocks: a query is handed to its pipeline, and the pipeline's thread completes the call.
// Thread-safe. `pipelines` and what `environment` names must outlive it.
class SearchService final : public v1::SearchService::CallbackService {
 public:
  SearchService(const PipelineSet* pipelines, const CallEnvironment& environment)
      : pipelines_(*pipelines), environment_(environment) {}

  grpc::ServerUnaryReactor* Search(grpc::CallbackServerContext* context,
                                   const v1::SearchRequest* request,
                                   v1::SearchResponse* response) override;
  grpc::ServerUnaryReactor* Embed(grpc::CallbackServerContext* context,
                                  const v1::EmbedRequest* request,
                                  v1::EmbedResponse* response) override;

 private:
  // Completes `call`, now or later.
  template <typename Request, typename Response>
  void Answer(Call* call, const Request& request, Response* response);
  // OK: the query is its pipeline's, which completes `call`.
  template <typename Request, typename Response>
  absl::Status Submit(Call* call, const Request& request, Response* response);

  const PipelineSet& pipelines_;
  const CallEnvironment environment_;
};

}  // namespace lookbook
