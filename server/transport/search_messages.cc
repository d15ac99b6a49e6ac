#include "server/transport/search_messages.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/reason.h"
#include "base/status_macros.h"
#include "engine/bundle/calibration.h"
#include "engine/index/vector_index.h"

namespace lookbook {
namespace {

absl::Status CheckRequestId(absl::string_view request_id) {
  if (request_id.size() <= kMaxRequestIdBytes) return absl::OkStatus();
  return InvalidArgument("bad_request_id",
                         absl::StrCat("request_id has ", request_id.size(), " bytes; at most ",
                                      kMaxRequestIdBytes, " are echoed"));
}

absl::StatusOr<IdFilter> ToFilter(absl::string_view what, const v1::ClassFilter& proto) {
  const int longest = std::max({proto.any_size(), proto.all_size(), proto.none_size()});
  if (longest > kMaxFilterIds) {
    return InvalidArgument("bad_filter",
                           absl::StrCat(what, " has a list of ", longest, " ids; at most ",
                                        kMaxFilterIds, " are looked at"));
  }
  return IdFilter{{proto.any().begin(), proto.any().end()},
                  {proto.all().begin(), proto.all().end()},
                  {proto.none().begin(), proto.none().end()}};
}

absl::Status SetVector(const v1::Vector& proto, Query* query) {
  if (proto.values_size() > kMaxVectorValues) {
    return InvalidArgument("bad_vector",
                           absl::StrCat("the vector has ", proto.values_size(),
                                        " values; no bundle has more than ", kMaxVectorValues));
  }
  query->kind = QueryKind::kVector;
  query->vector.assign(proto.values().begin(), proto.values().end());
  return absl::OkStatus();
}

absl::Status SetWhat(const v1::SearchRequest& request, Query* query) {
  switch (request.query_case()) {
    case v1::SearchRequest::kImage:
      query->kind = QueryKind::kImage;
      query->image = request.image();
      return absl::OkStatus();
    case v1::SearchRequest::kItemId:
      LB_RETURN_IF_ERROR(CheckItemId(request.item_id()));
      query->kind = QueryKind::kItem;
      query->item_id = request.item_id();
      return absl::OkStatus();
    case v1::SearchRequest::kVector:
      return SetVector(request.vector(), query);
    case v1::SearchRequest::QUERY_NOT_SET:
      break;
  }
  return InvalidArgument("missing_query", "the request has none of image, item_id and vector");
}

absl::Status SetSimilarity(const v1::SearchRequest& request, Query* query) {
  if (!request.has_min_similarity()) return absl::OkStatus();
  const float similarity = request.min_similarity();
  if (!(similarity >= -1 && similarity <= 1)) {  // NaN too.
    return InvalidArgument("bad_similarity",
                           absl::StrCat("min_similarity ", similarity, " is not in -1 to 1"));
  }
  query->min_similarity = similarity;
  return absl::OkStatus();
}

void FillTimings(const StageSeconds& seconds, v1::Timings* timings) {
  timings->set_decode(seconds.decode);
  timings->set_preprocess(seconds.preprocess);
  timings->set_queue(seconds.queue);
  timings->set_embed(seconds.embed);
  timings->set_search(seconds.search);
  timings->set_total(seconds.total);
}

// Places of the best `top` scores (0 = all), best first; equal scores in the manifest's order.
std::vector<int> BestPlaces(absl::Span<const float> scores, uint32_t top) {
  std::vector<int> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [scores](int a, int b) { return scores[a] > scores[b]; });
  if (top != 0 && top < order.size()) order.resize(top);
  return order;
}

template <typename Request, typename Response>
void FillScores(const Request& request, const QueryResult& result, Response* response) {
  const Manifest& manifest = result.bundle->manifest;
  for (const int i : BestPlaces(result.scores, request.top_classes())) {
    const auto& entry = manifest.classes(i);
    v1::ClassScore* score = response->add_classes();
    score->set_class_id(entry.id());
    score->set_name(entry.name());
    score->set_score(result.scores[i]);
    score->set_predicted(result.scores[i] > entry.threshold());
  }
  for (const int i : BestPlaces(result.attribute_scores, request.top_attributes())) {
    const auto& entry = manifest.attributes(i);
    v1::AttributeScore* score = response->add_attributes();
    score->set_attribute_id(entry.id());
    score->set_name(entry.name());
    score->set_score(result.attribute_scores[i]);
  }
}

void FillNeighbor(const Neighbor& neighbor, const Bundle& bundle, v1::Neighbor* proto) {
  const Item& item = bundle.items->item(neighbor.row);
  proto->set_item_id(item.id);
  proto->set_similarity(neighbor.similarity);
  const std::optional<float> probability =
      RelevanceProbability(bundle.manifest, neighbor.similarity);
  if (probability.has_value()) proto->set_probability(*probability);
  proto->mutable_class_ids()->Add(item.class_ids.begin(), item.class_ids.end());
  proto->mutable_attribute_ids()->Add(item.attribute_ids.begin(), item.attribute_ids.end());
  proto->set_uri(item.uri);
}

bool Filters(const v1::ClassFilter& filter) {
  return filter.any_size() > 0 || filter.all_size() > 0 || filter.none_size() > 0;
}

// Nothing where it cannot be told: no bound, or the best item of the whole catalogue is not seen.
std::optional<bool> IsNovel(const v1::SearchRequest& request, const QueryResult& result) {
  const std::optional<float> bound = NoveltyBound(result.bundle->manifest);
  if (!bound.has_value() || Filters(request.class_filter()) || Filters(request.attribute_filter()))
    return std::nullopt;
  if (!result.neighbors.empty()) return result.neighbors.front().similarity < *bound;
  // Every item is below min_similarity.
  if (request.has_min_similarity() && request.min_similarity() <= *bound) return true;
  return std::nullopt;
}

// The fields that both responses have.
template <typename Request, typename Response>
void FillCommon(const Request& request, const QueryResult& result, Response* response) {
  FillScores(request, result, response);
  response->set_bundle_id(result.bundle->id);
  if (request.with_timings()) FillTimings(result.seconds, response->mutable_timings());
  for (const std::string& warning : result.warnings) response->add_warnings(warning);
  response->set_request_id(request.request_id());
}

}  // namespace

absl::Status CheckItemId(absl::string_view item_id) {
  if (item_id.empty()) return InvalidArgument("bad_item_id", "item_id is empty");
  if (item_id.size() > kMaxItemIdBytes) {
    return InvalidArgument("bad_item_id",
                           absl::StrCat("item_id has ", item_id.size(), " bytes; at most ",
                                        kMaxItemIdBytes, " are allowed"));
  }
  if (item_id.find('\0') != absl::string_view::npos) {
    return InvalidArgument("bad_item_id", "item_id holds a NUL");
  }
  return absl::OkStatus();
}

size_t QueryBytes(const v1::SearchRequest& request) { return request.ByteSizeLong(); }

absl::StatusOr<Query> ToQuery(const v1::SearchRequest& request) {
  Query query;
  LB_RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  LB_RETURN_IF_ERROR(SetWhat(request, &query));
  if (request.top_k() > kMaxTopK) {
    return InvalidArgument("bad_k",
                           absl::StrCat("top_k ", request.top_k(), " is above ", kMaxTopK));
  }
  query.top_k = static_cast<int>(request.top_k() == 0 ? kDefaultTopK : request.top_k());
  LB_RETURN_IF_ERROR(SetSimilarity(request, &query));
  LB_ASSIGN_OR_RETURN(query.class_filter, ToFilter("class_filter", request.class_filter()));
  LB_ASSIGN_OR_RETURN(query.attribute_filter,
                      ToFilter("attribute_filter", request.attribute_filter()));
  query.exclude_self = request.exclude_self();
  return query;
}

absl::StatusOr<Query> ToQuery(const v1::EmbedRequest& request) {
  Query query;
  LB_RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  query.kind = QueryKind::kImage;
  query.image = request.image();
  query.search = false;
  return query;
}

void FillResponse(const v1::SearchRequest& request, const QueryResult& result,
                  v1::SearchResponse* response) {
  response->mutable_neighbors()->Reserve(static_cast<int>(result.neighbors.size()));
  for (const Neighbor& neighbor : result.neighbors) {
    FillNeighbor(neighbor, *result.bundle, response->add_neighbors());
  }
  const std::optional<bool> novel = IsNovel(request, result);
  if (novel.has_value()) response->set_novel(*novel);
  FillCommon(request, result, response);
}

void FillResponse(const v1::EmbedRequest& request, const QueryResult& result,
                  v1::EmbedResponse* response) {
  response->mutable_embedding()->mutable_values()->Add(result.embedding.begin(),
                                                       result.embedding.end());
  FillCommon(request, result, response);
}

}  // namespace lookbook
