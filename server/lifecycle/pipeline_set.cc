#include "server/lifecycle/pipeline_set.h"

#include <cassert>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/reason.h"
#include "base/status_macros.h"

namespace lookbook {

PipelineSet::PipelineSet(std::vector<Entry> entries) : entries_(std::move(entries)) {
  assert(!entries_.empty());
}

absl::StatusOr<Pipeline*> PipelineSet::Find(absl::string_view name) const {
  LB_ASSIGN_OR_RETURN(const size_t index, IndexOf(name));
  return entries_[index].pipeline.get();
}

absl::StatusOr<size_t> PipelineSet::IndexOf(absl::string_view name) const {
  if (name.empty()) return 0;
  for (size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].name == name) return i;
  }
  if (name.size() > kMaxBundleNameBytes) {
    return InvalidArgument("bad_bundle",
                           absl::StrCat("bundle has ", name.size(), " bytes; a name has at most ",
                                        kMaxBundleNameBytes));
  }
  const std::string known = absl::StrJoin(
      entries_, ", ", [](std::string* out, const Entry& entry) { out->append(entry.name); });
  return WithReason(absl::NotFoundError(absl::StrCat("bundle \"", absl::CEscape(name),
                                                     "\" is not served here; there are: ", known)),
                    "unknown_bundle");
}

void PipelineSet::Shutdown() const {
  for (const Entry& entry : entries_) entry.pipeline->Shutdown();
}

}  // namespace lookbook
