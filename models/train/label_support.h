// How often each label occurs in a part of the data.
#pragma once

#include <cstdint>
#include <vector>

#include "models/dataset/fashion_data.h"

namespace lookbook {

struct LabelSupport {
  std::vector<int64_t> counts;  // A column each.
  int64_t images = 0;           // In which it could occur.
};

LabelSupport CountClasses(const FashionData& data, const std::vector<int64_t>& rows);
// Over the images whose attributes are known.
LabelSupport CountAttributes(const FashionData& data, const std::vector<int64_t>& rows);

}  // namespace lookbook
