#include "engine/index/row_set.h"

#include <bit>
#include <cassert>
#include <cstddef>

namespace lookbook {

RowSet::RowSet(int64_t rows, bool full)
    : rows_(rows), words_(static_cast<size_t>((rows + 63) / 64), full ? ~uint64_t{0} : 0) {
  if (full && rows % 64 != 0) words_.back() = (uint64_t{1} << (rows % 64)) - 1;
}

int64_t RowSet::Count() const {
  int64_t count = 0;
  for (uint64_t word : words_) count += std::popcount(word);
  return count;
}

RowSet& RowSet::operator|=(const RowSet& other) {
  assert(other.rows_ == rows_);
  for (size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
  return *this;
}

RowSet& RowSet::operator&=(const RowSet& other) {
  assert(other.rows_ == rows_);
  for (size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
  return *this;
}

RowSet& RowSet::Subtract(const RowSet& other) {
  assert(other.rows_ == rows_);
  for (size_t i = 0; i < words_.size(); ++i) words_[i] &= ~other.words_[i];
  return *this;
}

}  // namespace lookbook
