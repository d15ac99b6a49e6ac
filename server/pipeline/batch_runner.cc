#include "server/pipeline/batch_runner.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/exception_fence.h"
#include "base/logging.h"
#include "base/status_macros.h"
#include "engine/image/preprocess.h"
#include "engine/index/row_set.h"
#include "engine/index/search_checks.h"
#include "server/metrics/stage_cpu.h"
#include "server/pipeline/search_kind.h"

namespace lookbook {
namespace {

using Items = absl::Span<InFlight* const>;

absl::Status CheckShape(const Embeddings& embeddings, int64_t n, const ModelShape& shape) {
  if (embeddings.n == n && static_cast<int64_t>(embeddings.vectors.size()) == n * shape.dim &&
      static_cast<int64_t>(embeddings.scores.size()) == n * shape.classes &&
      static_cast<int64_t>(embeddings.attribute_scores.size()) == n * shape.attributes) {
    return absl::OkStatus();
  }
  return absl::InternalError(absl::StrCat("the model answered ", n, " images with ",
                                          embeddings.vectors.size(), " values, ",
                                          embeddings.scores.size(), " scores and ",
                                          embeddings.attribute_scores.size(), " attribute scores"));
}

// Row `i` of a matrix with rows of `columns` values.
void CopyRow(const std::vector<float>& matrix, int i, int columns, std::vector<float>* row) {
  const auto begin = matrix.begin() + int64_t{i} * columns;
  row->assign(begin, begin + columns);
}

absl::Status CheckUnit(absl::Span<const float> vector) {
  double squares = 0;
  for (const float value : vector) squares += double{value} * value;
  const double length = std::sqrt(squares);
  if (std::abs(length - 1) <= kUnitLengthTolerance) return absl::OkStatus();  // False for NaN.
  return absl::InternalError(absl::StrCat("the model gave an embedding of length ", length));
}

}  // namespace

class BatchRunner::OneBundle {
 public:
  OneBundle(BatchRunner* runner, std::shared_ptr<const Bundle> bundle)
      : runner_(*runner), bundle_(std::move(bundle)) {}

  const Bundle* bundle() const { return bundle_.get(); }
  // `waited`: the item's wait for this batch, in seconds.
  void Add(InFlight* item, double waited) {
    items_.push_back(item);
    longest_wait_ = std::max(longest_wait_, waited);
  }
  void Run();

 private:
  using Step = absl::Status (OneBundle::*)(Items);

  // Those of `items` that `stage` may start for; the others are answered.
  static std::vector<InFlight*> Starting(Stage stage, Items items);
  // Runs `step` over `items`; when that fails, over parts of them, and fails the parts that fail
  // again.
  void RunOrSplit(Stage stage, Items items, Step step);
  void Fail(Stage stage, Items items, const absl::Status& status);
  void EmbedImages();
  absl::Status Embed(Items images);
  void NormalizeAll(Items images, absl::Span<float> tensors);
  // `begin`: when the model was called.
  absl::StatusOr<Embeddings> EmbedTensors(Items images, absl::Time* begin);
  absl::StatusOr<Embeddings> EmbedPixels(Items images, absl::Time* begin);
  void Distribute(const Embeddings& embeddings, Items images, double seconds);
  void SearchVectors();
  absl::Status Search(Items queries);
  void Report();

  double SecondsSince(absl::Time begin) const {
    return absl::ToDoubleSeconds(runner_.context_.clock->Now() - begin);
  }

  BatchRunner& runner_;
  const std::shared_ptr<const Bundle> bundle_;  // Outlives what the items hold of it.
  std::vector<InFlight*> items_;
  double longest_wait_ = 0;
  bool failed_ = false;
};

BatchRunner::BatchRunner(std::string name, BundleMetrics* bundle_metrics,
                         const QueryContext* context)
    : name_(std::move(name)),
      bundle_metrics_(*bundle_metrics),
      context_(*context),
      recall_(name_, bundle_metrics->recall_ratio, context->clock) {}

void BatchRunner::Run(std::vector<InFlightPtr> batch) {
  const absl::Status status = CatchToStatus("running a batch", [&] {
    RunParts(batch);
    return absl::OkStatus();
  });
  if (status.ok()) return;
  bundle_metrics_.batches_failed.Add();
  for (const InFlightPtr& item : batch) {
    if (!item->answered()) item->Fail(status);
  }
}

void BatchRunner::RunParts(absl::Span<const InFlightPtr> batch) {
  const absl::Time now = context_.clock->Now();
  std::vector<OneBundle> parts;  // Almost always one; two or more around a swap.
  for (const InFlightPtr& item : batch) {
    item->LeaveQueue();
    const double waited = absl::ToDoubleSeconds(now - item->queued);
    item->result.seconds.queue += waited;
    context_.metrics->StageFinished(Stage::kQueue, item->result.seconds.queue);
    const std::shared_ptr<const Bundle>& bundle = item->result.bundle;
    auto part = std::find_if(parts.begin(), parts.end(),
                             [&](const OneBundle& p) { return p.bundle() == bundle.get(); });
    OneBundle& one = part != parts.end() ? *part : parts.emplace_back(this, bundle);
    one.Add(item.get(), waited);
  }
  for (OneBundle& part : parts) part.Run();
  const absl::Time end = context_.clock->Now();
  context_.estimator->BatchTook(end, static_cast<int>(batch.size()), end - now);
}

void BatchRunner::OneBundle::Run() {
  Report();
  EmbedImages();
  SearchVectors();
  for (InFlight* item : items_) {
    if (!item->answered()) item->Answer();
  }
  BundleMetrics& metrics = runner_.bundle_metrics_;
  (failed_ ? metrics.batches_failed : metrics.batches_ok).Add();
}

void BatchRunner::OneBundle::Report() {
  for (InFlight* item : items_) item->result.batch = static_cast<int>(items_.size());
  runner_.bundle_metrics_.batch_size.Observe(static_cast<double>(items_.size()));
  runner_.bundle_metrics_.batch_wait_seconds.Observe(longest_wait_);
}

std::vector<InFlight*> BatchRunner::OneBundle::Starting(Stage stage, Items items) {
  std::vector<InFlight*> starting;
  for (InFlight* item : items) {
    if (!item->answered() && item->MayStart(stage)) starting.push_back(item);
  }
  return starting;
}

void BatchRunner::OneBundle::RunOrSplit(Stage stage, Items items, Step step) {
  absl::Status status = (this->*step)(items);
  if (status.ok()) return;
  failed_ = true;
  if (items.size() == 1) return Fail(stage, items, status);
  const size_t part = absl::IsResourceExhausted(status) ? (items.size() + 1) / 2 : 1;
  LogWarning("a batch failed and is run again in parts", {{"bundle", runner_.name_},
                                                          {"bundle_id", bundle_->id},
                                                          {"size", items.size()},
                                                          {"part", part},
                                                          {"status", status}});
  for (size_t at = 0; at < items.size(); at += part) {
    const std::vector<InFlight*> again = Starting(stage, items.subspan(at, part));
    if (again.empty()) continue;
    status = (this->*step)(again);
    if (!status.ok()) Fail(stage, again, status);
  }
}

void BatchRunner::OneBundle::Fail(Stage stage, Items items, const absl::Status& status) {
  for (InFlight* item : items) {
    if (stage == Stage::kEmbed) {
      runner_.context_.metrics->EmbeddingFailed(
          absl::IsResourceExhausted(status) ? EmbeddingFailure::kMemory : EmbeddingFailure::kModel);
    }
    item->Fail(status);
  }
}

void BatchRunner::OneBundle::EmbedImages() {
  std::vector<InFlight*> images;
  for (InFlight* item : items_) {
    if (item->query.kind == QueryKind::kImage) images.push_back(item);
  }
  const size_t most = static_cast<size_t>(bundle_->embedder->MaxBatch());
  for (size_t at = 0; at < images.size(); at += most) {
    const std::vector<InFlight*> part = Starting(Stage::kEmbed, Items(images).subspan(at, most));
    if (!part.empty()) RunOrSplit(Stage::kEmbed, part, &OneBundle::Embed);
  }
}

absl::Status BatchRunner::OneBundle::Embed(Items images) {
  absl::Time begin = runner_.context_.clock->Now();
  const auto n = static_cast<int64_t>(images.size());
  LB_ASSIGN_OR_RETURN(const Embeddings embeddings, bundle_->embedder->TakesPixels()
                                                       ? EmbedPixels(images, &begin)
                                                       : EmbedTensors(images, &begin));
  const double seconds = SecondsSince(begin);
  LB_RETURN_IF_ERROR(CheckShape(embeddings, n, bundle_->embedder->shape()));
  Distribute(embeddings, images, seconds);
  return absl::OkStatus();
}

void BatchRunner::OneBundle::NormalizeAll(Items images, absl::Span<float> tensors) {
  const StageCpu cpu(runner_.context_.metrics, Stage::kPreprocess);
  const PreprocessSpec& spec = bundle_->preprocess;
  const size_t stride = static_cast<size_t>(spec.TensorSize());
  for (size_t i = 0; i < images.size(); ++i) {
    const absl::Time begin = runner_.context_.clock->Now();
    Normalize(images[i]->pixels, spec, tensors.subspan(i * stride, stride));
    images[i]->result.seconds.preprocess += SecondsSince(begin);
  }
}

absl::StatusOr<Embeddings> BatchRunner::OneBundle::EmbedTensors(Items images, absl::Time* begin) {
  const size_t stride = static_cast<size_t>(bundle_->preprocess.TensorSize());
  std::vector<float> buffer = runner_.tensors_.Take(images.size() * stride);
  NormalizeAll(images, absl::MakeSpan(buffer));
  const StageCpu cpu(runner_.context_.metrics, Stage::kEmbed);
  *begin = runner_.context_.clock->Now();
  absl::StatusOr<Embeddings> embeddings =
      bundle_->embedder->Embed(absl::MakeConstSpan(buffer).first(images.size() * stride));
  runner_.tensors_.Give(std::move(buffer));
  return embeddings;
}

// The device normalises.
absl::StatusOr<Embeddings> BatchRunner::OneBundle::EmbedPixels(Items images, absl::Time* begin) {
  const size_t stride = static_cast<size_t>(bundle_->preprocess.TensorSize());
  std::vector<uint8_t> buffer = runner_.pixels_.Take(images.size() * stride);
  for (size_t i = 0; i < images.size(); ++i) {
    const std::vector<uint8_t>& rgb = images[i]->pixels.rgb;
    std::copy(rgb.begin(), rgb.end(), buffer.begin() + static_cast<std::ptrdiff_t>(i * stride));
  }
  const StageCpu cpu(runner_.context_.metrics, Stage::kEmbed);
  *begin = runner_.context_.clock->Now();
  absl::StatusOr<Embeddings> embeddings =
      bundle_->embedder->EmbedPixels(absl::MakeConstSpan(buffer).first(images.size() * stride));
  runner_.pixels_.Give(std::move(buffer));
  return embeddings;
}

void BatchRunner::OneBundle::Distribute(const Embeddings& embeddings, Items images,
                                        double seconds) {
  const ModelShape& shape = bundle_->embedder->shape();
  const int n = static_cast<int>(images.size());
  for (int i = 0; i < n; ++i) {
    InFlight* image = images[i];
    QueryResult& result = image->result;
    CopyRow(embeddings.vectors, i, shape.dim, &result.embedding);
    CopyRow(embeddings.scores, i, shape.classes, &result.scores);
    CopyRow(embeddings.attribute_scores, i, shape.attributes, &result.attribute_scores);
    result.seconds.embed = seconds;
    runner_.context_.metrics->StageFinished(Stage::kPreprocess, result.seconds.preprocess);
    runner_.context_.metrics->StageFinished(Stage::kEmbed, seconds);
    if (absl::Status status = CheckUnit(result.embedding); !status.ok()) {
      runner_.context_.metrics->EmbeddingFailed(EmbeddingFailure::kVector);
      image->Fail(std::move(status));
    }
  }
  BundleMetrics& metrics = runner_.bundle_metrics_;
  (bundle_->model_on_device ? metrics.embeddings_on_device_total : metrics.embeddings_on_cpu_total)
      .Add(n);
  metrics.batch_padding_total.Add(bundle_->embedder->PaddedSize(n) - n);
}

void BatchRunner::OneBundle::SearchVectors() {
  std::vector<InFlight*> queries;
  for (InFlight* item : items_) {
    if (item->query.search) queries.push_back(item);
  }
  queries = Starting(Stage::kSearch, queries);
  if (!queries.empty()) RunOrSplit(Stage::kSearch, queries, &OneBundle::Search);
}

absl::Status BatchRunner::OneBundle::Search(Items queries) {
  const StageCpu cpu(runner_.context_.metrics, Stage::kSearch);
  const absl::Time begin = runner_.context_.clock->Now();
  std::vector<float> vectors;
  vectors.reserve(queries.size() * bundle_->index->dim());
  std::vector<QueryOptions> options(queries.size());
  std::vector<RowSet> allowed(queries.size());
  for (size_t i = 0; i < queries.size(); ++i) {
    const Query& query = queries[i]->query;
    const std::vector<float>& vector = queries[i]->result.embedding;
    vectors.insert(vectors.end(), vector.begin(), vector.end());
    options[i].top_k = query.top_k;
    options[i].min_similarity = query.min_similarity;
    if (query.exclude_self) options[i].excluded_row = queries[i]->row;
    if (query.class_filter.empty() && query.attribute_filter.empty()) continue;
    allowed[i] = bundle_->items->Select(query.class_filter, query.attribute_filter);
    options[i].allowed = &allowed[i];
  }
  LB_ASSIGN_OR_RETURN(auto neighbors, bundle_->index->Search(vectors, options));
  if (neighbors.size() != queries.size()) {
    return absl::InternalError(absl::StrCat("the index answered ", queries.size(), " queries with ",
                                            neighbors.size(), " lists"));
  }
  const double seconds = SecondsSince(begin);
  runner_.recall_.Offer(bundle_, vectors, options, neighbors);
  for (size_t i = 0; i < queries.size(); ++i) {
    QueryResult& result = queries[i]->result;
    result.neighbors = std::move(neighbors[i]);
    result.seconds.search = seconds;
    runner_.context_.metrics->StageFinished(Stage::kSearch, seconds);
    if (!result.neighbors.empty()) {
      runner_.bundle_metrics_.top1_similarity.Observe(result.neighbors.front().similarity);
    }
  }
  const auto kind = static_cast<size_t>(SearchKindOf(*bundle_->index));
  runner_.bundle_metrics_.search_queries_total[kind].Add(static_cast<double>(queries.size()));
  return absl::OkStatus();
}

}  // namespace lookbook
