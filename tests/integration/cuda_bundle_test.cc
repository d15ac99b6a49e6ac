// A whole bundle on a CUDA device: its golden self-test passes there, and its answers are the
// CPU's.
#include <memory>
#include <vector>

#include "engine/bundle/bundle.h"
#include "tests/engine/cuda/cuda_backend.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_bundle.h"

namespace lookbook {
namespace {

class CudaBundle : public ::testing::TestWithParam<Precision> {};

TEST_P(CudaBundle, AnswersAsOnTheCpu) {
  LB_SKIP_WITHOUT_CUDA();
  const TempDir folder;
  LB_ASSERT_OK_AND_ASSIGN(const TestBundle written, WriteTestBundle(folder.path()));
  CudaOptions cuda;
  cuda.precision = GetParam();
  LB_ASSERT_OK_AND_ASSIGN(const auto cpu, OpenBundle(written.directory, {.max_batch = 4}));
  LB_ASSERT_OK_AND_ASSIGN(
      const auto device, OpenBundle(written.directory, {.max_batch = 4, .device = MakeCuda(cuda)}));
  for (int i = 0; i < 6; ++i) {
    const std::string file = TestImageFile(i, cpu->preprocess.size);
    LB_ASSERT_OK_AND_ASSIGN(const Embeddings expected, EmbedImageFile(*cpu, file));
    LB_ASSERT_OK_AND_ASSIGN(const Embeddings found, EmbedImageFile(*device, file));
    double dot = 0;
    for (size_t j = 0; j < expected.vectors.size(); ++j) {
      dot += double{expected.vectors[j]} * found.vectors[j];
    }
    EXPECT_GT(dot, 0.9999) << i;
    const std::vector<QueryOptions> options = {{.top_k = 5}};
    LB_ASSERT_OK_AND_ASSIGN(const auto from_cpu, cpu->index->Search(expected.vectors, options));
    LB_ASSERT_OK_AND_ASSIGN(const auto from_device,
                            device->index->Search(expected.vectors, options));
    ASSERT_EQ(from_cpu[0].size(), from_device[0].size());
    for (size_t j = 0; j < from_cpu[0].size(); ++j) {
      EXPECT_EQ(from_device[0][j].row, from_cpu[0][j].row);
      EXPECT_EQ(from_device[0][j].similarity, from_cpu[0][j].similarity);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Precisions, CudaBundle,
                         ::testing::Values(Precision::kFloat32, Precision::kFloat16,
                                           Precision::kBFloat16),
                         [](const auto& info) { return PrecisionName(info.param); });

}  // namespace
}  // namespace lookbook
