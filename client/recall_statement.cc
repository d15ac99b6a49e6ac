#include "client/recall_statement.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/terminal.h"

namespace lookbook {

RecallStatement StateRecall(const v1::BundleInfo& bundle) {
  RecallStatement statement{.recall = std::nullopt,
                            .index = bundle.index(),
                            .search = bundle.index_search(),
                            .basis = "not known"};
  if (bundle.index() == "Flat") {
    statement.recall = 1;
    statement.basis = "exact index";
  } else if (bundle.has_index_recall_at_10()) {
    statement.recall = bundle.index_recall_at_10();
    statement.basis = "recall@10 of plain searches, measured when the bundle was made";
  }
  return statement;
}

std::string RecallLine(const RecallStatement& statement) {
  const std::string index =
      Printable(statement.search.empty() ? statement.index
                                         : absl::StrCat(statement.index, " ", statement.search));
  if (!statement.recall) return absl::StrCat("recall: not known (index ", index, ")");
  return absl::StrCat(
      "recall: ", absl::StrFormat("%.4g", *statement.recall), " (index ", index,
      statement.basis == "exact index" ? " is exact)" : ", " + statement.basis + ")");
}

}  // namespace lookbook
