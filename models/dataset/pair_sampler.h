// The order of a training epoch in which images meet others that share their labels.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "models/dataset/fashion_data.h"

namespace lookbook {

// Who is a partner of an image; S, J as in models/loss/pair_relation.h, whose positives these are.
enum class PartnerRule {
  kShared,           // S > positive_shared.
  kSharedOrSimilar,  // S > positive_shared or J >= positive_jaccard.
  kFallBack,         // S > positive_shared; where nobody does, one label less, down to S > 0.
};

struct PairSamplerOptions {
  int batch_size = 32;
  int partners = 3;  // Of each seed image.
  PartnerRule rule = PartnerRule::kSharedOrSimilar;
  int positive_shared = 3;
  double positive_jaccard = 0.6;
  int64_t seed = 7;
};

// In random batches of multi-label data few images share more than a label or two: of 32 outfits of
// the sample set 4 pairs in 992 share more than three. This draws batch_size / (1 + partners) seed
// images, each with probability proportional to the sum of 1 / sqrt(n_c) over its labels, so that
// rare labels are met, and beside each as many partners as it has, at most `partners`; the rest of
// a batch is drawn at random. No image stands twice in a batch.
//
// Immutable. Thread-safe. Time of an epoch: images of the epoch / (1 + partners) scans of all rows.
class PairSampler {
 public:
  // `rows`: indices into data.images. REQUIRES: batch_size >= 1, partners >= 0.
  PairSampler(const FashionData& data, std::vector<int64_t> rows, PairSamplerOptions options);

  // floor(rows / batch_size) batches back to back; the same for the same seed and epoch.
  std::vector<int64_t> Order(int64_t epoch) const;

 private:
  using Bits = uint64_t;
  int Shared(size_t a, size_t b) const;
  bool Similar(size_t a, size_t b, int shared) const;
  std::vector<size_t> Partners(size_t of) const;

  const std::vector<int64_t> rows_;
  const PairSamplerOptions options_;
  size_t words_ = 0;
  std::vector<Bits> labels_;        // words_ a row.
  std::vector<int> label_counts_;   // Labels of each row.
  std::vector<double> cumulative_;  // Of the seeds' weights.
};

}  // namespace lookbook
