// The words that name a kind of index and how far a search looks: two lines.
#include "absl/strings/str_split.h"
#include "engine/index/index_spec.h"
#include "tests/fuzz/fuzz_target.h"

namespace lookbook {
namespace {

void Check(absl::string_view kind, absl::string_view search) {
  const absl::StatusOr<IndexSpec> spec = ParseIndexSpec(kind);
  if (!spec.ok()) return RequireCode(spec.status(), absl::StatusCode::kInvalidArgument);
  Require(spec->text == kind, "the text is kept");
  Require(spec->inverted_lists() == (spec->lists >= 1 && spec->lists <= kMaxLists),
          "IVF has lists");
  Require(
      (spec->kind == IndexKind::kHnsw) == (spec->links >= kMinLinks && spec->links <= kMaxLinks),
      "HNSW has links");
  for (const int effort : SearchEfforts(*spec)) {
    Require(CheckSearchEffort(*spec, effort).ok(), "every effort that is tried is allowed");
  }
  const bool trains = CheckTrainingRows(*spec, 100).ok();
  Require(trains == (spec->lists * kTrainingRowsPerList <= 100), "lists want rows to train on");
  const absl::StatusOr<int> effort = ParseSearchEffort(*spec, search);
  if (!effort.ok()) return RequireCode(effort.status(), absl::StatusCode::kInvalidArgument);
  Require(CheckSearchEffort(*spec, *effort).ok(), "an effort that is read is allowed");
  Require(SearchEffortText(*spec, *effort) == search, "an effort has one spelling");
}

}  // namespace
}  // namespace lookbook

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::pair<absl::string_view, absl::string_view> lines =
      absl::StrSplit(lookbook::AsText(data, size), absl::MaxSplits('\n', 1));
  lookbook::Check(lines.first, lines.second);
  return 0;
}
