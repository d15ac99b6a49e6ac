#include "tests/bench/serving/bench_bundle.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "engine/bundle/bundle_writer.h"
#include "engine/bundle/golden.h"
#include "engine/bundle/items.h"
#include "engine/image/decode.h"
#include "engine/image/preprocess.h"
#include "engine/index/index_factory.h"
#include "models/export/torchscript_export.h"
#include "models/nn/embedder_net.h"

namespace lookbook {
namespace {

constexpr int kClasses = 46;  // As iMaterialist 2020.
constexpr size_t kSettlePictures = 32;

std::vector<float> RandomUnitRows(int64_t rows, int dim) {
  std::mt19937_64 random(7);
  std::normal_distribution<float> normal;
  std::vector<float> values(rows * dim);
  for (int64_t row = 0; row < rows; ++row) {
    double sum = 0;
    for (int i = 0; i < dim; ++i) {
      const float value = values[row * dim + i] = normal(random);
      sum += double{value} * value;
    }
    for (int i = 0; i < dim; ++i) values[row * dim + i] /= static_cast<float>(std::sqrt(sum));
  }
  return values;
}

std::string ItemId(int64_t row) { return absl::StrCat("item", row); }

absl::Status WriteItems(const std::string& path, int64_t count) {
  LB_ASSIGN_OR_RETURN(auto writer, ItemWriter::Create(path));
  for (int64_t row = 0; row < count; ++row) {
    const auto label = static_cast<uint32_t>(row % kClasses);
    LB_RETURN_IF_ERROR(writer->Add({.id = ItemId(row),
                                    .class_ids = {label},
                                    .attribute_ids = {},
                                    .uri = absl::StrCat("bench://", row),
                                    .split = "train"},
                                   ""));
  }
  return writer->Finish();
}

std::vector<float> ToVector(const torch::Tensor& tensor) {
  const torch::Tensor flat = tensor.to(torch::kFloat32).contiguous();
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

// float32[1, 3, size, size] of a JPEG file's bytes.
absl::StatusOr<torch::Tensor> ModelInput(const std::string& jpeg, const PreprocessSpec& spec) {
  LB_ASSIGN_OR_RETURN(const DecodedImage decoded,
                      DecodeImage(jpeg, {.min_short_side = spec.MinDecodedSide()}));
  torch::Tensor input = torch::empty({1, 3, spec.size, spec.size});
  LB_RETURN_IF_ERROR(
      Preprocess(decoded.image, spec,
                 absl::MakeSpan(input.data_ptr<float>(), static_cast<size_t>(spec.TensorSize()))));
  return input;
}

// From now on a batch norm's first pass replaces its statistics instead of moving them a tenth: of
// pictures that random weights hardly tell apart, a remainder of the old mean would be all that is
// seen.
void TakeWholeStatistics(torch::nn::Module& net) {
  for (const auto& module : net.modules()) {
    if (auto* norm = module->as<torch::nn::BatchNorm1d>()) norm->options.momentum(std::nullopt);
    if (auto* norm = module->as<torch::nn::BatchNorm2d>()) norm->options.momentum(std::nullopt);
  }
}

// Batch norms take the statistics of these pictures: after others, an embedding of random weights
// would be the same for all of them, and so would every answer.
absl::Status SettleOnPictures(EmbedderNet& net, const PreprocessSpec& spec,
                              const std::vector<std::string>& paths) {
  std::vector<torch::Tensor> inputs;
  for (const std::string& path : paths) {
    if (inputs.size() == kSettlePictures) break;
    LB_ASSIGN_OR_RETURN(const std::string jpeg, ReadFile(path));
    LB_ASSIGN_OR_RETURN(torch::Tensor input, ModelInput(jpeg, spec));
    inputs.push_back(std::move(input));
  }
  TakeWholeStatistics(*net);
  const torch::NoGradGuard no_gradients;
  net->train();
  net->forward(torch::cat(inputs));
  net->eval();
  return absl::OkStatus();
}

absl::StatusOr<GoldenCase> MakeCase(EmbedderNet& net, const VectorIndex& index,
                                    const PreprocessSpec& spec, const std::string& path,
                                    int number) {
  GoldenCase golden;
  golden.image_name = absl::StrCat(number, ".jpg");
  LB_ASSIGN_OR_RETURN(golden.image, ReadFile(path));
  LB_ASSIGN_OR_RETURN(const torch::Tensor input, ModelInput(golden.image, spec));
  torch::NoGradGuard no_grad;
  const NetworkOutput out = net->forward(input);
  golden.embedding = ToVector(out.embedding[0]);
  golden.scores = ToVector(torch::sigmoid(out.logits[0]));
  LB_ASSIGN_OR_RETURN(auto found, index.Search(golden.embedding, {{.top_k = kGoldenTop}}));
  for (const Neighbor& neighbor : found[0])
    golden.top.push_back({ItemId(neighbor.row), neighbor.similarity});
  return golden;
}

Manifest MakeManifest(const BenchBundleOptions& options, const PreprocessSpec& spec, int dim) {
  Manifest manifest;
  manifest.set_recipe("bench");
  manifest.set_backbone(options.backbone);
  *manifest.mutable_preprocess() = ToProto(spec);
  manifest.set_embedding_dim(dim);
  manifest.set_metric("inner_product");
  for (int c = 0; c < kClasses; ++c) {
    auto* entry = manifest.add_classes();
    entry->set_id(c);
    entry->set_name(absl::StrCat("class ", c));
    entry->set_threshold(0.5f);
    entry->set_support(options.items / kClasses);
  }
  manifest.mutable_index()->set_spec("Flat");
  manifest.mutable_index()->set_file("index.faiss");
  manifest.set_item_count(options.items);
  return manifest;
}

}  // namespace

absl::Status MakeBenchBundle(const BenchBundleOptions& options) {
  torch::manual_seed(7);
  LB_ASSIGN_OR_RETURN(EmbedderNet net, MakeNetwork({.backbone = options.backbone,
                                                    .classes = kClasses,
                                                    .embedding_dim = options.embedding_dim}));
  const PreprocessSpec spec = {.size = options.image_size};
  LB_RETURN_IF_ERROR(SettleOnPictures(net, spec, options.images));
  LB_ASSIGN_OR_RETURN(auto writer, BundleWriter::Create(options.root));
  LB_RETURN_IF_ERROR(ExportTorchScript(net, spec.size, JoinPath(writer->directory(), "model.ts")));
  LB_ASSIGN_OR_RETURN(auto index,
                      BuildIndex({}, net->dim(), RandomUnitRows(options.items, net->dim())));
  LB_RETURN_IF_ERROR(index->Save(JoinPath(writer->directory(), "index.faiss")));
  LB_RETURN_IF_ERROR(WriteItems(JoinPath(writer->directory(), "items.sqlite"), options.items));
  std::vector<GoldenCase> cases;
  const int count = static_cast<int>(std::min<size_t>(options.images.size(), 8));
  for (int i = 0; i < count; ++i) {
    LB_ASSIGN_OR_RETURN(GoldenCase golden, MakeCase(net, *index, spec, options.images[i], i));
    cases.push_back(std::move(golden));
  }
  LB_RETURN_IF_ERROR(WriteGolden(writer->directory(), cases));
  return writer->Publish(MakeManifest(options, spec, net->dim()), absl::Now(), /*activate=*/true)
      .status();
}

}  // namespace lookbook
