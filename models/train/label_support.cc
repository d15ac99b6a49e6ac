#include "models/train/label_support.h"

namespace lookbook {

LabelSupport CountClasses(const FashionData& data, const std::vector<int64_t>& rows) {
  LabelSupport out{.counts = std::vector<int64_t>(data.labels.classes.size()),
                   .images = static_cast<int64_t>(rows.size())};
  for (const int64_t row : rows) {
    for (const int column : data.images[row].classes) ++out.counts[column];
  }
  return out;
}

LabelSupport CountAttributes(const FashionData& data, const std::vector<int64_t>& rows) {
  LabelSupport out{.counts = std::vector<int64_t>(data.labels.attributes.size())};
  for (const int64_t row : rows) {
    if (!data.images[row].attributes_known) continue;
    ++out.images;
    for (const int column : data.images[row].attributes) ++out.counts[column];
  }
  return out;
}

}  // namespace lookbook
