#include "models/explore/image_sizes.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

namespace lookbook {
namespace {

double At(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

template <typename Fn>
std::vector<double> ValuesOf(absl::Span<const SurveyedImage> images,
                             const std::vector<int64_t>& rows, Fn&& value) {
  std::vector<double> values;
  values.reserve(rows.size());
  for (int64_t row : rows) values.push_back(value(images[row]));
  return values;
}

// Rows whose value lies beyond the outer fences, the farthest first. `values` belong to `rows`.
std::vector<int64_t> Outliers(const std::vector<int64_t>& rows, const std::vector<double>& values) {
  const Quantiles quantiles = QuantilesOf(values);
  const double reach = 3 * (quantiles.p75 - quantiles.p25);
  std::vector<std::pair<double, int64_t>> beyond;  // Distance, row.
  for (size_t i = 0; i < rows.size(); ++i) {
    const double distance = std::max(quantiles.p25 - values[i], values[i] - quantiles.p75);
    if (distance > reach && distance > 1e-9) beyond.emplace_back(distance, rows[i]);
  }
  std::sort(beyond.begin(), beyond.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  std::vector<int64_t> out;
  for (const auto& [distance, row] : beyond) out.push_back(row);
  return out;
}

void FindCommonest(absl::Span<const SurveyedImage> images, const std::vector<int64_t>& rows,
                   ImageSizes* out) {
  std::map<std::pair<int, int>, int64_t> counts;
  for (int64_t row : rows) ++counts[{images[row].width, images[row].height}];
  out->distinct = static_cast<int64_t>(counts.size());
  for (const auto& [size, count] : counts) {
    if (count <= out->commonest_images) continue;
    out->commonest_images = count;
    out->commonest_width = size.first;
    out->commonest_height = size.second;
  }
}

}  // namespace

Quantiles QuantilesOf(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  Quantiles out;
  out.min = values.front();
  out.p5 = At(values, 0.05);
  out.p25 = At(values, 0.25);
  out.median = At(values, 0.5);
  out.p75 = At(values, 0.75);
  out.p95 = At(values, 0.95);
  out.max = values.back();
  out.mean =
      std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  return out;
}

ImageSizes DescribeSizes(absl::Span<const SurveyedImage> images, int shown) {
  std::vector<int64_t> rows;
  for (size_t i = 0; i < images.size(); ++i) {
    if (images[i].width > 0) rows.push_back(static_cast<int64_t>(i));
  }
  const auto values = [&](auto&& value) { return ValuesOf(images, rows, value); };
  ImageSizes out;
  out.images = static_cast<int64_t>(rows.size());
  out.width = QuantilesOf(values([](const SurveyedImage& i) { return i.width; }));
  out.height = QuantilesOf(values([](const SurveyedImage& i) { return i.height; }));
  out.pixels = QuantilesOf(values([](const SurveyedImage& i) { return double(i.pixels()); }));
  out.bytes = QuantilesOf(values([](const SurveyedImage& i) { return double(i.bytes); }));
  out.aspect =
      QuantilesOf(values([](const SurveyedImage& i) { return double(i.width) / i.height; }));
  FindCommonest(images, rows, &out);
  out.pixel_outliers =
      Outliers(rows, values([](const SurveyedImage& i) { return std::log(double(i.pixels())); }));
  out.aspect_outliers = Outliers(
      rows, values([](const SurveyedImage& i) { return std::log(double(i.width) / i.height); }));
  std::stable_sort(rows.begin(), rows.end(),
                   [&](int64_t a, int64_t b) { return images[a].pixels() < images[b].pixels(); });
  const auto few = std::min<size_t>(shown, rows.size());
  out.smallest.assign(rows.begin(), rows.begin() + few);
  out.largest.assign(rows.rbegin(), rows.rbegin() + few);
  return out;
}

}  // namespace lookbook
