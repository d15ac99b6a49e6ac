// What retrieval gives without looking: the rows that a result must beat.
#pragma once

#include <vector>

#include "models/evaluate/retrieval.h"

namespace lookbook {

// What a random order gives, in expectation (no drawing). wap_at_10 is NaN: it has no closed form.
RetrievalMetrics ExpectedAtRandom(const LabelMatrix& labels);

// What one fixed order gives every query, row by row: items with the commonest labels first.
std::vector<QueryMetrics> LabelFrequencyQueries(const LabelMatrix& labels);
// Their means.
RetrievalMetrics RankByLabelFrequency(const LabelMatrix& labels);

}  // namespace lookbook
