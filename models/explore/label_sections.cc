#include "models/explore/label_sections.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "models/report/numbers_text.h"

namespace lookbook {
namespace {

constexpr size_t kMostBars = 60;
constexpr size_t kMostMapColumns = 40;

std::string Share(int64_t part, int64_t whole) { return PercentText(part, whole); }

// Columns by count, the largest first.
std::vector<size_t> ByCount(const std::vector<int64_t>& counts) {
  std::vector<size_t> order(counts.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return counts[a] > counts[b]; });
  return order;
}

ReportChart Histogram(const std::string& title, const std::string& x_title,
                      const std::vector<int64_t>& counts) {
  ReportChart chart;
  chart.kind = ChartKind::kBar;
  chart.title = title;
  chart.x_title = x_title;
  chart.y_title = "images";
  ReportSeries series{.name = "images"};
  for (size_t k = 0; k < counts.size(); ++k) {
    chart.labels.push_back(absl::StrCat(k));
    series.values.push_back(static_cast<double>(counts[k]));
  }
  chart.series.push_back(std::move(series));
  return chart;
}

ReportChart Frequencies(const std::string& title, const std::vector<Label>& labels,
                        const std::vector<int64_t>& images) {
  ReportChart chart;
  chart.kind = ChartKind::kHorizontalBar;
  chart.title = title;
  chart.y_title = "images";
  ReportSeries series{.name = "images"};
  std::vector<size_t> order = ByCount(images);
  if (order.size() > kMostBars) {
    chart.note = absl::StrCat("The ", kMostBars, " commonest of ", order.size(),
                              "; the table has all of them.");
    order.resize(kMostBars);
  }
  for (size_t column : order) {
    chart.labels.push_back(labels[column].name);
    series.values.push_back(static_cast<double>(images[column]));
  }
  chart.series.push_back(std::move(series));
  return chart;
}

ReportTable ClassTable(const Exploration& explored) {
  const LabelDistribution& labels = explored.labels;
  ReportTable table;
  table.title = "All classes";
  table.folded = true;
  table.columns = {{"class"}, {"id", true}, {"images", true}, {"of images", true}, {"rows", true}};
  for (size_t column : ByCount(labels.class_images)) {
    const Label& label = explored.data.labels.classes[column];
    table.rows.push_back(
        {label.name, absl::StrCat(label.id), WithCommas(labels.class_images[column]),
         Share(labels.class_images[column], labels.images), WithCommas(labels.class_rows[column])});
  }
  return table;
}

ReportTable AttributeTable(const Exploration& explored) {
  const LabelDistribution& labels = explored.labels;
  ReportTable table;
  table.title = "All attributes";
  table.folded = true;
  table.columns = {{"attribute"}, {"id", true}, {"images", true}, {"of those known", true}};
  for (size_t column : ByCount(labels.attribute_images)) {
    const Label& label = explored.data.labels.attributes[column];
    table.rows.push_back({label.name, absl::StrCat(label.id),
                          WithCommas(labels.attribute_images[column]),
                          Share(labels.attribute_images[column], labels.attributes_known)});
  }
  return table;
}

// The commonest columns that occur at all.
std::vector<size_t> Occurring(const std::vector<int64_t>& counts, size_t most) {
  std::vector<size_t> order = ByCount(counts);
  while (!order.empty() && (counts[order.back()] == 0 || order.size() > most)) order.pop_back();
  return order;
}

// Share of the images of each row's class that have the column's label, in per cent.
ReportHeatmap Shares(const Exploration& explored, const std::vector<Label>& labels,
                     const std::vector<int64_t>& counts, const std::vector<size_t>& columns,
                     bool same) {
  ReportHeatmap map;
  const std::vector<size_t> rows = Occurring(explored.labels.class_images, kMostMapColumns * 2);
  for (size_t column : columns) map.columns.push_back(labels[column].name);
  for (size_t row : rows) {
    map.rows.push_back(explored.data.labels.classes[row].name);
    for (size_t column : columns) {
      const double share = 100.0 * static_cast<double>(counts[row * labels.size() + column]) /
                           static_cast<double>(explored.labels.class_images[row]);
      map.values.push_back(same && row == column ? NAN : share);
    }
  }
  return map;
}

}  // namespace

ReportSection LabelSection(const Exploration& explored) {
  const LabelDistribution& labels = explored.labels;
  const LabelSpace& space = explored.data.labels;
  const std::vector<size_t> order = ByCount(labels.class_images);
  ReportSection section;
  section.title = "Labels";
  section.lead =
      "A row of the CSV is one garment of one picture; a picture has the labels of all its rows. "
      "Attributes that are not listed count as unknown, not as absent.";
  section.blocks.push_back(ReportFacts{
      {{"classes an image", absl::StrFormat("%.2f", labels.mean_classes()),
        absl::StrCat("at most ", std::max<size_t>(labels.classes_per_image.size(), 1) - 1)},
       {"attributes an image", absl::StrFormat("%.2f", labels.mean_attributes()),
        "where they are known"},
       {"attributes known", Share(labels.attributes_known, labels.images),
        absl::StrCat("of ", WithCommas(labels.images), " images")},
       {"commonest class", order.empty() ? "–" : space.classes[order.front()].name,
        order.empty() ? "" : Share(labels.class_images[order.front()], labels.images)},
       {"rarest class", order.empty() ? "–" : space.classes[order.back()].name,
        order.empty() ? ""
                      : absl::StrCat(WithCommas(labels.class_images[order.back()]), " images")}}});
  section.blocks.push_back(
      Histogram("Classes an image", "classes of one image", labels.classes_per_image));
  section.blocks.push_back(Frequencies("Images of each class", space.classes, labels.class_images));
  section.blocks.push_back(ClassTable(explored));
  if (space.attributes.empty()) return section;
  section.blocks.push_back(
      Histogram("Attributes an image", "attributes of one image", labels.attributes_per_image));
  section.blocks.push_back(
      Frequencies("Images of each attribute", space.attributes, labels.attribute_images));
  section.blocks.push_back(AttributeTable(explored));
  return section;
}

ReportSection TogetherSection(const Exploration& explored) {
  const LabelDistribution& labels = explored.labels;
  ReportSection section;
  section.title = "What comes together";
  section.lead =
      "Of the images of the class on the left, the share in per cent that also has the label "
      "above.";
  ReportHeatmap classes =
      Shares(explored, explored.data.labels.classes, labels.class_class,
             Occurring(labels.class_images, kMostMapColumns * 2), /*same=*/true);
  classes.title = "Classes with classes";
  section.blocks.push_back(std::move(classes));
  if (explored.data.labels.attributes.empty()) return section;
  ReportHeatmap attributes =
      Shares(explored, explored.data.labels.attributes, labels.class_attribute,
             Occurring(labels.attribute_images, kMostMapColumns), /*same=*/false);
  attributes.title = "Classes with attributes";
  if (explored.data.labels.attributes.size() > kMostMapColumns)
    attributes.note = absl::StrCat("The ", kMostMapColumns, " commonest attributes.");
  section.blocks.push_back(std::move(attributes));
  return section;
}

ReportSection PairSection(const Exploration& explored) {
  const LabelPairs& pairs = explored.pairs;
  ReportSection section;
  section.title = "Pairs";
  section.lead =
      "What a metric loss can learn from: pairs of pictures that share many classes, and pairs "
      "that "
      "share none. Counted over all pairs.";
  std::vector<std::string> commonest;
  for (int column : pairs.commonest) commonest.push_back(explored.data.labels.classes[column].name);
  section.blocks.push_back(ReportFacts{
      {{"share no class", PercentText(pairs.Share(pairs.by_shared[0])), "of all pairs"},
       {"share more than 2", PercentText(pairs.Share(pairs.PairsAbove(2))), "of all pairs"},
       {"share more than 3", PercentText(pairs.Share(pairs.PairsAbove(3))), "of all pairs"},
       {"anchors with both", Share(pairs.with_both, pairs.images),
        "a partner that shares more than 3, and one that shares none"},
       {"mean Jaccard", absl::StrFormat("%.3f", pairs.mean_jaccard), "shared over all classes"},
       {"distinct label sets", WithCommas(pairs.label_sets),
        absl::StrCat("commonest: ", absl::StrJoin(commonest, ", "), " (",
                     Share(pairs.commonest_images, pairs.images), ")")}}});
  ReportChart chart;
  chart.kind = ChartKind::kBar;
  chart.title = "Pairs by the number of classes they share";
  chart.x_title = "classes that two pictures share";
  chart.y_title = "% of pairs";
  ReportSeries series{.name = "% of pairs"};
  size_t last = pairs.by_shared.size();
  while (last > 1 && pairs.by_shared[last - 1] == 0) --last;
  for (size_t k = 0; k < last; ++k) {
    chart.labels.push_back(absl::StrCat(k));
    series.values.push_back(100 * pairs.Share(pairs.by_shared[k]));
  }
  chart.series.push_back(std::move(series));
  section.blocks.push_back(std::move(chart));
  ReportTable table;
  table.title = "Images that find a positive, by how much it must share";
  table.columns = {{"partner shares"}, {"images", true}, {"of images", true}};
  for (int k = 3; k >= 0; --k) {
    table.rows.push_back({absl::StrCat("more than ", k), WithCommas(pairs.with_above[k]),
                          Share(pairs.with_above[k], pairs.images)});
  }
  table.rows.push_back({"none", WithCommas(pairs.with_none), Share(pairs.with_none, pairs.images)});
  section.blocks.push_back(std::move(table));
  return section;
}

}  // namespace lookbook
