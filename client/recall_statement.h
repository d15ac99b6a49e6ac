// What is known about the recall of the answers that a load measured: a rate alone says little, for
// an approximate index buys its rate with recall.
#pragma once

#include <optional>
#include <string>

#include "lookbook/v1/catalog.pb.h"

namespace lookbook {

struct RecallStatement {
  std::optional<double> recall;  // Share of the true nearest neighbours found; null = not known.
  std::string index;             // Its spec, such as "Flat".
  std::string basis;             // "exact index", "not known"
};

// From what GetInfo says about the bundle. An exact index has recall 1 by definition; of any other
// kind GetInfo states none yet. A recall that the manifest records belongs here.
RecallStatement StateRecall(const v1::BundleInfo& bundle);

// "recall: 1 (index Flat is exact)", "recall: not known (index HNSW32)". Without '\n'.
std::string RecallLine(const RecallStatement& statement);

}  // namespace lookbook
