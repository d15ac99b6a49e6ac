#include "models/dataset/label_statistics.h"

#include <algorithm>
#include <bit>

namespace lookbook {
namespace {

// One bit per class, in words of 64.
class ClassBits {
 public:
  ClassBits(absl::Span<const ImageRecord> images, int class_count, int64_t stride)
      : words_((class_count + 63) / 64) {
    for (int64_t i = 0; i < static_cast<int64_t>(images.size()); i += stride) {
      bits_.resize(bits_.size() + words_, 0);
      uint64_t* row = &bits_[bits_.size() - words_];
      for (int column : images[i].classes) row[column / 64] |= uint64_t{1} << (column % 64);
    }
  }

  int64_t size() const { return words_ == 0 ? 0 : static_cast<int64_t>(bits_.size()) / words_; }

  void Compare(int64_t a, int64_t b, int* shared, int* either) const {
    *shared = *either = 0;
    for (int w = 0; w < words_; ++w) {
      const uint64_t x = bits_[a * words_ + w];
      const uint64_t y = bits_[b * words_ + w];
      *shared += std::popcount(x & y);
      *either += std::popcount(x | y);
    }
  }

 private:
  const int words_;
  std::vector<uint64_t> bits_;
};

void MeasurePairs(const ClassBits& bits, LabelStatistics* statistics) {
  const int64_t count = bits.size();
  if (count < 2) return;
  int64_t none = 0, above_2 = 0, above_3 = 0;
  double jaccard = 0;
  for (int64_t a = 0; a < count; ++a) {
    for (int64_t b = a + 1; b < count; ++b) {
      int shared = 0, either = 0;
      bits.Compare(a, b, &shared, &either);
      none += shared == 0;
      above_2 += shared > 2;
      above_3 += shared > 3;
      if (either > 0) jaccard += static_cast<double>(shared) / either;
    }
  }
  const double pairs = 0.5 * static_cast<double>(count) * static_cast<double>(count - 1);
  statistics->share_none = none / pairs;
  statistics->share_above_2 = above_2 / pairs;
  statistics->share_above_3 = above_3 / pairs;
  statistics->mean_jaccard = jaccard / pairs;
}

}  // namespace

LabelStatistics MeasureLabels(absl::Span<const ImageRecord> images, int class_count,
                              int64_t max_images) {
  LabelStatistics statistics;
  statistics.images = static_cast<int64_t>(images.size());
  statistics.images_with.assign(class_count, 0);
  if (images.empty()) return statistics;
  int64_t classes = 0, known = 0;
  for (const ImageRecord& image : images) {
    classes += static_cast<int64_t>(image.classes.size());
    known += image.attributes_known;
    for (int column : image.classes) ++statistics.images_with[column];
  }
  statistics.classes_per_image = static_cast<double>(classes) / statistics.images;
  statistics.attributes_known = static_cast<double>(known) / statistics.images;
  const int64_t limit = std::max<int64_t>(max_images, 1);
  const int64_t stride = (statistics.images + limit - 1) / limit;
  MeasurePairs(ClassBits(images, class_count, stride), &statistics);
  return statistics;
}

}  // namespace lookbook
