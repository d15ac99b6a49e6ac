// A VectorIndex without FAISS: brute force in memory, for tests of what stands around an index.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "engine/index/search_checks.h"
#include "engine/index/vector_index.h"

namespace lookbook {

// Exact and deterministic. Thread-safe.
class FakeIndex : public VectorIndex {
 public:
  // `vectors` is float32[n, dim], unit rows.
  FakeIndex(int dim, std::vector<float> vectors) : dim_(dim), vectors_(std::move(vectors)) {}

  int dim() const override { return dim_; }
  int64_t size() const override { return static_cast<int64_t>(vectors_.size()) / dim_; }
  std::string spec() const override { return "Flat"; }

  absl::StatusOr<std::vector<std::vector<Neighbor>>> Search(
      absl::Span<const float> queries, absl::Span<const QueryOptions> options) const override {
    LB_RETURN_IF_ERROR(Record(options.size()));
    LB_RETURN_IF_ERROR(CheckSearch(queries, options, dim_, size()));
    std::vector<std::vector<Neighbor>> results;
    for (size_t i = 0; i < options.size(); ++i) {
      results.push_back(SearchOne(queries.subspan(i * dim_, dim_), options[i]));
    }
    return results;
  }

  absl::StatusOr<std::vector<float>> Vector(int64_t row) const override {
    if (row < 0 || row >= size()) {
      return absl::OutOfRangeError(absl::StrCat("row ", row, " is not in 0 to ", size() - 1));
    }
    return std::vector<float>(vectors_.begin() + row * dim_, vectors_.begin() + (row + 1) * dim_);
  }

  // The raw float32 rows; OpenIndex does not read this.
  absl::Status Save(const std::string& path) const override {
    return WriteFile(path, absl::string_view(reinterpret_cast<const char*>(vectors_.data()),
                                             vectors_.size() * sizeof(float)));
  }

  // From now on Search() returns `status`; OK ends it.
  void FailWith(absl::Status status) {
    MutexLock lock(&mutex_);
    failure_ = std::move(status);
  }

  // The number of queries of every Search() call so far, in order.
  std::vector<size_t> batches() const {
    MutexLock lock(&mutex_);
    return batches_;
  }

 private:
  absl::Status Record(size_t batch) const {
    MutexLock lock(&mutex_);
    batches_.push_back(batch);
    return failure_;
  }

  std::vector<Neighbor> SearchOne(absl::Span<const float> query,
                                  const QueryOptions& options) const {
    std::vector<Neighbor> found;
    for (int64_t row = 0; row < size(); ++row) {
      if (row == options.excluded_row ||
          (options.allowed != nullptr && !options.allowed->Contains(row)))
        continue;
      double dot = 0;
      for (int j = 0; j < dim_; ++j) dot += double{query[j]} * vectors_[row * dim_ + j];
      const float similarity = std::clamp(static_cast<float>(dot), -1.0f, 1.0f);
      if (similarity >= options.min_similarity) found.push_back({row, similarity});
    }
    // Rows come in ascending order, so a stable sort leaves ties by lower row.
    std::stable_sort(found.begin(), found.end(), [](const Neighbor& a, const Neighbor& b) {
      return a.similarity > b.similarity;
    });
    found.resize(std::min(found.size(), static_cast<size_t>(options.top_k)));
    return found;
  }

  const int dim_;
  const std::vector<float> vectors_;
  mutable Mutex mutex_;
  mutable std::vector<size_t> batches_ ABSL_GUARDED_BY(mutex_);
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lookbook
