#include "models/commands/manifest_builder.h"

#include <cmath>

#include "absl/strings/string_view.h"
#include "base/version.h"

namespace lookbook {
namespace {

void AddLabels(const ManifestFacts& facts, Manifest* out) {
  for (size_t j = 0; j < facts.data.labels.classes.size(); ++j) {
    const Label& label = facts.data.labels.classes[j];
    auto* entry = out->add_classes();
    entry->set_id(label.id);
    entry->set_name(label.name);
    entry->set_supercategory(label.supercategory);
    entry->set_threshold(facts.calibration.thresholds[j]);
    entry->set_support(static_cast<uint64_t>(facts.support[j]));
  }
  for (const Label& label : facts.data.labels.attributes) {
    auto* entry = out->add_attributes();
    entry->set_id(label.id);
    entry->set_name(label.name);
    entry->set_supercategory(label.supercategory);
  }
}

void AddIndex(const ManifestFacts& facts, Manifest* out) {
  bundle::v1::Index* index = out->mutable_index();
  index->set_spec(facts.recipe.index_spec);
  index->set_file(kIndexFile);
  if (!facts.index.recall.has_value()) return;
  const IndexRecall& recall = *facts.index.recall;
  if (!recall.search.empty()) index->set_search(recall.search);
  index->set_recall_at_10(recall.recall);
  index->set_recall_queries(static_cast<uint64_t>(recall.queries));
  index->set_recall_source(recall.source);
}

}  // namespace

Manifest MakeManifest(const ManifestFacts& facts) {
  Manifest out;
  out.set_recipe(facts.recipe.name);
  out.set_recipe_toml(facts.recipe.text);
  out.set_dataset_sha256(facts.data.sha256);
  out.set_split_sha256(facts.split_sha256);
  out.set_git_commit(std::string(GitCommit()));
  out.set_backbone(facts.recipe.network.backbone);
  *out.mutable_preprocess() = ToProto(facts.preprocess);
  out.set_embedding_dim(static_cast<uint32_t>(facts.shape.dim));
  out.set_metric("inner_product");
  AddLabels(facts, &out);
  AddIndex(facts, &out);
  out.set_item_count(static_cast<uint64_t>(facts.index.items));
  out.set_scores_attributes(facts.shape.attributes > 0);
  out.mutable_evaluation()->set_split(facts.evaluated_split);
  out.mutable_evaluation()->set_images(static_cast<uint64_t>(facts.evaluated_images));
  for (const auto& [name, value] : facts.values) {
    if (std::isfinite(value)) (*out.mutable_evaluation()->mutable_values())[name] = value;
  }
  *out.mutable_calibration() = facts.calibration.block;
  return out;
}

LabelSpace LabelsOf(const Manifest& manifest) {
  LabelSpace out;
  for (const auto& entry : manifest.classes())
    out.classes.push_back({entry.id(), entry.name(), entry.supercategory()});
  for (const auto& entry : manifest.attributes()) {
    out.attributes.push_back({entry.id(), entry.name(), entry.supercategory()});
  }
  return out;
}

}  // namespace lookbook
