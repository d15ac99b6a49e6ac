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
  std::string search;            // What searches of it ask for: "nprobe=16"; empty = nothing.
  std::string basis;             // "exact index", "not known", or how it was measured.
};

// From what GetInfo says about the bundle. An exact index has recall 1 by definition; of another
// kind it is what was measured when the bundle was made, unless the server searches otherwise now.
// That is of plain searches for ten: with a filter, a `min_similarity` or `exclude_self` every
// index misses nothing of what it stores.
RecallStatement StateRecall(const v1::BundleInfo& bundle);

// "recall: 1 (index Flat is exact)", "recall: not known (index HNSW32 efSearch=64)". Without '\n'.
std::string RecallLine(const RecallStatement& statement);

}  // namespace lookbook
