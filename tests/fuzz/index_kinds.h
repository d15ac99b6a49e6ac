// The indexes that index_file_fuzz.cc and its seeds agree upon.
#pragma once

#include <cstdint>

namespace lookbook {

inline constexpr int kFuzzIndexDim = 4;
inline constexpr int64_t kFuzzIndexRows = 117;  // Enough for three lists.
inline constexpr const char* kFuzzIndexKinds[] = {"Flat",      "SQ8",      "SQfp16",
                                                  "IVF3,Flat", "IVF3,SQ8", "HNSW8"};

}  // namespace lookbook
