#include "engine/index/index_layout.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/index/file_cursor.h"
#include "engine/index/row_set.h"

namespace lookbook {
namespace {

// Of FAISS: ScalarQuantizer::QuantizerType.
constexpr int32_t kEightBits = 0;
constexpr int32_t kHalfFloats = 4;
constexpr int32_t kInnerProduct = 0;
// An HNSW of 2^31 rows has some 30 levels; FAISS writes as many as have a probability above 1e-9.
constexpr uint64_t kMaxLevels = 64;

// What every index of FAISS begins with, after its tag.
absl::Status WalkHeader(FileCursor& file, int dim, int64_t rows) {
  LB_RETURN_IF_ERROR(file.Expect<int32_t>("the dimension", dim));
  LB_RETURN_IF_ERROR(file.Expect<int64_t>("the number of rows", rows));
  LB_RETURN_IF_ERROR(file.Skip("the filler", 2, sizeof(int64_t)));
  LB_RETURN_IF_ERROR(file.Expect<uint8_t>("the mark of training", 1));
  return file.Expect<int32_t>("the metric", kInnerProduct);
}

// float32[rows, dim] as an index of its own: the centres of an IVF, the vectors of an HNSW.
absl::Status WalkFlat(FileCursor& file, absl::string_view what, int dim, int64_t rows) {
  LB_RETURN_IF_ERROR(file.ExpectTag(what, "IxFI"));
  LB_RETURN_IF_ERROR(WalkHeader(file, dim, rows));
  const uint64_t values = static_cast<uint64_t>(rows) * static_cast<uint64_t>(dim);
  LB_RETURN_IF_ERROR(file.Expect<uint64_t>(absl::StrCat("the number of values of ", what), values));
  return file.Skip(what, values, sizeof(float));
}

absl::Status WalkQuantizer(FileCursor& file, int32_t type, int dim, uint64_t code_bytes) {
  LB_RETURN_IF_ERROR(file.Expect<int32_t>("the quantizer's type", type));
  LB_RETURN_IF_ERROR(file.Expect<int32_t>("the quantizer's range statistic", 0));  // Min and max.
  LB_RETURN_IF_ERROR(file.Expect<float>("the quantizer's range argument", 0));
  LB_RETURN_IF_ERROR(file.Expect<uint64_t>("the quantizer's dimension", dim));
  LB_RETURN_IF_ERROR(file.Expect<uint64_t>("the quantizer's code size", code_bytes));
  const uint64_t ranges = type == kEightBits ? 2 * static_cast<uint64_t>(dim) : 0;
  LB_RETURN_IF_ERROR(file.Expect<uint64_t>("the number of the quantizer's ranges", ranges));
  return file.Skip("the quantizer's ranges", ranges, sizeof(float));
}

absl::Status WalkScalar(FileCursor& file, const IndexSpec& spec, int dim, int64_t rows) {
  LB_RETURN_IF_ERROR(file.ExpectTag("the kind", "IxSQ"));
  LB_RETURN_IF_ERROR(WalkHeader(file, dim, rows));
  const bool half = spec.kind == IndexKind::kSqFp16;
  const uint64_t code_bytes = static_cast<uint64_t>(dim) * (half ? 2 : 1);
  LB_RETURN_IF_ERROR(WalkQuantizer(file, half ? kHalfFloats : kEightBits, dim, code_bytes));
  const uint64_t bytes = static_cast<uint64_t>(rows) * code_bytes;
  LB_RETURN_IF_ERROR(file.Expect<uint64_t>("the size of the codes", bytes));
  return file.Skip("the codes", bytes, 1);
}

// How many rows each list has; FAISS writes all sizes, or where most lists are empty, those of the
// others with their numbers.
absl::StatusOr<std::vector<uint64_t>> WalkListSizes(FileCursor& file, uint64_t lists) {
  LB_ASSIGN_OR_RETURN(const std::string form, file.TakeTag("the form of the list sizes"));
  if (form == "full") {
    LB_RETURN_IF_ERROR(file.Expect<uint64_t>("the number of list sizes", lists));
    return file.TakeArray<uint64_t>("the list sizes", lists);
  }
  if (form != "sprs") return file.Wrong("the form of the list sizes", "not full or sprs");
  LB_ASSIGN_OR_RETURN(const uint64_t count, file.Take<uint64_t>("the number of list sizes"));
  if (count % 2 != 0 || count > 2 * lists) {
    return file.Wrong("the number of list sizes", absl::StrCat(count, " for ", lists, " lists"));
  }
  LB_ASSIGN_OR_RETURN(const std::vector<uint64_t> pairs,
                      file.TakeArray<uint64_t>("the list sizes", count));
  std::vector<uint64_t> sizes(lists);
  for (size_t i = 0; i < pairs.size(); i += 2) {
    if (pairs[i] >= lists || (i > 0 && pairs[i] <= pairs[i - 2])) {
      return file.Wrong("a list's number", absl::StrCat(pairs[i], ", out of order or range"));
    }
    sizes[pairs[i]] = pairs[i + 1];
  }
  return sizes;
}

// Every row stands in exactly one list.
absl::Status WalkLists(FileCursor& file, uint64_t lists, uint64_t code_bytes, int64_t rows) {
  LB_RETURN_IF_ERROR(file.ExpectTag("the form of the lists", "ilar"));
  LB_RETURN_IF_ERROR(file.Expect<uint64_t>("the number of stored lists", lists));
  LB_RETURN_IF_ERROR(file.Expect<uint64_t>("the size of a code", code_bytes));
  LB_ASSIGN_OR_RETURN(const std::vector<uint64_t> sizes, WalkListSizes(file, lists));
  uint64_t left = static_cast<uint64_t>(rows);
  for (const uint64_t size : sizes) {
    if (size > left) return file.Wrong("the sum of the list sizes", absl::StrCat("above ", rows));
    left -= size;
  }
  if (left != 0) return file.Wrong("the sum of the list sizes", absl::StrCat("below ", rows));
  RowSet seen(rows);
  for (const uint64_t size : sizes) {
    LB_RETURN_IF_ERROR(file.Skip("the codes of a list", size, code_bytes));
    LB_ASSIGN_OR_RETURN(const std::vector<int64_t> ids,
                        file.TakeArray<int64_t>("the rows of a list", size));
    for (const int64_t row : ids) {
      if (row < 0 || row >= rows || seen.Contains(row)) {
        return file.Wrong("a row of a list", absl::StrCat(row, ", out of range or there twice"));
      }
      seen.Insert(row);
    }
  }
  return absl::OkStatus();
}

absl::Status WalkInvertedLists(FileCursor& file, const IndexSpec& spec, int dim, int64_t rows) {
  const bool rounded = spec.kind == IndexKind::kIvfSq8;
  LB_RETURN_IF_ERROR(file.ExpectTag("the kind", rounded ? "IwSq" : "IwFl"));
  LB_RETURN_IF_ERROR(WalkHeader(file, dim, rows));
  const auto lists = static_cast<uint64_t>(spec.lists);
  LB_RETURN_IF_ERROR(file.Expect<uint64_t>("the number of lists", lists));
  LB_RETURN_IF_ERROR(file.Skip("the default of nprobe", 1, sizeof(uint64_t)));
  LB_RETURN_IF_ERROR(WalkFlat(file, "the list centres", dim, spec.lists));
  LB_RETURN_IF_ERROR(file.Expect<uint8_t>("the form of the row map", 0));  // None.
  LB_RETURN_IF_ERROR(file.Expect<uint64_t>("the size of the row map", 0));
  const uint64_t code_bytes = static_cast<uint64_t>(dim) * (rounded ? 1 : sizeof(float));
  if (rounded) {
    LB_RETURN_IF_ERROR(WalkQuantizer(file, kEightBits, dim, code_bytes));
    LB_RETURN_IF_ERROR(file.Expect<uint64_t>("the index's code size", code_bytes));
    LB_RETURN_IF_ERROR(file.Expect<uint8_t>("the mark of residuals", 1));
  }
  return WalkLists(file, lists, code_bytes, rows);
}

// The links of an HNSW graph. Row r has links[offsets[r]] up to links[offsets[r + 1]]: 2 M of level
// 0, then M of each level above, unused ones -1; `first` says where each level's begin.
struct Graph {
  std::vector<int32_t> first;   // int32[levels + 1]
  std::vector<int32_t> levels;  // int32[rows]: on how many levels the row is.
  std::vector<uint64_t> offsets;
  std::vector<int32_t> links;
};

absl::StatusOr<std::vector<int32_t>> WalkLevelTable(FileCursor& file, int links) {
  LB_ASSIGN_OR_RETURN(const uint64_t levels, file.Take<uint64_t>("the number of levels"));
  if (levels < 1 || levels > kMaxLevels) {
    return file.Wrong("the number of levels", absl::StrCat(levels, ", not 1 to ", kMaxLevels));
  }
  LB_RETURN_IF_ERROR(file.Skip("the levels' probabilities", levels, sizeof(double)));
  LB_RETURN_IF_ERROR(file.Expect<uint64_t>("the number of level sizes", levels + 1));
  LB_ASSIGN_OR_RETURN(const std::vector<int32_t> first,
                      file.TakeArray<int32_t>("the level sizes", levels + 1));
  for (size_t level = 0; level < first.size(); ++level) {
    const int expected = level == 0 ? 0 : links * static_cast<int>(level + 1);
    if (first[level] != expected) {
      return file.Wrong(absl::StrCat("the links below level ", level),
                        absl::StrCat(first[level], " where ", expected, " is expected"));
    }
  }
  return first;
}

absl::Status CheckOffsets(const FileCursor& file, const Graph& graph) {
  if (graph.offsets[0] != 0) return file.Wrong("the first offset", "not 0");
  for (size_t row = 0; row < graph.levels.size(); ++row) {
    const int32_t levels = graph.levels[row];
    if (levels < 1 || levels >= static_cast<int32_t>(graph.first.size())) {
      return file.Wrong(absl::StrCat("the number of levels of row ", row),
                        absl::StrCat(levels, ", out of range"));
    }
    if (graph.offsets[row + 1] - graph.offsets[row] != static_cast<uint64_t>(graph.first[levels])) {
      return file.Wrong(absl::StrCat("the offset after row ", row),
                        absl::StrCat(graph.offsets[row + 1], ", which its levels do not say"));
    }
  }
  return absl::OkStatus();
}

// A link leads to a row that is on the link's level: a search goes on among that row's links of
// that level.
absl::Status CheckLinks(const FileCursor& file, const Graph& graph) {
  const auto rows = static_cast<int32_t>(graph.levels.size());
  for (int32_t row = 0; row < rows; ++row) {
    for (int32_t level = 0; level < graph.levels[row]; ++level) {
      for (int32_t i = graph.first[level]; i < graph.first[level + 1]; ++i) {
        const int32_t link = graph.links[graph.offsets[row] + static_cast<uint64_t>(i)];
        if (link == -1) continue;
        if (link < 0 || link >= rows || graph.levels[link] <= level) {
          return file.Wrong(absl::StrCat("a link of row ", row, " on level ", level),
                            absl::StrCat(link, ", which is no row there"));
        }
      }
    }
  }
  return absl::OkStatus();
}

absl::Status WalkEntry(FileCursor& file, const Graph& graph) {
  const int32_t top = *std::max_element(graph.levels.begin(), graph.levels.end()) - 1;
  LB_ASSIGN_OR_RETURN(const int32_t entry, file.Take<int32_t>("the entry point"));
  if (entry < 0 || entry >= static_cast<int32_t>(graph.levels.size()) ||
      graph.levels[entry] != top + 1) {
    return file.Wrong("the entry point", absl::StrCat(entry, ", no row of the highest level"));
  }
  LB_RETURN_IF_ERROR(file.Expect<int32_t>("the highest level", top));
  for (const char* what : {"efConstruction", "efSearch"}) {
    LB_ASSIGN_OR_RETURN(const int32_t value, file.Take<int32_t>(what));
    if (value < 1 || value > kMaxBeam) return file.Wrong(what, absl::StrCat(value));
  }
  return file.Expect<int32_t>("the beam of the upper levels", 1);
}

absl::Status WalkGraph(FileCursor& file, const IndexSpec& spec, int dim, int64_t rows) {
  if (rows > std::numeric_limits<int32_t>::max()) {
    return file.Wrong("the number of rows", absl::StrCat(rows, ", more than HNSW can number"));
  }
  LB_RETURN_IF_ERROR(file.ExpectTag("the kind", "IHNf"));
  LB_RETURN_IF_ERROR(WalkHeader(file, dim, rows));
  const auto count = static_cast<uint64_t>(rows);
  Graph graph;
  LB_ASSIGN_OR_RETURN(graph.first, WalkLevelTable(file, spec.links));
  LB_RETURN_IF_ERROR(file.Expect<uint64_t>("the number of rows with levels", count));
  LB_ASSIGN_OR_RETURN(graph.levels, file.TakeArray<int32_t>("the rows' levels", count));
  LB_RETURN_IF_ERROR(file.Expect<uint64_t>("the number of offsets", count + 1));
  LB_ASSIGN_OR_RETURN(graph.offsets, file.TakeArray<uint64_t>("the offsets", count + 1));
  LB_RETURN_IF_ERROR(CheckOffsets(file, graph));
  LB_RETURN_IF_ERROR(file.Expect<uint64_t>("the number of links", graph.offsets.back()));
  LB_ASSIGN_OR_RETURN(graph.links, file.TakeArray<int32_t>("the links", graph.offsets.back()));
  LB_RETURN_IF_ERROR(CheckLinks(file, graph));
  LB_RETURN_IF_ERROR(WalkEntry(file, graph));
  return WalkFlat(file, "the vectors", dim, rows);
}

absl::Status Walk(FileCursor& file, const IndexSpec& spec, int dim, int64_t rows) {
  switch (spec.kind) {
    case IndexKind::kFlat:
      break;
    case IndexKind::kSq8:
    case IndexKind::kSqFp16:
      return WalkScalar(file, spec, dim, rows);
    case IndexKind::kIvfFlat:
    case IndexKind::kIvfSq8:
      return WalkInvertedLists(file, spec, dim, rows);
    case IndexKind::kHnsw:
      return WalkGraph(file, spec, dim, rows);
  }
  return absl::InternalError(absl::StrCat("index kind \"", spec.text, "\" has no layout here"));
}

}  // namespace

absl::Status CheckIndexLayout(const std::string& path, const IndexSpec& spec, int dim,
                              int64_t rows) {
  LB_ASSIGN_OR_RETURN(FileCursor file, FileCursor::Open(path));
  LB_RETURN_IF_ERROR(Walk(file, spec, dim, rows));
  return file.ExpectEnd();
}

}  // namespace lookbook
