// EmbedImageFile, declared in bundle.h.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "engine/bundle/bundle.h"
#include "engine/image/decode.h"
#include "engine/image/preprocess.h"
#include "tests/support/image_files.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

// Gives the tensor back as the embedding.
class EchoEmbedder : public Embedder {
 public:
  explicit EchoEmbedder(int image_size) : shape_{image_size, 3 * image_size * image_size, 0, 0} {}
  const ModelShape& shape() const override { return shape_; }
  absl::StatusOr<Embeddings> Embed(absl::Span<const float> images) const override {
    Embeddings result;
    result.n = 1;
    result.vectors.assign(images.begin(), images.end());
    return result;
  }
  int MaxBatch() const override { return 1; }
  absl::Status WarmUp() const override { return absl::OkStatus(); }

 private:
  ModelShape shape_;
};

Bundle MakeBundle(const PreprocessSpec& spec) {
  Bundle bundle;
  bundle.preprocess = spec;
  bundle.embedder = std::make_unique<EchoEmbedder>(spec.size);
  return bundle;
}

// The pixels as the definition says: decode with the spec's bounds, resize, normalise.
std::vector<float> Reference(const std::string& file, const PreprocessSpec& spec,
                             int min_short_side, bool orientation) {
  DecodeOptions options;
  options.min_short_side = min_short_side;
  options.apply_orientation = orientation;
  const auto decoded = DecodeImage(file, options);
  EXPECT_THAT(decoded, IsOk());
  const auto resized = ResizeForModel(decoded->image, spec);
  EXPECT_THAT(resized, IsOk());
  std::vector<float> tensor(3 * spec.size * spec.size);
  for (int c = 0; c < 3; ++c) {
    for (int i = 0; i < spec.size * spec.size; ++i) {
      tensor[c * spec.size * spec.size + i] =
          (resized->rgb[3 * i + c] / 255.0f - spec.mean[c]) / spec.std[c];
    }
  }
  return tensor;
}

double LargestGap(const std::vector<float>& a, const std::vector<float>& b) {
  EXPECT_EQ(a.size(), b.size());
  double gap = 0;
  for (size_t i = 0; i < a.size(); ++i) gap = std::max(gap, std::abs(double{a[i]} - b[i]));
  return gap;
}

TEST(EmbedImageFileTest, DecodesScaledAndUprightAsTheManifestSays) {
  PreprocessSpec spec;
  spec.size = 32;
  const std::string file = JpegWithOrientation(NoisyImage(640, 480), 6);
  LB_ASSERT_OK_AND_ASSIGN(const Embeddings result, EmbedImageFile(MakeBundle(spec), file));
  EXPECT_LT(LargestGap(result.vectors, Reference(file, spec, 64, true)), 1e-5);
  // The same with one step left out is something else: the comparison above can fail.
  EXPECT_GT(LargestGap(result.vectors, Reference(file, spec, 0, true)), 1e-3);
  EXPECT_GT(LargestGap(result.vectors, Reference(file, spec, 64, false)), 1e-3);
}

TEST(EmbedImageFileTest, FollowsOtherManifestsToo) {
  PreprocessSpec spec;
  spec.size = 32;
  spec.min_scale_factor = 0;
  spec.orientation = false;
  spec.resize = ResizeMode::kPad;
  spec.mean = {0.1f, 0.2f, 0.3f};
  const std::string file = JpegWithOrientation(NoisyImage(640, 480), 6);
  LB_ASSERT_OK_AND_ASSIGN(const Embeddings result, EmbedImageFile(MakeBundle(spec), file));
  EXPECT_LT(LargestGap(result.vectors, Reference(file, spec, 0, false)), 1e-5);
}

TEST(EmbedImageFileTest, BadImagesAreInvalidWithTheirReason) {
  const Bundle bundle = MakeBundle({});
  EXPECT_THAT(EmbedImageFile(bundle, ""), HasReason("empty_image"));
  EXPECT_THAT(EmbedImageFile(bundle, "GIF89a"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(EmbedImageFile(bundle, Cut(MakeJpeg(NoisyImage(200, 200)), 50)),
              HasReason("truncated"));
}

}  // namespace
}  // namespace lookbook
