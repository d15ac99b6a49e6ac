// From a request to its pipeline, and from the pipeline's result to the response.
#pragma once

#include "lookbook/v1/search.pb.h"
#include "server/lifecycle/pipeline_set.h"
#include "server/transport/call.h"

namespace lookbook {

// Hands the query to the pipeline of its bundle and completes `call`: now, when it is refused, or
// on the pipeline's thread, with `response` filled. Never blocks, never throws. `request` and
// `response` must live until then, the pipelines longer.
void AnswerQuery(const PipelineSet& pipelines, const v1::SearchRequest& request,
                 v1::SearchResponse* response, Call* call);
void AnswerQuery(const PipelineSet& pipelines, const v1::EmbedRequest& request,
                 v1::EmbedResponse* response, Call* call);

}  // namespace lookbook
