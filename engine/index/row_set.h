// A set of rows of one bundle, as a bitmap.
#pragma once

#include <cstdint>
#include <vector>

namespace lookbook {

// Not thread-safe while it is filled; immutable use is thread-safe.
class RowSet {
 public:
  RowSet() = default;
  explicit RowSet(int64_t rows, bool full = false);

  int64_t rows() const { return rows_; }
  bool Contains(int64_t row) const { return (words_[row >> 6] >> (row & 63)) & 1; }
  void Insert(int64_t row) { words_[row >> 6] |= uint64_t{1} << (row & 63); }
  int64_t Count() const;

  // REQUIRES: other.rows() == rows().
  RowSet& operator|=(const RowSet& other);
  RowSet& operator&=(const RowSet& other);
  RowSet& Subtract(const RowSet& other);

  // Bit r of word r / 64 is row r; the bits past rows() are 0.
  const std::vector<uint64_t>& words() const { return words_; }

 private:
  int64_t rows_ = 0;
  std::vector<uint64_t> words_;
};

}  // namespace lookbook
