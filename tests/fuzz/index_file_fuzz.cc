// The index file of a bundle: the first byte says which kind the manifest promises, the rest is the
// file.
#include <iterator>
#include <vector>

#include "engine/index/flat_file.h"
#include "engine/index/index_layout.h"
#include "engine/index/index_spec.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/index_kinds.h"
#include "tests/fuzz/input_file.h"

namespace lookbook {
namespace {

InputFile& File() {
  static auto* const file = new InputFile;
  return *file;
}

// Its rows can be read, and written they make a file that is accepted again.
void RequireReadable(const std::string& path) {
  std::vector<float> rows(kFuzzIndexRows * kFuzzIndexDim);
  Require(ReadFlatFile(path, absl::MakeSpan(rows)).ok(), "an accepted file has all its rows");
  Require(WriteFlatFile(path, kFuzzIndexDim, rows).ok(), "the rows can be written");
  Require(CheckFlatFile(path, kFuzzIndexDim, kFuzzIndexRows).ok(), "what is written is accepted");
}

void Check(const IndexSpec& spec, absl::string_view bytes) {
  const std::string& path = File().path();
  File().Set(bytes);
  const bool flat = spec.kind == IndexKind::kFlat;
  const absl::Status status = flat ? CheckFlatFile(path, kFuzzIndexDim, kFuzzIndexRows)
                                   : CheckIndexLayout(path, spec, kFuzzIndexDim, kFuzzIndexRows);
  if (!status.ok()) return RequireCode(status, absl::StatusCode::kInvalidArgument);
  Require(bytes.size() >= size_t{kFuzzIndexRows} * kFuzzIndexDim, "there is a code for each value");
  if (flat) RequireReadable(path);
}

}  // namespace
}  // namespace lookbook

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const char* text = lookbook::kFuzzIndexKinds[data[0] % std::size(lookbook::kFuzzIndexKinds)];
  const absl::StatusOr<lookbook::IndexSpec> spec = lookbook::ParseIndexSpec(text);
  lookbook::Require(spec.ok(), "the kind is one");
  lookbook::Check(*spec, lookbook::AsText(data + 1, size - 1));
  return 0;
}
