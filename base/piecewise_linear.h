// A curve through a few points, as it is stored and as it is read.
#pragma once

#include <algorithm>
#include <iterator>

namespace lookbook {

// The value at `at` of the straight lines between neighbouring knots of [first, last); beyond the
// ends it stays what it is there. `x` and `y` read a knot's coordinates.
// REQUIRES: at least one knot; x ascending without repetition; `at` is not NaN.
template <typename Iterator, typename X, typename Y>
double PiecewiseLinear(Iterator first, Iterator last, double at, X x, Y y) {
  const Iterator right =
      std::lower_bound(first, last, at, [&](const auto& knot, double v) { return x(knot) < v; });
  if (right == first) return y(*first);
  const Iterator left = std::prev(right);
  if (right == last) return y(*left);
  const double low = x(*left), high = x(*right);
  const double share = (at - low) / (high - low);
  return y(*left) + share * (static_cast<double>(y(*right)) - y(*left));
}

}  // namespace lookbook
