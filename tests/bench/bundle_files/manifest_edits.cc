#include "tests/bench/bundle_files/manifest_edits.h"

#include <cmath>

namespace lookbook {
namespace {

using Edits = std::vector<ManifestEdit>;

void AddHead(Edits* edits) {
  edits->push_back({"format_version 2", [](Manifest* m) { m->set_format_version(2); }});
  edits->push_back({"format_version 0", [](Manifest* m) { m->set_format_version(0); }});
  edits->push_back(
      {"created with a fraction", [](Manifest* m) { m->set_created("2026-11-23T10:15:00.5Z"); }});
  edits->push_back({"created empty", [](Manifest* m) { m->set_created(""); }});
  edits->push_back({"metric l2", [](Manifest* m) { m->set_metric("l2"); }});
  for (const int by : {-1, 1}) {
    edits->push_back({by < 0 ? "a dimension less" : "a dimension more",
                      [=](Manifest* m) { m->set_embedding_dim(m->embedding_dim() + by); }});
    edits->push_back({by < 0 ? "an item less" : "an item more",
                      [=](Manifest* m) { m->set_item_count(m->item_count() + by); }});
  }
  edits->push_back({"no dimension", [](Manifest* m) { m->set_embedding_dim(0); }});
  edits->push_back({"no items", [](Manifest* m) { m->set_item_count(0); }});
  edits->push_back({"2^63 items", [](Manifest* m) { m->set_item_count(uint64_t{1} << 63); }});
}

void AddPreprocess(Edits* edits) {
  const auto add = [&](const char* what, void (*apply)(bundle::v1::Preprocess*)) {
    edits->push_back({what, [=](Manifest* m) { apply(m->mutable_preprocess()); }});
  };
  add("images of 7 pixels", [](auto* p) { p->set_size(7); });
  add("images of 8 pixels", [](auto* p) { p->set_size(8); });
  add("images of 4097 pixels", [](auto* p) { p->set_size(4097); });
  add("crop for squish", [](auto* p) { p->set_resize("crop"); });
  add("an unknown resize", [](auto* p) { p->set_resize("Squish"); });
  add("bilinear for area", [](auto* p) { p->set_interpolation("bilinear"); });
  add("channels exchanged", [](auto* p) { p->mutable_mean()->SwapElements(0, 2); });
  add("two means", [](auto* p) { p->mutable_mean()->RemoveLast(); });
  add("a mean that is no number", [](auto* p) { p->set_mean(1, std::nanf("")); });
  add("a std of 0", [](auto* p) { p->set_std(2, 0); });
  add("another std", [](auto* p) { p->set_std(2, 2 * p->std(2)); });
  add("not upright", [](auto* p) { p->set_orientation(false); });
  add("never scaled", [](auto* p) { p->set_min_scale_factor(0); });
  add("scale factor 65", [](auto* p) { p->set_min_scale_factor(65); });
}

void AddClasses(Edits* edits) {
  edits->push_back({"no classes", [](Manifest* m) { m->clear_classes(); }});
  edits->push_back({"a class less", [](Manifest* m) { m->mutable_classes()->RemoveLast(); }});
  edits->push_back({"a class more", [](Manifest* m) {
                      auto* entry = m->add_classes();
                      entry->set_id(9999);
                      entry->set_name("more");
                    }});
  edits->push_back(
      {"a class twice", [](Manifest* m) { m->mutable_classes(1)->set_id(m->classes(0).id()); }});
  edits->push_back(
      {"a class renumbered", [](Manifest* m) { m->mutable_classes(0)->set_id(9999); }});
  edits->push_back(
      {"a class without a name", [](Manifest* m) { m->mutable_classes(0)->set_name(""); }});
  for (const float threshold : {-0.1f, 1.1f, std::nanf("")}) {
    edits->push_back({"a threshold out of range",
                      [=](Manifest* m) { m->mutable_classes(0)->set_threshold(threshold); }});
  }
  edits->push_back({"an attribute twice",
                    [](Manifest* m) { m->mutable_attributes(1)->set_id(m->attributes(0).id()); }});
  edits->push_back({"no attributes", [](Manifest* m) { m->clear_attributes(); }});
  edits->push_back({"attribute scores", [](Manifest* m) { m->set_scores_attributes(true); }});
}

void AddIndexAndCalibration(Edits* edits) {
  const auto add = [&](const char* what, void (*apply)(Manifest*)) {
    edits->push_back({what, apply});
  };
  add("another kind of index", [](Manifest* m) {
    m->mutable_index()->set_spec(m->index().spec() == "SQ8" ? "SQfp16" : "SQ8");
    m->mutable_index()->clear_search();
  });
  add("an unknown kind of index", [](Manifest* m) { m->mutable_index()->set_spec("PQ8"); });
  add("a search of no kind", [](Manifest* m) { m->mutable_index()->set_search("nprobe=100000"); });
  add("the model as index", [](Manifest* m) { m->mutable_index()->set_file("model.ts"); });
  add("an index elsewhere", [](Manifest* m) { m->mutable_index()->set_file("../index.faiss"); });
  add("a recall of 2", [](Manifest* m) {
    m->mutable_index()->set_recall_at_10(2);
    m->mutable_index()->set_recall_queries(1);
    m->mutable_index()->set_recall_source("items");
  });
  add("a probability of 2",
      [](Manifest* m) { m->mutable_calibration()->mutable_knots(0)->set_probability(2); });
  add("knots in no order", [](Manifest* m) {
    m->mutable_calibration()->mutable_knots()->SwapElements(0, m->calibration().knots_size() - 1);
  });
  add("a novelty of 3", [](Manifest* m) { m->mutable_calibration()->set_novelty_similarity(3); });
  add("no queries", [](Manifest* m) { m->mutable_calibration()->set_queries(0); });
}

void AddFiles(Edits* edits) {
  const auto add = [&](const char* what, void (*apply)(Manifest*)) {
    edits->push_back({what, apply});
  };
  add("a file of the system", [](Manifest* m) { m->mutable_files(0)->set_name("/etc/passwd"); });
  add("a file upwards", [](Manifest* m) { m->mutable_files(0)->set_name("../CURRENT"); });
  add("the manifest in itself",
      [](Manifest* m) { m->mutable_files(0)->set_name("manifest.json"); });
  add("a signature in the manifest",
      [](Manifest* m) { m->mutable_files(0)->set_name("manifest.sig"); });
  add("a file that is not there",
      [](Manifest* m) { m->mutable_files(0)->set_name("golden/-.jpg"); });
  add("a file less", [](Manifest* m) { m->mutable_files()->RemoveLast(); });
  add("a file twice", [](Manifest* m) { *m->add_files() = m->files(m->files_size() - 1); });
  add("files in no order", [](Manifest* m) { m->mutable_files()->SwapElements(0, 1); });
  add("no files", [](Manifest* m) { m->clear_files(); });
  add("a byte less", [](Manifest* m) { m->mutable_files(0)->set_bytes(m->files(0).bytes() - 1); });
  add("2^64 - 1 bytes", [](Manifest* m) { m->mutable_files(0)->set_bytes(~uint64_t{0}); });
  add("the hash of another file",
      [](Manifest* m) { m->mutable_files(0)->set_sha256(m->files(1).sha256()); });
  add("a hash in capitals", [](Manifest* m) {
    m->mutable_files(0)->set_sha256("ABCDEF" + m->files(0).sha256().substr(6));
  });
  add("a hash too short", [](Manifest* m) { m->mutable_files(0)->mutable_sha256()->pop_back(); });
}

}  // namespace

const std::vector<ManifestEdit>& RuleEdits() {
  static const auto* edits = [] {
    auto* made = new Edits;
    AddHead(made);
    AddPreprocess(made);
    AddClasses(made);
    AddIndexAndCalibration(made);
    AddFiles(made);
    return made;
  }();
  return *edits;
}

const std::vector<ManifestEdit>& FreeEdits() {
  static const auto* edits = new Edits{
      {"another recipe", [](Manifest* m) { m->set_recipe("another"); }},
      {"another recipe_toml", [](Manifest* m) { m->set_recipe_toml("name = \"another\"\n"); }},
      {"another dataset_sha256", [](Manifest* m) { m->set_dataset_sha256("0"); }},
      {"another split_sha256", [](Manifest* m) { m->set_split_sha256("0"); }},
      {"another git_commit", [](Manifest* m) { m->set_git_commit("0"); }},
      {"another backbone", [](Manifest* m) { m->set_backbone("another"); }},
      {"another time", [](Manifest* m) { m->set_created("2026-11-24T00:00:00Z"); }},
      {"another evaluation",
       [](Manifest* m) { (*m->mutable_evaluation()->mutable_values())["map"] = 1; }},
      {"another threshold", [](Manifest* m) { m->mutable_classes(0)->set_threshold(0.25f); }},
      {"another name", [](Manifest* m) { m->mutable_classes(0)->set_name("another"); }},
      {"another support", [](Manifest* m) { m->mutable_classes(0)->set_support(1); }},
      {"another novelty",
       [](Manifest* m) { m->mutable_calibration()->set_novelty_similarity(-0.5); }},
      {"no calibration", [](Manifest* m) { m->clear_calibration(); }},
  };
  return *edits;
}

}  // namespace lookbook
