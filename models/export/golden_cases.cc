#include "models/export/golden_cases.h"

#include <torch/utils.h>

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/exception_fence.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "engine/image/decode.h"
#include "engine/image/thumbnail.h"
#include "models/export/golden_images.h"

namespace lookbook {
namespace {

struct NamedFile {
  std::string name;
  std::string bytes;
};

constexpr int kLongestInSizes = 4;  // Of a source, in sides of the network's input.

// What an ordinary viewer shows, made smaller where it is a real photo. The made-up files below
// must stay under the limit of an image file (16 MiB), which a PNG of 3000 × 3000 does not.
absl::StatusOr<Image> SourceImage(const std::string& bytes, const PreprocessSpec& spec) {
  LB_ASSIGN_OR_RETURN(const DecodedImage decoded, DecodeImage(bytes, {}));
  return ShrinkToFit(decoded.image, kLongestInSizes * spec.size);
}

absl::StatusOr<std::vector<NamedFile>> MakeFiles(absl::Span<const std::string> paths,
                                                 const PreprocessSpec& spec) {
  std::vector<std::string> originals;
  std::vector<Image> images;
  for (size_t i = 0; i < 8; ++i) {
    LB_ASSIGN_OR_RETURN(std::string bytes, ReadFile(paths[i % paths.size()]));
    LB_ASSIGN_OR_RETURN(Image image, SourceImage(bytes, spec));
    originals.push_back(std::move(bytes));
    images.push_back(std::move(image));
  }
  std::vector<NamedFile> files;
  const auto add = [&files](const char* name, absl::StatusOr<std::string> bytes) -> absl::Status {
    LB_RETURN_IF_ERROR(bytes.status());
    files.push_back({name, *std::move(bytes)});
    return absl::OkStatus();
  };
  for (int i : {0, 1}) {
    const bool png = absl::StartsWith(originals[i], "\x89PNG");
    LB_RETURN_IF_ERROR(
        add(absl::StrCat(i, png ? "-original.png" : "-original.jpg").c_str(), originals[i]));
  }
  // Decoded at 1/4 twice and at 1/2 once where the factor is 2, its default. Not 8 times the input:
  // a pixel of it would be the mean of one JPEG block, which is the same at every scale.
  LB_RETURN_IF_ERROR(
      add("2-large.jpg", LargeTexturedJpeg(images[2], std::min(9 * spec.size, 4096), 4)));
  LB_RETURN_IF_ERROR(
      add("3-large.jpg", LargeTexturedJpeg(images[3], std::min(10 * spec.size, 4096), 4)));
  LB_RETURN_IF_ERROR(add("4-large.jpg", LargeTexturedJpeg(images[4], 5 * spec.size, 2)));
  LB_RETURN_IF_ERROR(add("5-turned.jpg", OrientedJpeg(images[5], 6)));
  LB_RETURN_IF_ERROR(add("6-turned.jpg", OrientedJpeg(images[6], 3)));
  LB_RETURN_IF_ERROR(add("7-translucent.png", TranslucentPng(images[7])));
  return files;
}

std::vector<float> Values(const torch::Tensor& tensor) {
  const torch::Tensor values = tensor.to(torch::kFloat32).contiguous();
  return {values.data_ptr<float>(), values.data_ptr<float>() + values.numel()};
}

// The served form of an image file, through the training network.
absl::Status Ask(EmbedderNet& net, const PreprocessSpec& spec, GoldenCase* golden) {
  DecodeOptions options;
  options.min_short_side = spec.MinDecodedSide();
  options.apply_orientation = spec.orientation;
  LB_ASSIGN_OR_RETURN(const DecodedImage decoded, DecodeImage(golden->image, options));
  std::vector<float> pixels(spec.TensorSize());
  LB_RETURN_IF_ERROR(Preprocess(decoded.image, spec, absl::MakeSpan(pixels)));
  const torch::Tensor images = torch::from_blob(pixels.data(), {1, 3, spec.size, spec.size});
  const NetworkOutput output = net->forward(images);
  golden->embedding = Values(output.embedding);
  golden->scores = Values(torch::sigmoid(output.logits));
  if (output.attribute_logits.defined())
    golden->attribute_scores = Values(torch::sigmoid(output.attribute_logits));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<GoldenCase>> MakeGoldenCases(
    EmbedderNet net, const PreprocessSpec& spec, absl::Span<const std::string> paths,
    const VectorIndex& index, const std::function<std::string(int64_t row)>& item_id) {
  if (paths.empty()) return absl::InvalidArgumentError("golden cases: no image file");
  return CatchToStatus("golden cases", [&]() -> absl::StatusOr<std::vector<GoldenCase>> {
    torch::NoGradGuard no_grad;
    net->eval();
    LB_ASSIGN_OR_RETURN(std::vector<NamedFile> files, MakeFiles(paths, spec));
    std::vector<GoldenCase> cases;
    for (NamedFile& file : files) {
      GoldenCase golden{.image_name = std::move(file.name), .image = std::move(file.bytes)};
      LB_RETURN_IF_ERROR(Ask(net, spec, &golden));
      const QueryOptions query{.top_k = kGoldenTop, .exact = true};
      LB_ASSIGN_OR_RETURN(const auto found,
                          index.Search(golden.embedding, absl::MakeConstSpan(&query, 1)));
      for (const Neighbor& neighbor : found[0])
        golden.top.push_back({item_id(neighbor.row), neighbor.similarity});
      cases.push_back(std::move(golden));
    }
    return cases;
  });
}

}  // namespace lookbook
