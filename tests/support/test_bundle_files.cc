#include "tests/support/test_bundle_files.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "tests/support/test_calibration.h"

namespace lookbook {
namespace {

// In [0, 1), the same on every platform, which std::uniform_real_distribution is not.
double Uniform(std::mt19937_64* random) {
  return static_cast<double>((*random)() >> 11) * 0x1.0p-53;
}

std::vector<uint32_t> PickIds(int at_least, int at_most, int known, uint32_t (*id_of)(int),
                              std::mt19937_64* random) {
  std::set<uint32_t> ids;
  const int count =
      std::min<int>(known, at_least + static_cast<int>((*random)() % (at_most - at_least + 1)));
  while (static_cast<int>(ids.size()) < count)
    ids.insert(id_of(static_cast<int>((*random)() % known)));
  return {ids.begin(), ids.end()};
}

GoldenCase FillerCase(const TestBundleOptions& options, int index, std::mt19937_64* random) {
  GoldenCase golden;
  golden.image_name = absl::StrCat(index, ".jpg");
  golden.image = absl::StrCat("picture ", index);
  for (int i = 0; i < options.classes; ++i)
    golden.scores.push_back(static_cast<float>(Uniform(random)));
  if (options.scores_attributes) golden.attribute_scores.assign(options.attributes, 0.25f);
  return golden;
}

}  // namespace

uint32_t TestClassId(int index) { return 3 * static_cast<uint32_t>(index) + 1; }
uint32_t TestAttributeId(int index) { return 5 * static_cast<uint32_t>(index) + 2; }

std::vector<float> RandomUnitVectors(int rows, int dim, std::mt19937_64* random) {
  std::vector<float> vectors;
  for (int row = 0; row < rows; ++row) {
    std::vector<double> values(dim);
    double squares = 0;
    for (double& value : values) {
      value = 2 * Uniform(random) - 1;
      squares += value * value;
    }
    for (double value : values) vectors.push_back(static_cast<float>(value / std::sqrt(squares)));
  }
  return vectors;
}

std::vector<Item> MakeTestItems(const TestBundleOptions& options) {
  std::mt19937_64 random(options.seed);
  std::vector<Item> items;
  for (int row = 0; row < options.items; ++row) {
    Item item;
    item.id = absl::StrCat(options.item_prefix, row);
    item.class_ids = PickIds(1, 3, options.classes, &TestClassId, &random);
    if (options.attributes > 0)
      item.attribute_ids = PickIds(0, 2, options.attributes, &TestAttributeId, &random);
    item.uri = absl::StrCat("train/", row, ".jpg");
    item.split = row % 5 == 0 ? "val" : "train";
    items.push_back(std::move(item));
  }
  return items;
}

Manifest MakeTestManifest(const TestBundleOptions& options) {
  Manifest manifest;
  manifest.set_recipe(options.recipe);
  manifest.set_backbone("pooled_linear");
  PreprocessSpec preprocess;
  preprocess.size = options.image_size;
  *manifest.mutable_preprocess() = ToProto(preprocess);
  manifest.set_embedding_dim(options.dim);
  manifest.set_metric("inner_product");
  for (int i = 0; i < options.classes; ++i) {
    auto* entry = manifest.add_classes();
    entry->set_id(TestClassId(i));
    entry->set_name(absl::StrCat("class ", i));
    entry->set_supercategory("garments");
    entry->set_threshold(0.5f);
    entry->set_support(10 + i);
  }
  for (int i = 0; i < options.attributes; ++i) {
    auto* entry = manifest.add_attributes();
    entry->set_id(TestAttributeId(i));
    entry->set_name(absl::StrCat("attribute ", i));
  }
  manifest.set_scores_attributes(options.scores_attributes);
  manifest.mutable_index()->set_spec(options.index);
  if (!options.search.empty()) manifest.mutable_index()->set_search(options.search);
  manifest.mutable_index()->set_file(kIndexFile);
  manifest.set_item_count(options.items);
  if (options.calibrated) {
    *manifest.mutable_calibration() = MakeTestCalibration(options.classes);
    manifest.mutable_calibration()->set_novelty_similarity(options.novelty_similarity);
  }
  manifest.mutable_evaluation()->set_split("val");
  (*manifest.mutable_evaluation()->mutable_values())["map"] = 0.75;
  return manifest;
}

std::vector<GoldenNeighbor> TestNeighbors(const std::vector<Item>& items,
                                          const std::vector<float>& vectors,
                                          const std::vector<float>& query, int top) {
  std::vector<GoldenNeighbor> all;
  for (size_t row = 0; row < items.size(); ++row) {
    double sum = 0;
    for (size_t i = 0; i < query.size(); ++i)
      sum += double{query[i]} * vectors[row * query.size() + i];
    all.push_back({items[row].id, static_cast<float>(sum)});
  }
  std::stable_sort(all.begin(), all.end(), [](const GoldenNeighbor& a, const GoldenNeighbor& b) {
    return a.similarity > b.similarity;
  });
  all.resize(std::min<size_t>(all.size(), top));
  return all;
}

absl::Status WriteTestItems(const std::string& directory, const std::vector<Item>& items,
                            const std::vector<std::string>& thumbnails) {
  LB_ASSIGN_OR_RETURN(auto writer, ItemWriter::Create(JoinPath(directory, kItemsFile)));
  for (size_t row = 0; row < items.size(); ++row)
    LB_RETURN_IF_ERROR(writer->Add(items[row], thumbnails[row]));
  return writer->Finish();
}

absl::Status PublishTestBundle(const TestBundleOptions& options, BundleWriter* writer,
                               TestBundle* bundle) {
  LB_RETURN_IF_ERROR(WriteTestItems(writer->directory(), bundle->items, bundle->thumbnails));
  LB_RETURN_IF_ERROR(WriteGolden(writer->directory(), bundle->golden));
  LB_ASSIGN_OR_RETURN(
      bundle->id, writer->Publish(MakeTestManifest(options), options.created, options.activate));
  bundle->directory = writer->directory();
  LB_ASSIGN_OR_RETURN(const std::string json, ReadFile(JoinPath(bundle->directory, kManifestFile)));
  LB_ASSIGN_OR_RETURN(bundle->manifest, ParseManifest(json));
  return absl::OkStatus();
}

absl::StatusOr<TestBundle> WriteTestBundleFiles(const std::string& root,
                                                const TestBundleOptions& options) {
  std::mt19937_64 random(options.seed + 1);
  TestBundle bundle;
  bundle.root = root;
  bundle.items = MakeTestItems(options);
  bundle.vectors = RandomUnitVectors(options.items, options.dim, &random);
  for (int row = 0; row < options.items; ++row)
    bundle.thumbnails.push_back(absl::StrCat("thumbnail ", row));
  for (int i = 0; i < options.golden_cases; ++i) {
    GoldenCase golden = FillerCase(options, i, &random);
    const auto row = bundle.vectors.begin() + i * options.dim;
    golden.embedding.assign(row, row + options.dim);
    golden.top = TestNeighbors(bundle.items, bundle.vectors, golden.embedding, kGoldenTop);
    bundle.golden.push_back(std::move(golden));
  }
  LB_ASSIGN_OR_RETURN(auto writer, BundleWriter::Create(root));
  LB_RETURN_IF_ERROR(
      WriteFile(JoinPath(writer->directory(), kModelFile), "no model: a test that needs no torch"));
  LB_RETURN_IF_ERROR(
      WriteFile(JoinPath(writer->directory(), kIndexFile), "no index: a test that needs no FAISS"));
  LB_RETURN_IF_ERROR(PublishTestBundle(options, writer.get(), &bundle));
  return bundle;
}

}  // namespace lookbook
