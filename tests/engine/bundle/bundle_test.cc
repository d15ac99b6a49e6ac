#include "engine/bundle/bundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "engine/bundle/bundle_writer.h"
#include "engine/embed/torchscript_embedder.h"
#include "engine/index/index_factory.h"
#include "tests/support/image_files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_bundle.h"

namespace lookbook {
namespace {

using ::testing::ElementsAreArray;
using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::Pointwise;

// Small and quick to open.
BundleOptions QuickOptions() {
  BundleOptions options;
  options.max_batch = 2;
  return options;
}

class BundleTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto bundle = WriteTestBundle(root_.path());
    ASSERT_THAT(bundle, IsOk());
    bundle_ = *std::move(bundle);
  }

  using Change = std::function<void(const std::string& directory, Manifest* manifest)>;

  // Publishes the bundle once more with `change` made to its files and manifest: all hashes are
  // right.
  absl::StatusOr<std::shared_ptr<const Bundle>> OpenChanged(
      const Change& change, BundleOptions options = QuickOptions()) {
    auto writer = BundleWriter::Create(root_.path());
    EXPECT_THAT(writer, IsOk());
    const std::string directory = (*writer)->directory();
    std::filesystem::copy(bundle_.directory, directory, std::filesystem::copy_options::recursive);
    std::filesystem::remove(directory + "/manifest.json");
    Manifest manifest = bundle_.manifest;
    manifest.set_git_commit(absl::StrCat("change ", ++changes_));  // Makes the id another.
    change(directory, &manifest);
    const auto id =
        (*writer)->Publish(manifest, absl::FromUnixSeconds(1795428900), /*activate=*/true);
    EXPECT_THAT(id, IsOk());
    return OpenCurrentBundle(root_.path(), options);
  }

  void ExpectRefused(const std::string& reason, const std::string& text, const Change& change) {
    const auto bundle = OpenChanged(change);
    EXPECT_THAT(bundle, StatusIs(absl::StatusCode::kDataLoss, HasSubstr(text)));
    EXPECT_THAT(bundle, HasReason(reason));
  }

  TempDir root_{TempDir::kMemory};
  TestBundle bundle_;
  int changes_ = 0;
};

TEST_F(BundleTest, OpensWhatCurrentNames) {
  LB_ASSERT_OK_AND_ASSIGN(const auto bundle, OpenCurrentBundle(root_.path(), {}));
  EXPECT_EQ(bundle->id, bundle_.id);
  EXPECT_EQ(bundle->directory, bundle_.directory);
  EXPECT_EQ(bundle->manifest.SerializeAsString(), bundle_.manifest.SerializeAsString());
  EXPECT_EQ(bundle->preprocess.size, 16);
  EXPECT_EQ(bundle->embedder->shape().dim, 8);
  EXPECT_EQ(bundle->embedder->shape().classes, 5);
  EXPECT_EQ(bundle->embedder->shape().attributes, 0);
  EXPECT_EQ(bundle->embedder->MaxBatch(), 32);
  EXPECT_EQ(bundle->index->size(), 40);
  EXPECT_EQ(bundle->items->size(), 40);
  EXPECT_THAT(bundle->index->Vector(17),
              IsOkAndHolds(ElementsAreArray(bundle_.vectors.data() + 17 * 8, 8)));
}

TEST_F(BundleTest, OpensAFolderByItself) {
  LB_ASSERT_OK_AND_ASSIGN(const auto bundle, OpenBundle(bundle_.directory + "/", QuickOptions()));
  EXPECT_EQ(bundle->id, bundle_.id);
  EXPECT_EQ(bundle->embedder->MaxBatch(), 2);
}

TEST_F(BundleTest, EmbedsAndFindsAsTheReferenceSays) {
  LB_ASSERT_OK_AND_ASSIGN(const auto bundle, OpenCurrentBundle(root_.path(), QuickOptions()));
  for (int i = 0; i < 3; ++i) {
    const GoldenCase& golden = bundle_.golden[i];
    LB_ASSERT_OK_AND_ASSIGN(const Embeddings result, EmbedImageFile(*bundle, golden.image));
    EXPECT_THAT(result.vectors, Pointwise(FloatNear(1e-5f), golden.embedding));
    EXPECT_THAT(result.scores, Pointwise(FloatNear(1e-5f), golden.scores));
    QueryOptions options;
    options.top_k = 5;
    LB_ASSERT_OK_AND_ASSIGN(const auto found, bundle->index->Search(result.vectors, {options}));
    EXPECT_EQ(bundle->items->item(found[0][0].row).id, absl::StrCat("item-", i));
    EXPECT_NEAR(found[0][0].similarity, 1, 1e-5);
  }
}

TEST_F(BundleTest, AttributeScoresWhenTheManifestSaysSo) {
  const TempDir root(TempDir::kMemory);
  TestBundleOptions options;
  options.scores_attributes = true;
  LB_ASSERT_OK_AND_ASSIGN(const TestBundle written, WriteTestBundle(root.path(), options));
  LB_ASSERT_OK_AND_ASSIGN(const auto bundle, OpenCurrentBundle(root.path(), QuickOptions()));
  EXPECT_EQ(bundle->embedder->shape().attributes, 3);
  LB_ASSERT_OK_AND_ASSIGN(const Embeddings result,
                          EmbedImageFile(*bundle, written.golden[0].image));
  EXPECT_THAT(result.attribute_scores,
              Pointwise(FloatNear(1e-5f), written.golden[0].attribute_scores));
}

TEST_F(BundleTest, MaxBatchNeedNotBeAPowerOfTwo) {
  BundleOptions options;
  options.max_batch = 6;
  LB_ASSERT_OK_AND_ASSIGN(const auto bundle, OpenCurrentBundle(root_.path(), options));
  EXPECT_EQ(bundle->embedder->MaxBatch(), 6);
  for (int wrong : {0, -1, 1025}) {
    options.max_batch = wrong;
    EXPECT_THAT(
        OpenCurrentBundle(root_.path(), options),
        StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(absl::StrCat("max_batch ", wrong))));
  }
}

TEST_F(BundleTest, NoCurrentIsNotFound) {
  const TempDir empty(TempDir::kMemory);
  EXPECT_THAT(OpenCurrentBundle(empty.path(), {}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("CURRENT")));
}

// verify_test does this for every byte; here it is shown that the loader asks.
TEST_F(BundleTest, AChangedByteOfAnyFileIsRefused) {
  std::vector<std::string> names = {"manifest.json", "../CURRENT"};
  for (const auto& file : bundle_.manifest.files()) names.push_back(file.name());
  for (const std::string& name : names) {
    const std::string path = JoinPath(bundle_.directory, name);
    LB_ASSERT_OK_AND_ASSIGN(const std::string good, ReadFile(path));
    for (size_t offset : {size_t{0}, good.size() / 2, good.size() - 1}) {
      std::string bad = good;
      bad[offset] = static_cast<char>(bad[offset] ^ 1);
      ASSERT_THAT(WriteFile(path, bad), IsOk());
      const auto bundle = OpenCurrentBundle(root_.path(), QuickOptions());
      EXPECT_THAT(bundle, StatusIs(absl::StatusCode::kDataLoss)) << name << " " << offset;
      EXPECT_THAT(bundle, HasReason(name == "manifest.json" || name == "../CURRENT" ? "manifest"
                                                                                    : "checksum"));
    }
    ASSERT_THAT(WriteFile(path, good), IsOk());
  }
  EXPECT_THAT(OpenCurrentBundle(root_.path(), QuickOptions()), IsOk());
}

TEST_F(BundleTest, AManifestThatPromisesAnotherShapeIsRefused) {
  ExpectRefused("format", "model.ts",
                [](const std::string&, Manifest* m) { m->set_embedding_dim(9); });
  ExpectRefused("format", "model.ts", [](const std::string&, Manifest* m) {
    m->add_classes()->set_id(99);
    m->mutable_classes(5)->set_name("one too many");
  });
  ExpectRefused("format", "model.ts",
                [](const std::string&, Manifest* m) { m->set_scores_attributes(true); });
  ExpectRefused("format", "items.sqlite holds 40 items, not the 41",
                [](const std::string&, Manifest* m) { m->set_item_count(41); });
}

TEST_F(BundleTest, ItemsWithIdsThatTheManifestLacksAreRefused) {
  ExpectRefused("format", "class id 4 is not in manifest.json",
                [](const std::string&, Manifest* m) { m->mutable_classes(1)->set_id(1000); });
  ExpectRefused("format", "attribute id 7 is not in manifest.json",
                [](const std::string&, Manifest* m) { m->mutable_attributes(1)->set_id(1000); });
}

TEST_F(BundleTest, AnIndexOfAnotherKindIsRefused) {
  const auto put = [this](int dim, int rows) {
    return [this, dim, rows](const std::string& directory, Manifest*) {
      std::mt19937_64 random(5);
      const auto index = BuildIndex(IndexSpec(), dim, RandomUnitVectors(rows, dim, &random));
      ASSERT_THAT(index, IsOk());
      ASSERT_THAT((*index)->Save(directory + "/index.faiss"), IsOk());
    };
  };
  ExpectRefused("format", "index.faiss", put(8, 39));
  ExpectRefused("format", "index.faiss", put(9, 40));
  ExpectRefused("golden", "in the index, not", put(8, 40));  // Fits, but holds other vectors.
}

TEST_F(BundleTest, FilesThatTheirReadersRefuseAreNamed) {
  for (const char* name : {"model.ts", "index.faiss", "items.sqlite"}) {
    for (const std::string& bytes :
         {std::string(), std::string("garbage"), std::string(10000, 'x')}) {
      ExpectRefused("format", name, [&](const std::string& directory, Manifest*) {
        ASSERT_THAT(WriteFile(JoinPath(directory, name), bytes), IsOk());
      });
    }
  }
  ExpectRefused("golden", "golden/golden.json", [&](const std::string& directory, Manifest*) {
    ASSERT_THAT(WriteFile(directory + "/golden/golden.json", "{"), IsOk());
  });
  ExpectRefused("golden", "golden/1.jpg", [&](const std::string& directory, Manifest*) {
    ASSERT_THAT(WriteFile(directory + "/golden/1.jpg", Cut(bundle_.golden[1].image, 50)), IsOk());
  });
}

// Train and serve disagree on a step of preprocessing: each is caught by the golden images, and
// only by them.
TEST_F(BundleTest, SkewIsRefused) {
  const std::vector<std::pair<const char*, Change>> skews = {
      {"scaled decode",
       [](const std::string&, Manifest* m) { m->mutable_preprocess()->set_min_scale_factor(0); }},
      {"orientation",
       [](const std::string&, Manifest* m) { m->mutable_preprocess()->set_orientation(false); }},
      {"channels",
       [](const std::string&, Manifest* m) {
         m->mutable_preprocess()->mutable_mean()->SwapElements(0, 2);
       }},
      {"std", [](const std::string&, Manifest* m) { m->mutable_preprocess()->set_std(1, 0.25f); }},
      {"resize",
       [](const std::string&, Manifest* m) { m->mutable_preprocess()->set_resize("crop"); }},
      {"interpolation", [](const std::string&, Manifest* m) {
         m->mutable_preprocess()->set_interpolation("bilinear");
       }}};
  for (const auto& [name, change] : skews) {
    const auto bundle = OpenChanged(change);
    EXPECT_THAT(bundle, StatusIs(absl::StatusCode::kDataLoss, HasSubstr("golden/"))) << name;
    EXPECT_THAT(bundle, HasReason("golden")) << name;
    BundleOptions unchecked = QuickOptions();
    unchecked.self_test = false;
    EXPECT_THAT(OpenChanged(change, unchecked), IsOk()) << name;
  }
}

TEST_F(BundleTest, AnotherModelOfTheSameShapeIsRefused) {
  TestBundleOptions other;
  other.seed = 2;
  ExpectRefused("golden", "cosine", [&](const std::string& directory, Manifest*) {
    TestModel(other).Save(directory + "/model.ts");
  });
}

struct KindOfBundle {
  const char* index;
  const char* search;
  const char* searched_with_64;  // With nprobe = ef_search = 64.
};
std::ostream& operator<<(std::ostream& out, const KindOfBundle& kind) { return out << kind.index; }

class BundleKindsTest : public ::testing::TestWithParam<KindOfBundle> {
 protected:
  void SetUp() override {
    TestBundleOptions options;
    options.items = 160;
    options.index = GetParam().index;
    options.search = GetParam().search;
    LB_ASSERT_OK_AND_ASSIGN(bundle_, WriteTestBundle(root_.path(), options));
  }
  TempDir root_{TempDir::kMemory};
  TestBundle bundle_;
};

// Loaded, checked against its golden cases, and searched as a server does.
TEST_P(BundleKindsTest, EveryKindOfIndexServes) {
  LB_ASSERT_OK_AND_ASSIGN(const auto bundle, OpenCurrentBundle(root_.path(), QuickOptions()));
  EXPECT_EQ(bundle->index->spec(), GetParam().index);
  EXPECT_EQ(bundle->index->search(), GetParam().search);
  EXPECT_FALSE(bundle->index_on_device);
  EXPECT_FALSE(bundle->model_on_device);
  for (const GoldenCase& golden : bundle_.golden) {
    LB_ASSERT_OK_AND_ASSIGN(const Embeddings query, EmbedImageFile(*bundle, golden.image));
    RowSet every(bundle->index->size(), /*full=*/true);
    LB_ASSERT_OK_AND_ASSIGN(
        const auto found,
        bundle->index->Search(query.vectors, {QueryOptions{.top_k = 5, .allowed = &every}}));
    for (size_t i = 0; i < 5; ++i) {
      EXPECT_EQ(bundle->items->item(found[0][i].row).id, golden.top[i].item_id);
      EXPECT_NEAR(found[0][i].similarity, golden.top[i].similarity, 1e-4);
    }
    LB_ASSERT_OK_AND_ASSIGN(const auto usual,
                            bundle->index->Search(query.vectors, {QueryOptions{.top_k = 5}}));
    EXPECT_EQ(usual[0].size(), 5u);
  }
}

TEST_P(BundleKindsTest, TheServersChoiceOfEffortCountsWhereTheKindKnowsIt) {
  BundleOptions options = QuickOptions();
  options.nprobe = options.ef_search = 64;
  LB_ASSERT_OK_AND_ASSIGN(const auto bundle, OpenCurrentBundle(root_.path(), options));
  EXPECT_EQ(bundle->index->search(), GetParam().searched_with_64);
}

TEST_P(BundleKindsTest, AnIndexFileOfAnotherKindIsRefused) {
  const std::string other = GetParam().index == std::string("SQ8") ? "SQfp16" : "SQ8";
  auto writer = BundleWriter::Create(root_.path());
  ASSERT_THAT(writer, IsOk());
  const std::string directory = (*writer)->directory();
  std::filesystem::copy(bundle_.directory, directory, std::filesystem::copy_options::recursive);
  std::filesystem::remove(directory + "/manifest.json");
  LB_ASSERT_OK_AND_ASSIGN(const IndexSpec spec, ParseIndexSpec(other));
  LB_ASSERT_OK_AND_ASSIGN(const auto index, BuildIndex(spec, 8, bundle_.vectors));
  ASSERT_THAT(index->Save(directory + "/index.faiss"), IsOk());
  ASSERT_THAT((*writer)->Publish(bundle_.manifest, absl::FromUnixSeconds(1795428901), true),
              IsOk());
  const auto bundle = OpenCurrentBundle(root_.path(), QuickOptions());
  EXPECT_THAT(bundle, StatusIs(absl::StatusCode::kDataLoss, HasSubstr("index.faiss")));
  EXPECT_THAT(bundle, HasReason("format"));
}

INSTANTIATE_TEST_SUITE_P(Kinds, BundleKindsTest,
                         ::testing::Values(KindOfBundle{"Flat", "", ""},
                                           KindOfBundle{"SQ8", "", ""},
                                           KindOfBundle{"SQfp16", "", ""},
                                           KindOfBundle{"IVF4,Flat", "nprobe=2", "nprobe=4"},
                                           KindOfBundle{"IVF4,SQ8", "nprobe=1", "nprobe=4"},
                                           KindOfBundle{"HNSW8", "efSearch=16", "efSearch=64"}));

TEST(BundleOptionsTest, EffortsOutOfRangeAreRefused) {
  for (const auto& [nprobe, ef_search] :
       std::vector<std::pair<int, int>>{{-1, 0}, {65537, 0}, {0, -1}, {0, 15}, {0, 4097}}) {
    BundleOptions options = QuickOptions();
    options.nprobe = nprobe;
    options.ef_search = ef_search;
    EXPECT_THAT(OpenCurrentBundle("/nowhere", options),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << nprobe << " " << ef_search;
  }
}

// A device that can embed and search, if it is asked to.
class CountingDevice : public DeviceBackend {
 public:
  std::string Describe() const override { return "counting"; }
  Precision precision() const override { return Precision::kFloat32; }
  absl::StatusOr<std::unique_ptr<Embedder>> OpenEmbedder(absl::string_view bytes,
                                                         const EmbedderSpec& spec) const override {
    LB_ASSIGN_OR_RETURN(
        std::unique_ptr<TorchScriptEmbedder> embedder,
        TorchScriptEmbedder::Open(bytes, {.shape = spec.shape, .buckets = spec.buckets}));
    return std::unique_ptr<Embedder>(std::move(embedder));
  }
  absl::StatusOr<std::unique_ptr<VectorIndex>> OpenIndex(const IndexSpec& spec,
                                                         const std::string& path, int dim,
                                                         int64_t rows, int effort) const override {
    ++indexes_;
    return lookbook::OpenIndex(spec, path, dim, rows, effort);
  }
  BackendStats Stats() const override { return {}; }
  absl::Status Health() const override { return absl::OkStatus(); }
  int indexes() const { return indexes_; }

 private:
  mutable int indexes_ = 0;
};

TEST_P(BundleKindsTest, ADeviceHoldsFlatAndListsAndKeepsTheEffort) {
  const CountingDevice device;
  BundleOptions options = QuickOptions();
  options.device = &device;
  LB_ASSERT_OK_AND_ASSIGN(const auto bundle, OpenCurrentBundle(root_.path(), options));
  LB_ASSERT_OK_AND_ASSIGN(const IndexSpec spec, ParseIndexSpec(GetParam().index));
  const bool fits = spec.kind == IndexKind::kFlat || spec.inverted_lists();
  EXPECT_EQ(device.indexes(), fits ? 1 : 0);
  EXPECT_EQ(bundle->index_on_device, fits);
  EXPECT_TRUE(bundle->model_on_device);
  EXPECT_EQ(bundle->index->search(), GetParam().search);
}

}  // namespace
}  // namespace lookbook
