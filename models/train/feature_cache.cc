#include "models/train/feature_cache.h"

#include <torch/utils.h>

#include <optional>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "base/exception_fence.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "models/dataset/loader.h"
#include "models/dataset/prepared_images.h"
#include "models/train/tensor_file.h"

namespace lookbook {
namespace {

constexpr int kBatch = 64;
constexpr char kFeatures[] = "features";

// A hash of everything that decides a feature.
std::string KeyOf(const EmbedderNetImpl& net, const TrainingSet& set) {
  std::map<std::string, torch::Tensor> tensors;
  CollectTensors(net, "", &tensors);
  Sha256 hash;
  for (const auto& [name, tensor] : tensors) {
    if (!net.IsBackbone(name)) continue;
    hash.Update(name);
    hash.Update({static_cast<const char*>(tensor.data_ptr()), tensor.nbytes()});
  }
  hash.Update(absl::StrCat(PixelsKey(set.data, set.spec), " ",
                           Sha256Hex(SplitToJson(set.split, set.data))));
  return hash.HexDigest();
}

absl::StatusOr<torch::Tensor> Compute(EmbedderNet net, const TrainingSet& set, int workers) {
  std::vector<int64_t> rows = set.split.train;
  rows.insert(rows.end(), set.split.validation.begin(), set.split.validation.end());
  LoaderOptions options;
  options.batch_size = kBatch;
  options.shuffle = false;
  options.drop_last = false;
  options.workers = workers;
  options.device = net->parameters().front().device();
  LB_ASSIGN_OR_RETURN(const std::unique_ptr<Loader> loader,
                      Loader::Create(set.data, set.cache, set.spec, std::move(rows), options));
  torch::NoGradGuard no_grad;
  const bool was_training = net->is_training();
  const absl::Cleanup restore = [&] { net->train(was_training); };
  net->eval();
  torch::Tensor out =
      torch::zeros({static_cast<int64_t>(set.data.images.size()), net->feature_dim()});
  loader->StartEpoch(0);
  while (const std::optional<Batch> batch = loader->Next()) {
    out.index_copy_(
        0, torch::tensor(batch->rows),
        net->Features(batch->images.contiguous(torch::MemoryFormat::ChannelsLast)).to(torch::kCPU));
  }
  LB_RETURN_IF_ERROR(loader->status());
  return out;
}

FeatureSet Measured(torch::Tensor features, const std::vector<int64_t>& train) {
  const torch::Tensor rows = features.index_select(0, torch::tensor(train));
  const torch::Tensor deviation = rows.std(0, /*unbiased=*/false);
  // Against the largest: a random MobileNetV2's features are about 1e-7 long, and all of them vary.
  const torch::Tensor least = 1e-6 * deviation.max();
  return {std::move(features), rows.mean(0),
          torch::where(deviation > least, deviation, torch::ones_like(deviation))};
}

}  // namespace

absl::StatusOr<FeatureSet> CachedFeatures(const std::string& path, EmbedderNet net,
                                          const TrainingSet& set, int workers) {
  return CatchToStatus("features", [&]() -> absl::StatusOr<FeatureSet> {
    const std::string key = KeyOf(*net, set);
    const absl::StatusOr<TensorFile> kept = ReadTensorFile(path);
    if (kept.ok() && kept->text == key && kept->tensors.contains(kFeatures))
      return Measured(kept->tensors.at(kFeatures), set.split.train);
    LB_ASSIGN_OR_RETURN(torch::Tensor features, Compute(std::move(net), set, workers));
    LB_RETURN_IF_ERROR(WriteTensorFile(path, {.text = key, .tensors = {{kFeatures, features}}}));
    return Measured(std::move(features), set.split.train);
  });
}

}  // namespace lookbook
