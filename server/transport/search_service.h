// lookbook.v1.SearchService over the pipelines.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "base/mutex.h"
#include "lookbook/v1/search.grpc.pb.h"
#include "server/lifecycle/pipeline_set.h"
#include "server/transport/call.h"
#include "server/transport/query_stream.h"

namespace lookbook {

// The messages of SearchStream come and go as bytes: see QueryStream.
using SearchServiceMethods = v1::SearchService::WithRawCallbackMethod_SearchStream<
    v1::SearchService::WithCallbackMethod_Search<
        v1::SearchService::WithCallbackMethod_Embed<v1::SearchService::Service>>>;

// Never blocks: a query is handed to its pipeline, and the pipeline's thread completes the call.
// Thread-safe. `pipelines` and what `environment` names must outlive it.
class SearchService final : public SearchServiceMethods {
 public:
  // `queries_per_stream`: read and not yet answered.
  SearchService(const PipelineSet* pipelines, const CallEnvironment& environment,
                int queries_per_stream)
      : pipelines_(*pipelines),
        environment_(environment),
        queries_per_stream_(queries_per_stream) {}

  grpc::ServerUnaryReactor* Search(grpc::CallbackServerContext* context,
                                   const v1::SearchRequest* request,
                                   v1::SearchResponse* response) override;
  grpc::ServerUnaryReactor* Embed(grpc::CallbackServerContext* context,
                                  const v1::EmbedRequest* request,
                                  v1::EmbedResponse* response) override;
  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* SearchStream(
      grpc::CallbackServerContext* context) override;

  // Ends every stream with UNAVAILABLE draining, now and later, so that none outlives a drain. What
  // a stream has read is answered before.
  void EndStreams();

  // QueryStream::EndIfIdle(limit) of every stream.
  void EndIdleStreams(absl::Duration limit);

 private:
  std::vector<std::shared_ptr<QueryStream>> OpenStreams();
  void Forget(QueryStream* stream);

  const PipelineSet& pipelines_;
  const CallEnvironment environment_;
  const int queries_per_stream_;
  Mutex mutex_;
  std::map<QueryStream*, std::shared_ptr<QueryStream>> streams_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace lookbook
