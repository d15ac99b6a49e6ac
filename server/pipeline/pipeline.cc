#include "server/pipeline/pipeline.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/exception_fence.h"
#include "base/reason.h"
#include "base/status_macros.h"
#include "base/thread_pool.h"
#include "server/batch/batcher.h"
#include "server/pipeline/admission.h"
#include "server/pipeline/batch_runner.h"
#include "server/pipeline/decode_stage.h"
#include "server/pipeline/in_flight.h"

namespace lookbook {
namespace {

// A thread of `pool` shows as busy, and what it does as running, while this lives.
class BusyThread {
 public:
  BusyThread(ServerMetrics* metrics, RunningTasks* running, absl::string_view pool)
      : metrics_(metrics), pool_(pool), task_(running, pool) {
    metrics_->ThreadBusy(pool_, 1);
  }
  ~BusyThread() { metrics_->ThreadBusy(pool_, -1); }

 private:
  ServerMetrics* const metrics_;
  const absl::string_view pool_;
  const RunningTasks::Scope task_;
};

}  // namespace

struct Pipeline::Impl {
  Impl(std::string name, const PipelineOptions& pipeline_options, ServerMetrics* metrics,
       const Clock* clock)
      : options(pipeline_options),
        bundle_metrics(metrics->bundle(name)),
        places(options.queue_capacity, bundle_metrics.queue_depth),
        estimator(options.decode_threads, options.embed_workers),
        context{metrics, clock, &places, &inside, &estimator, options.image_memory.get()},
        decode(options.image_limits, &context),
        runner(std::move(name), &bundle_metrics, &context) {}

  absl::Status Start();
  absl::Status Admit(InFlight* item);
  // A query whose deadline is too short for what is ahead of it; the dead of the queue are no such.
  absl::Status CheckDeadline(const Query& query);
  // The last step of admission: a place that the query keeps until a batch takes it.
  absl::Status TakePlace(InFlight* item);
  // And for a picture, its memory.
  absl::Status TakeMemory(InFlight* item);
  // These two hand a query over to other threads, which answer it; on failure it is still the
  // caller's.
  absl::Status Dispatch(const InFlightPtr& item);
  absl::Status Enqueue(const InFlightPtr& item);
  void Decode(const InFlightPtr& item);
  void MeasureRecall();
  BatchHandlers<InFlightPtr> Handlers();

  const PipelineOptions options;
  BundleMetrics& bundle_metrics;
  QueuePlaces places;
  Inside inside;
  WaitEstimator estimator;
  const QueryContext context;
  const DecodeStage decode;
  BatchRunner runner;
  Snapshot<Bundle> bundle;
  std::atomic<bool> draining{false};
  std::unique_ptr<ThreadPool> recall_pool;
  std::unique_ptr<Batcher<InFlightPtr>> batcher;
  std::unique_ptr<ThreadPool> decode_pool;
};

absl::Status Pipeline::Impl::Start() {
  bundle_metrics.queue_capacity.Set(options.queue_capacity);
  LB_ASSIGN_OR_RETURN(recall_pool,
                      ThreadPool::Create({.name = "recall", .threads = 1, .capacity = 1}));
  LB_ASSIGN_OR_RETURN(batcher,
                      Batcher<InFlightPtr>::Create({.name = "embed",
                                                    .workers = options.embed_workers,
                                                    .queue = {.max_size = options.max_batch,
                                                              .max_delay = options.max_batch_delay,
                                                              .capacity = options.queue_capacity}},
                                                   Handlers(), context.clock));
  LB_ASSIGN_OR_RETURN(decode_pool, ThreadPool::Create({.name = "decode",
                                                       .threads = options.decode_threads,
                                                       .capacity = options.decode_queue}));
  return absl::OkStatus();
}

BatchHandlers<InFlightPtr> Pipeline::Impl::Handlers() {
  return {.run =
              [this](std::vector<InFlightPtr> batch) {
                const BusyThread busy(context.metrics, options.running, "embed");
                runner.Run(std::move(batch));
                if (runner.recall().HasSample()) MeasureRecall();
              },
          .drop =
              [](InFlightPtr item, DropReason reason) {
                if (reason == DropReason::kCancelled) return item->FailCancelled(Stage::kQueue);
                item->FailDeadline(Stage::kEmbed);
              },
          .queue_changed =
              [this](int, absl::Duration oldest_age) {
                bundle_metrics.queue_oldest_age_seconds.Set(absl::ToDoubleSeconds(oldest_age));
              },
          .batch_time = [this] { return estimator.BatchWorthWaiting(context.clock->Now()); },
          .query_time = [this] { return estimator.QueryTakes(context.clock->Now()); }};
}

// Where a task waits already, it finds this sample, too. Without memory there is no measurement.
void Pipeline::Impl::MeasureRecall() {
  const auto measure = [this] {
    runner.recall().Run(bundle);
    return absl::OkStatus();
  };
  CatchToStatus("measuring recall", [&] {
    return recall_pool->Submit(
        [measure] { CatchToStatus("measuring recall", measure).IgnoreError(); });
  }).IgnoreError();
}

// Cheap checks first; nothing here depends on the number of pixels or items.
absl::Status Pipeline::Impl::Admit(InFlight* item) {
  if (draining.load(std::memory_order_acquire)) return QueueClosedError();
  item->result.bundle = bundle.Get();
  if (item->result.bundle == nullptr) {
    return WithReason(absl::UnavailableError("no bundle is loaded yet; try another replica"),
                      "no_bundle");
  }
  if (item->query.bundle_chosen) item->query.bundle_chosen(*item->result.bundle);
  LB_RETURN_IF_ERROR(CheckQuery(item->query, *item->result.bundle));
  LB_RETURN_IF_ERROR(ResolveVector(item));
  LB_RETURN_IF_ERROR(CheckDeadline(item->query));
  LB_RETURN_IF_ERROR(TakePlace(item));
  return item->query.kind == QueryKind::kImage ? TakeMemory(item) : absl::OkStatus();
}

absl::Status Pipeline::Impl::TakePlace(InFlight* item) {
  const absl::Status status = item->TakePlace();
  return status.ok() || !batcher->DropDead() ? status : item->TakePlace();
}

absl::Status Pipeline::Impl::TakeMemory(InFlight* item) {
  if (decode.TryTakeMemory(item) || (batcher->DropDead() && decode.TryTakeMemory(item))) {
    return absl::OkStatus();
  }
  return WithReason(absl::ResourceExhaustedError(absl::StrCat(
                        "the images inside leave too little of the ", context.image_memory->bytes(),
                        " bytes that all may take; try again later")),
                    "memory");
}

absl::Status Pipeline::Impl::CheckDeadline(const Query& query) {
  const auto check = [&] {
    return CheckTimeLeft(query, context.clock->Now(), inside.Now(), estimator);
  };
  const absl::Status status = check();
  return status.ok() || !batcher->DropDead() ? status : check();
}

absl::Status Pipeline::Impl::Dispatch(const InFlightPtr& item) {
  if (item->query.kind != QueryKind::kImage) return Enqueue(item);
  item->queued = context.clock->Now();
  batcher->Announce();
  // Withdraws with the task, whether it ran or was never taken in.
  std::shared_ptr<void> announced(nullptr, [this](void*) { batcher->Withdraw(); });
  const absl::Status status =
      decode_pool->Submit([this, item, announced = std::move(announced)]() mutable {
        Decode(item);
        announced.reset();
      });
  if (status.ok()) return status;
  return absl::IsUnavailable(status) ? QueueClosedError() : QueueFullError(options.decode_queue);
}

void Pipeline::Impl::Decode(const InFlightPtr& item) {
  const BusyThread busy(context.metrics, options.running, "decode");
  const absl::Status status = CatchToStatus("decoding", [&] {
    item->result.seconds.queue = absl::ToDoubleSeconds(context.clock->Now() - item->queued);
    return decode.Run(item.get()) ? Enqueue(item) : absl::OkStatus();
  });
  if (!status.ok() && !item->answered()) item->Fail(status);
}

absl::Status Pipeline::Impl::Enqueue(const InFlightPtr& item) {
  item->Decoded();
  item->queued = context.clock->Now();
  InFlightPtr queued = item;
  return batcher->Push(&queued, item->query.deadline, item->query.cancelled.get(),
                       item->query.kind == QueryKind::kImage);
}

absl::StatusOr<std::unique_ptr<Pipeline>> Pipeline::Create(std::string name,
                                                           const PipelineOptions& options,
                                                           ServerMetrics* metrics,
                                                           const Clock* clock) {
  auto impl = std::make_unique<Impl>(std::move(name), options, metrics, clock);
  LB_RETURN_IF_ERROR(impl->Start());
  return std::unique_ptr<Pipeline>(new Pipeline(std::move(impl)));
}

Pipeline::Pipeline(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Pipeline::~Pipeline() { Shutdown(); }

std::shared_ptr<const Bundle> Pipeline::bundle() const { return impl_->bundle.Get(); }

std::shared_ptr<const Bundle> Pipeline::SetBundle(std::shared_ptr<const Bundle> next) {
  return impl_->bundle.Swap(std::move(next));
}

void Pipeline::Submit(Query query, QueryDone done) {
  InFlightPtr item;
  absl::Status status = CatchToStatus("taking a query in", [&] {
    item = std::make_shared<InFlight>(std::move(query), std::move(done), &impl_->context);
    return absl::OkStatus();
  });
  // Only the memory for the object can be lacking, and then `done` was not moved.
  if (!status.ok()) return done(std::move(status));
  status = CatchToStatus("admitting a query", [&]() -> absl::Status {
    if (!item->MayStart(Stage::kDecode)) return absl::OkStatus();
    LB_RETURN_IF_ERROR(impl_->Admit(item.get()));
    return impl_->Dispatch(item);
  });
  if (!status.ok() && !item->answered()) item->Fail(std::move(status));
}

void Pipeline::Shutdown() {
  impl_->draining.store(true, std::memory_order_release);
  impl_->decode_pool->Shutdown();  // Its last images still reach the batcher.
  impl_->batcher->Shutdown();
  impl_->recall_pool->Shutdown();
}

}  // namespace lookbook
