#include "client/recall_statement.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/terminal.h"

namespace lookbook {

RecallStatement StateRecall(const v1::BundleInfo& bundle) {
  if (bundle.index() == "Flat") return {1.0, bundle.index(), "exact index"};
  return {std::nullopt, bundle.index(), "not known"};
}

std::string RecallLine(const RecallStatement& statement) {
  const std::string index = Printable(statement.index);
  if (!statement.recall) return absl::StrCat("recall: not known (index ", index, ")");
  return absl::StrCat(
      "recall: ", absl::StrFormat("%.4g", *statement.recall), " (index ", index,
      statement.basis == "exact index" ? " is exact)" : ", " + statement.basis + ")");
}

}  // namespace lookbook
