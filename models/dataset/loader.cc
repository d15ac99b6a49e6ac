#include "models/dataset/loader.h"

#include <ATen/Parallel.h>
#include <omp.h>

#include <algorithm>
#include <cassert>
#include <map>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/exception_fence.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "base/thread_pool.h"
#include "models/dataset/augment_draw.h"
#include "models/dataset/device_copy.h"
#include "models/dataset/random.h"
#include "models/dataset/view_maker.h"

namespace lookbook {
namespace {

// Different purposes, unrelated random numbers.
constexpr uint64_t kOrderStream = 1, kPixelStream = 2, kSecondViewStream = 3,
                   kUncroppedStream = 6;  // 4 and 5: pair_sampler.cc and the trainer.

// What leaves a picture whole and its top on top.
AugmentRecipe Uncropped(AugmentRecipe augment) {
  augment.crop_scale_min = augment.crop_scale_max = 1;
  augment.erase = augment.rotate_degrees = 0;
  return augment;
}

// The back end that the options ask for.
std::unique_ptr<ViewMaker> MakeViews(const ImageCache& cache, const PreprocessSpec& spec,
                                     const LoaderOptions& options, const AugmentRecipe& augment) {
  if (augment.backend != "batch") return MakeImageViews(cache, spec, augment);
  std::shared_ptr<const DevicePixels> pixels = options.pixels;
  if (pixels == nullptr) pixels = DevicePixels::Create(cache, options.device, /*most_bytes=*/0);
  return MakeBatchViews(std::move(pixels), spec, augment, options.device);
}

// The calling thread's tensor operations stay in it: workers are parallel over batches. torch sets
// a thread's number at its first use.
void UseOneNumericThread() {
  at::get_num_threads();
  omp_set_num_threads(1);
}

absl::Status CheckPositive(const char* name, int64_t value) {
  if (value >= 1) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("loader: ", name, " ", value, " must be at least 1"));
}

// A column outside its matrix would be written outside its memory.
absl::Status CheckColumns(const char* what, const std::vector<int>& columns, size_t count) {
  for (int column : columns) {
    if (column >= 0 && column < static_cast<int64_t>(count)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("loader: ", what, " column ", column, " is not among ", count));
  }
  return absl::OkStatus();
}

absl::Status CheckArguments(const FashionData& data, const ImageCache& cache,
                            const PreprocessSpec& spec, const std::vector<int64_t>& rows,
                            const LoaderOptions& options) {
  LB_RETURN_IF_ERROR(CheckPositive("batch_size", options.batch_size));
  LB_RETURN_IF_ERROR(CheckPositive("workers", options.workers));
  LB_RETURN_IF_ERROR(CheckPositive("prefetch", options.prefetch));
  if (options.views != 1 && options.views != 2) {
    return absl::InvalidArgumentError(
        absl::StrCat("loader: views ", options.views, " is neither 1 nor 2"));
  }
  LB_RETURN_IF_ERROR(CheckAugment(options.augment));
  const auto images = static_cast<int64_t>(data.images.size());
  if (cache.size() != images || cache.side() != spec.size) {
    return absl::InvalidArgumentError(
        absl::StrCat("loader: the cache holds ", cache.size(), " images of side ", cache.side(),
                     ", the data set has ", images, " and the model wants side ", spec.size));
  }
  if (options.features.defined() &&
      (options.features.dim() != 2 || options.features.size(0) != images)) {
    return absl::InvalidArgumentError(absl::StrCat("loader: features of ", options.features.size(0),
                                                   " images, the data set has ", images));
  }
  for (int64_t row : rows) {
    if (row < 0 || row >= images) {
      return absl::InvalidArgumentError(
          absl::StrCat("loader: row ", row, " is not among ", images, " images"));
    }
    const ImageRecord& image = data.images[row];
    LB_RETURN_IF_ERROR(CheckColumns("class", image.classes, data.labels.classes.size()));
    LB_RETURN_IF_ERROR(CheckColumns("attribute", image.attributes, data.labels.attributes.size()));
  }
  const auto count = static_cast<int64_t>(rows.size());
  if (count == 0 || (options.drop_last && count < options.batch_size)) {
    return absl::InvalidArgumentError(
        absl::StrCat("loader: ", count, " images make no batch of ", options.batch_size));
  }
  return absl::OkStatus();
}

}  // namespace

// `batches` counts from 0 in an epoch. A batch is made whole by one worker; Next() hands them out
// in order.
struct Loader::Impl {
  Impl(const FashionData& data_set, const ImageCache& image_cache, const PreprocessSpec& preprocess,
       std::vector<int64_t> row_list, LoaderOptions loader_options)
      : data(data_set),
        cache(image_cache),
        spec(preprocess),
        rows(std::move(row_list)),
        options(std::move(loader_options)),
        views(MakeViews(cache, spec, options, options.augment)),
        whole(options.uncropped ? MakeViews(cache, spec, options, Uncropped(options.augment))
                                : nullptr) {}

  absl::Status StartWorkers();
  void StopWorkers();
  void Work(int index);
  absl::StatusOr<torch::Tensor> MakeView(const ViewMaker& maker,
                                         absl::Span<const int64_t> batch_rows, uint64_t stream,
                                         int64_t of_epoch) const;
  absl::Status MakeImages(absl::Span<const int64_t> batch_rows, int64_t of_epoch,
                          Batch* batch) const;
  absl::StatusOr<Batch> Make(absl::Span<const int64_t> batch_rows, int64_t of_epoch) const;
  void FillTargets(Batch* batch) const;
  std::vector<int64_t> Order(int64_t of_epoch) const;
  int64_t BatchCount() const;
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  const FashionData& data;
  const ImageCache& cache;
  const PreprocessSpec spec;
  const std::vector<int64_t> rows;
  const LoaderOptions options;
  const std::unique_ptr<const ViewMaker> views;
  const std::unique_ptr<const ViewMaker> whole;  // Of Batch::uncropped, where that is asked for.

  mutable Mutex mutex;
  CondVar work;   // Something to make, or stopping.
  CondVar ready;  // A batch, or a failure.
  bool stopping ABSL_GUARDED_BY(mutex) = false;
  int64_t generation ABSL_GUARDED_BY(mutex) =
      0;  // Counts StartEpoch() calls: older work is thrown away.
  int64_t epoch ABSL_GUARDED_BY(mutex) = 0;
  int64_t to_make ABSL_GUARDED_BY(mutex) = 0;  // Next batch to begin.
  int64_t to_give ABSL_GUARDED_BY(mutex) = 0;  // Next batch to hand out.
  int64_t end ABSL_GUARDED_BY(mutex) = 0;      // Batches in the epoch; 0 before the first.
  std::shared_ptr<const std::vector<int64_t>> order ABSL_GUARDED_BY(mutex);
  std::map<int64_t, Batch> made ABSL_GUARDED_BY(mutex);
  absl::Status failure ABSL_GUARDED_BY(mutex);
  std::vector<std::thread> threads;
};

absl::Status Loader::Impl::StartWorkers() {
  try {
    for (int i = 0; i < options.workers; ++i) {
      threads.emplace_back([this, i] { Work(i); });
    }
  } catch (const std::system_error& e) {
    return absl::ResourceExhaustedError(absl::StrCat("loader: ", e.what()));
  }
  return absl::OkStatus();
}

void Loader::Impl::StopWorkers() {
  {
    MutexLock lock(&mutex);
    stopping = true;
  }
  work.NotifyAll();
  for (std::thread& thread : threads) thread.join();
  threads.clear();
}

bool Loader::Impl::HasWork() const {
  return failure.ok() && to_make < end && to_make < to_give + options.prefetch;
}

void Loader::Impl::Work(int index) {
  SetThreadName(absl::StrCat("loader-", index));
  UseOneNumericThread();
  while (true) {
    int64_t batch_index = 0, of_generation = 0, of_epoch = 0;
    std::shared_ptr<const std::vector<int64_t>> of_order;
    {
      MutexLock lock(&mutex);
      while (!stopping && !HasWork()) work.Wait(&mutex);
      if (stopping) return;
      batch_index = to_make++;
      of_generation = generation;
      of_epoch = epoch;
      of_order = order;
    }
    const absl::Span<const int64_t> batch_rows = absl::MakeConstSpan(*of_order).subspan(
        batch_index * options.batch_size, options.batch_size);
    absl::StatusOr<Batch> batch =
        CatchToStatus("loader", [&] { return Make(batch_rows, of_epoch); });
    {
      MutexLock lock(&mutex);
      if (of_generation != generation) continue;
      if (batch.ok()) {
        made.emplace(batch_index, *std::move(batch));
      } else {
        failure = batch.status();
      }
    }
    ready.NotifyAll();
  }
}

absl::StatusOr<torch::Tensor> Loader::Impl::MakeView(const ViewMaker& maker,
                                                     absl::Span<const int64_t> batch_rows,
                                                     uint64_t stream, int64_t of_epoch) const {
  std::vector<uint64_t> seeds;
  for (const int64_t row : batch_rows) {
    seeds.push_back(MixSeed({static_cast<uint64_t>(options.seed), stream,
                             static_cast<uint64_t>(of_epoch), static_cast<uint64_t>(row)}));
  }
  LB_ASSIGN_OR_RETURN(const torch::Tensor images, maker.Make(batch_rows, seeds));
  return images.is_cpu() ? CopyTo(images, options.device) : images;
}

absl::Status Loader::Impl::MakeImages(absl::Span<const int64_t> batch_rows, int64_t of_epoch,
                                      Batch* batch) const {
  LB_ASSIGN_OR_RETURN(batch->images, MakeView(*views, batch_rows, kPixelStream, of_epoch));
  if (options.views == 2) {
    LB_ASSIGN_OR_RETURN(batch->second_view,
                        MakeView(*views, batch_rows, kSecondViewStream, of_epoch));
  }
  if (whole != nullptr) {
    const auto half = batch_rows.subspan(0, (batch_rows.size() + 1) / 2);
    LB_ASSIGN_OR_RETURN(batch->uncropped, MakeView(*whole, half, kUncroppedStream, of_epoch));
  }
  return absl::OkStatus();
}

absl::StatusOr<Batch> Loader::Impl::Make(absl::Span<const int64_t> batch_rows,
                                         int64_t of_epoch) const {
  Batch batch;
  batch.rows.assign(batch_rows.begin(), batch_rows.end());
  if (options.features.defined()) {
    batch.features =
        CopyTo(options.features.index_select(0, torch::tensor(batch.rows)), options.device);
  } else {
    LB_RETURN_IF_ERROR(MakeImages(batch_rows, of_epoch, &batch));
  }
  FillTargets(&batch);
  for (torch::Tensor* tensor : {&batch.targets, &batch.attribute_targets, &batch.attribute_mask}) {
    *tensor = CopyTo(*tensor, options.device);
  }
  return batch;
}

void Loader::Impl::FillTargets(Batch* batch) const {
  const auto count = static_cast<int64_t>(batch->rows.size());
  const auto classes = static_cast<int64_t>(data.labels.classes.size());
  const auto attributes = static_cast<int64_t>(data.labels.attributes.size());
  batch->targets = torch::zeros({count, classes});
  batch->attribute_targets = torch::zeros({count, attributes});
  batch->attribute_mask = torch::zeros({count, 1});
  float* target = batch->targets.data_ptr<float>();
  float* attribute = batch->attribute_targets.data_ptr<float>();
  float* mask = batch->attribute_mask.data_ptr<float>();
  for (int64_t i = 0; i < count; ++i) {
    const ImageRecord& image = data.images[batch->rows[i]];
    for (int column : image.classes) target[i * classes + column] = 1;
    for (int column : image.attributes) attribute[i * attributes + column] = 1;
    mask[i] = image.attributes_known ? 1 : 0;
  }
}

std::vector<int64_t> Loader::Impl::Order(int64_t of_epoch) const {
  if (options.order) return options.order(of_epoch);
  std::vector<int64_t> shuffled = rows;
  if (options.shuffle) {
    Random random(MixSeed(
        {static_cast<uint64_t>(options.seed), kOrderStream, static_cast<uint64_t>(of_epoch)}));
    random.Shuffle(&shuffled);
  }
  return shuffled;
}

int64_t Loader::Impl::BatchCount() const {
  const auto count = static_cast<int64_t>(rows.size());
  return options.drop_last ? count / options.batch_size
                           : (count + options.batch_size - 1) / options.batch_size;
}

absl::StatusOr<std::unique_ptr<Loader>> Loader::Create(const FashionData& data,
                                                       const ImageCache& cache,
                                                       const PreprocessSpec& spec,
                                                       std::vector<int64_t> rows,
                                                       LoaderOptions options) {
  LB_RETURN_IF_ERROR(CheckArguments(data, cache, spec, rows, options));
  auto impl = std::make_unique<Impl>(data, cache, spec, std::move(rows), std::move(options));
  auto loader = std::unique_ptr<Loader>(new Loader(std::move(impl)));
  LB_RETURN_IF_ERROR(loader->impl_->StartWorkers());
  return loader;
}

Loader::Loader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Loader::~Loader() { impl_->StopWorkers(); }

void Loader::StartEpoch(int64_t epoch, int64_t first_batch) {
  assert(first_batch >= 0);
  auto order = std::make_shared<const std::vector<int64_t>>(impl_->Order(epoch));
  std::map<int64_t, Batch> old;  // Freed after the lock.
  {
    MutexLock lock(&impl_->mutex);
    ++impl_->generation;
    impl_->epoch = epoch;
    impl_->order = std::move(order);
    impl_->end = impl_->BatchCount();
    impl_->to_make = impl_->to_give = first_batch;
    impl_->made.swap(old);
  }
  impl_->work.NotifyAll();
}

std::optional<Batch> Loader::Next() {
  std::optional<Batch> batch;
  {
    MutexLock lock(&impl_->mutex);
    if (impl_->to_give >= impl_->end) return std::nullopt;
    while (impl_->failure.ok() && !impl_->made.contains(impl_->to_give))
      impl_->ready.Wait(&impl_->mutex);
    if (!impl_->failure.ok()) return std::nullopt;
    batch = std::move(impl_->made.extract(impl_->to_give).mapped());
    ++impl_->to_give;
  }
  impl_->work.NotifyOne();
  return batch;
}

absl::Status Loader::status() const {
  MutexLock lock(&impl_->mutex);
  return impl_->failure;
}

int64_t Loader::batches_per_epoch() const { return impl_->BatchCount(); }

}  // namespace lookbook
