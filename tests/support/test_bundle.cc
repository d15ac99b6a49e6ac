#include "tests/support/test_bundle.h"

#include <torch/script.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/exception_fence.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "engine/image/decode.h"
#include "engine/image/preprocess.h"
#include "engine/index/index_factory.h"
#include "engine/index/index_spec.h"
#include "tests/support/image_files.h"

namespace lookbook {
namespace {

// Weights whose sums over all inputs stay near 1 in size, so that sigmoids do not saturate.
std::vector<float> RandomWeights(int inputs, int outputs, std::mt19937_64* random) {
  std::vector<float> weights(static_cast<size_t>(inputs) * outputs);
  const double scale = 2 / std::sqrt(static_cast<double>(inputs));
  for (float& weight : weights) {
    weight =
        static_cast<float>(scale * (2 * (static_cast<double>((*random)() >> 11) * 0x1.0p-53) - 1));
  }
  return weights;
}

std::vector<double> Project(const std::vector<float>& x, const std::vector<float>& weights) {
  const size_t outputs = weights.size() / x.size();
  std::vector<double> sums(outputs);
  for (size_t i = 0; i < x.size(); ++i) {
    for (size_t j = 0; j < outputs; ++j) sums[j] += double{x[i]} * weights[i * outputs + j];
  }
  return sums;
}

std::vector<float> Sigmoid(const std::vector<double>& logits) {
  std::vector<float> scores;
  for (double logit : logits) scores.push_back(static_cast<float>(1 / (1 + std::exp(-logit))));
  return scores;
}

// What the model gets to see of an image file.
absl::StatusOr<std::vector<float>> Tensor(const std::string& file, const PreprocessSpec& spec) {
  DecodeOptions decode;
  decode.min_short_side = spec.MinDecodedSide();
  decode.apply_orientation = spec.orientation;
  LB_ASSIGN_OR_RETURN(const DecodedImage decoded, DecodeImage(file, decode));
  std::vector<float> tensor(spec.TensorSize());
  LB_RETURN_IF_ERROR(Preprocess(decoded.image, spec, absl::MakeSpan(tensor)));
  return tensor;
}

absl::StatusOr<GoldenCase> MakeCase(const TestModel& model, const TestBundleOptions& options,
                                    int index) {
  GoldenCase golden;
  golden.image = TestImageFile(index, options.image_size);
  golden.image_name = absl::StrCat(index, index % 3 == 2 ? ".png" : ".jpg");
  LB_ASSIGN_OR_RETURN(const PreprocessSpec spec,
                      ToPreprocessSpec(MakeTestManifest(options).preprocess()));
  LB_ASSIGN_OR_RETURN(const std::vector<float> tensor, Tensor(golden.image, spec));
  TestModel::Answer answer = model.Evaluate(tensor);
  golden.embedding = std::move(answer.embedding);
  golden.scores = std::move(answer.scores);
  golden.attribute_scores = std::move(answer.attribute_scores);
  return golden;
}

}  // namespace

TestModel::TestModel(const TestBundleOptions& options)
    : options_(options), inputs_(3 * options.image_size * options.image_size) {
  std::mt19937_64 random(options.seed + 100);
  embedding_ = RandomWeights(inputs_, options.dim, &random);
  classes_ = RandomWeights(inputs_, options.classes, &random);
  if (options.scores_attributes) attributes_ = RandomWeights(inputs_, options.attributes, &random);
}

void TestModel::Save(const std::string& path) const {
  torch::jit::Module module(c10::QualifiedName("__torch__.lookbook.TestModel"));
  const auto add = [&](const char* name, const std::vector<float>& weights) {
    const int64_t outputs = static_cast<int64_t>(weights.size()) / inputs_;
    module.register_parameter(name, torch::tensor(weights).reshape({inputs_, outputs}),
                              /*is_buffer=*/false);
  };
  add("embedding", embedding_);
  add("classes", classes_);
  if (options_.scores_attributes) add("attributes", attributes_);
  const char* attribute_type = options_.scores_attributes ? ", Tensor" : "";
  const char* attribute_value =
      options_.scores_attributes ? ", torch.sigmoid(torch.matmul(x, self.attributes))" : "";
  module.define(absl::StrCat("def forward(self, images: Tensor) -> Tuple[Tensor, Tensor",
                             attribute_type, R"(]:
    x = torch.flatten(images, 1)
    e = torch.matmul(x, self.embedding)
    e = torch.div(e, torch.clamp_min(torch.norm(e, 2, [1], True), 1e-12))
    return (e, torch.sigmoid(torch.matmul(x, self.classes)))",
                             attribute_value, ")\n"));
  module.eval();
  module.save(path);
}

TestModel::Answer TestModel::Evaluate(const std::vector<float>& tensor) const {
  Answer answer;
  const std::vector<double> projected = Project(tensor, embedding_);
  double squares = 0;
  for (double value : projected) squares += value * value;
  for (double value : projected)
    answer.embedding.push_back(static_cast<float>(value / std::sqrt(squares)));
  answer.scores = Sigmoid(Project(tensor, classes_));
  if (options_.scores_attributes) answer.attribute_scores = Sigmoid(Project(tensor, attributes_));
  return answer;
}

std::string TestImageFile(int index, int image_size) {
  const int side =
      8 * image_size + 3 * index;  // Reduced by 4: the short side stays above twice the input.
  const Image image = NoisyImage(side + 17, side, static_cast<uint32_t>(index + 1));
  if (index % 3 == 0) return MakeJpeg(image);
  if (index % 3 == 1) return JpegWithOrientation(image, 6);
  return MakePng(NoisyImage(2 * image_size + index, image_size, static_cast<uint32_t>(index + 1)));
}

absl::StatusOr<TestBundle> WriteTestBundle(const std::string& root,
                                           const TestBundleOptions& options) {
  const TestModel model(options);
  std::mt19937_64 random(options.seed + 1);
  TestBundle bundle;
  bundle.root = root;
  bundle.items = MakeTestItems(options);
  bundle.vectors = RandomUnitVectors(options.items, options.dim, &random);
  for (int row = 0; row < options.items; ++row) {
    bundle.thumbnails.push_back(MakeJpeg(NoisyImage(32, 32, static_cast<uint32_t>(row + 1))));
  }
  for (int i = 0; i < options.golden_cases; ++i) {
    LB_ASSIGN_OR_RETURN(bundle.golden.emplace_back(), MakeCase(model, options, i));
    std::copy(bundle.golden[i].embedding.begin(), bundle.golden[i].embedding.end(),
              bundle.vectors.begin() + i * options.dim);
  }
  LB_ASSIGN_OR_RETURN(auto writer, BundleWriter::Create(root));
  LB_RETURN_IF_ERROR(CatchToStatus("write the test model", [&]() -> absl::Status {
    model.Save(JoinPath(writer->directory(), kModelFile));
    return absl::OkStatus();
  }));
  LB_ASSIGN_OR_RETURN(const IndexSpec spec, ParseIndexSpec(options.index));
  LB_ASSIGN_OR_RETURN(const auto index, BuildIndex(spec, options.dim, bundle.vectors));
  LB_RETURN_IF_ERROR(index->Save(JoinPath(writer->directory(), kIndexFile)));
  for (int row = 0; row < options.items; ++row) {
    LB_ASSIGN_OR_RETURN(const std::vector<float> stored, index->Vector(row));
    std::copy(stored.begin(), stored.end(), bundle.vectors.begin() + row * options.dim);
  }
  for (GoldenCase& golden : bundle.golden) {
    golden.top = TestNeighbors(bundle.items, bundle.vectors, golden.embedding, kGoldenTop);
  }
  LB_RETURN_IF_ERROR(PublishTestBundle(options, writer.get(), &bundle));
  return bundle;
}

}  // namespace lookbook
