#include "models/explore/explore_json.h"

#include "nlohmann/json.hpp"

namespace lookbook {
namespace {

using Json = nlohmann::json;

Json LabelList(const std::vector<Label>& labels, const std::vector<int64_t>& images,
               const std::vector<int64_t>* rows) {
  Json list = Json::array();
  for (size_t i = 0; i < labels.size(); ++i) {
    Json entry = {{"id", labels[i].id}, {"name", labels[i].name}, {"images", images[i]}};
    if (rows != nullptr) entry["rows"] = (*rows)[i];
    list.push_back(entry);
  }
  return list;
}

Json Matrix(const std::vector<int64_t>& values, size_t columns) {
  Json rows = Json::array();
  for (size_t i = 0; columns > 0 && i < values.size(); i += columns) {
    rows.push_back(std::vector<int64_t>(values.begin() + i, values.begin() + i + columns));
  }
  return rows;
}

Json PartList(const Exploration& explored) {
  Json list = Json::array();
  for (const ExploredPart& part : explored.parts) {
    list.push_back({{"name", part.name},
                    {"labelled", part.labelled},
                    {"images", part.images},
                    {"unreadable", part.unreadable}});
  }
  return list;
}

Json Labels(const Exploration& explored) {
  const LabelDistribution& labels = explored.labels;
  const LabelSpace& space = explored.data.labels;
  return {{"images", labels.images},
          {"mean_classes", labels.mean_classes()},
          {"mean_attributes", labels.mean_attributes()},
          {"attributes_known", labels.attributes_known},
          {"classes_per_image", labels.classes_per_image},
          {"attributes_per_image", labels.attributes_per_image},
          {"classes", LabelList(space.classes, labels.class_images, &labels.class_rows)},
          {"attributes", LabelList(space.attributes, labels.attribute_images, nullptr)},
          {"class_class", Matrix(labels.class_class, space.classes.size())},
          {"class_attribute", Matrix(labels.class_attribute, space.attributes.size())}};
}

Json Pairs(const LabelPairs& pairs) {
  return {{"pairs", pairs.pairs()},
          {"by_shared", pairs.by_shared},
          {"share_none", pairs.Share(pairs.by_shared[0])},
          {"share_above_2", pairs.Share(pairs.PairsAbove(2))},
          {"share_above_3", pairs.Share(pairs.PairsAbove(3))},
          {"mean_jaccard", pairs.mean_jaccard},
          {"label_sets", pairs.label_sets},
          {"commonest_set", pairs.commonest},
          {"commonest_set_images", pairs.commonest_images},
          {"images_with_none", pairs.with_none},
          {"images_with_above", pairs.with_above},
          {"images_with_both", pairs.with_both}};
}

Json Quartiles(const Quantiles& q) {
  return {{"min", q.min}, {"p5", q.p5},   {"p25", q.p25}, {"median", q.median},
          {"p75", q.p75}, {"p95", q.p95}, {"max", q.max}, {"mean", q.mean}};
}

Json PictureList(const Exploration& explored, const std::vector<int64_t>& rows) {
  Json list = Json::array();
  for (int64_t row : rows) {
    const SurveyedImage& image = explored.images[row];
    list.push_back({{"path", image.path},
                    {"part", explored.parts[image.part].name},
                    {"width", image.width},
                    {"height", image.height},
                    {"bytes", image.bytes}});
  }
  return list;
}

Json Sizes(const Exploration& explored) {
  const ImageSizes& sizes = explored.sizes;
  return {{"images", sizes.images},
          {"width", Quartiles(sizes.width)},
          {"height", Quartiles(sizes.height)},
          {"pixels", Quartiles(sizes.pixels)},
          {"aspect", Quartiles(sizes.aspect)},
          {"bytes", Quartiles(sizes.bytes)},
          {"distinct", sizes.distinct},
          {"commonest",
           {{"width", sizes.commonest_width},
            {"height", sizes.commonest_height},
            {"images", sizes.commonest_images}}},
          {"smallest", PictureList(explored, sizes.smallest)},
          {"largest", PictureList(explored, sizes.largest)},
          {"pixel_outliers", PictureList(explored, sizes.pixel_outliers)},
          {"aspect_outliers", PictureList(explored, sizes.aspect_outliers)}};
}

Json PairList(const Exploration& explored, const std::vector<NearPair>& pairs) {
  Json list = Json::array();
  for (const NearPair& pair : pairs) {
    const SurveyedImage& a = explored.images[pair.a];
    const SurveyedImage& b = explored.images[pair.b];
    list.push_back({{"bits", pair.bits},
                    {"paths", {a.path, b.path}},
                    {"parts", {explored.parts[a.part].name, explored.parts[b.part].name}}});
  }
  return list;
}

Json Copies(const Exploration& explored) {
  if (!explored.options.hashes) return nullptr;
  return {{"within", explored.copies.within},
          {"across", explored.copies.across},
          {"by_parts", Matrix(explored.copies.by_parts, explored.parts.size())},
          {"across_pairs", PairList(explored, explored.copies.across_pairs)},
          {"within_pairs", PairList(explored, explored.copies.within_pairs)}};
}

Json Issues(const Exploration& explored) {
  Json list = Json::array();
  for (const DataIssue& issue : explored.issues)
    list.push_back({{"what", issue.what}, {"count", issue.count}, {"examples", issue.examples}});
  return list;
}

}  // namespace

std::string ExplorationToJson(const Exploration& explored) {
  const Json json = {{"root", explored.options.root},
                     {"csv", explored.options.csv},
                     {"sha256", explored.data.sha256},
                     {"split", explored.options.split},
                     {"seed", explored.options.seed},
                     {"rows", explored.data.rows},
                     {"labelled", explored.labelled()},
                     {"unlabelled", explored.unlabelled()},
                     {"unreadable", explored.unreadable()},
                     {"unlisted", explored.unlisted.size()},
                     {"parts", PartList(explored)},
                     {"labels", Labels(explored)},
                     {"pairs", Pairs(explored.pairs)},
                     {"sizes", Sizes(explored)},
                     {"near_duplicates", Copies(explored)},
                     {"issues", Issues(explored)},
                     {"seconds",
                      {{"labels", explored.seconds.labels},
                       {"pairs", explored.seconds.pairs},
                       {"pictures", explored.seconds.pictures},
                       {"near_duplicates", explored.seconds.copies}}}};
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace lookbook
