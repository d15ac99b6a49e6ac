#include "engine/bundle/manifest.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <map>

#include "absl/strings/str_replace.h"
#include "base/files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_bundle_files.h"
#include "tests/support/test_calibration.h"

namespace lookbook {
namespace {

using ::google::protobuf::util::MessageDifferencer;
using ::testing::HasSubstr;
using ::testing::Not;

// The manifest of a published bundle: nothing is missing.
Manifest GoodManifest() {
  TestBundleOptions options;
  Manifest manifest = MakeTestManifest(options);
  manifest.set_format_version(1);
  manifest.set_created("2026-11-23T10:15:00Z");
  for (const char* name : {"golden/golden.json", "index.faiss", "items.sqlite", "model.ts"}) {
    auto* file = manifest.add_files();
    file->set_name(name);
    file->set_bytes(5);
    file->set_sha256(std::string(64, 'a'));
  }
  return manifest;
}

std::string Json(const Manifest& manifest) {
  const auto json = ManifestToJson(manifest);
  EXPECT_THAT(json, IsOk());
  return json.value_or("");
}

TEST(ManifestTest, JsonKeepsEverything) {
  LB_ASSERT_OK_AND_ASSIGN(const Manifest parsed, ParseManifest(Json(GoodManifest())));
  EXPECT_TRUE(MessageDifferencer::Equals(parsed, GoodManifest())) << parsed.DebugString();
}

TEST(ManifestTest, JsonIsForPeople) {
  const std::string json = Json(GoodManifest());
  EXPECT_THAT(json, HasSubstr("\"format_version\": 1"));
  EXPECT_THAT(json, HasSubstr("\"scores_attributes\": false"));  // A default is written too.
}

TEST(ManifestTest, CalibrationIsKeptAndOptional) {
  // What was written before there was a calibration is still read.
  const std::string before = Json(GoodManifest());
  EXPECT_THAT(before, Not(HasSubstr("calibration")));
  LB_ASSERT_OK_AND_ASSIGN(const Manifest old, ParseManifest(before));
  EXPECT_FALSE(old.has_calibration());
  Manifest manifest = GoodManifest();
  *manifest.mutable_calibration() = MakeTestCalibration(manifest.classes_size());
  LB_ASSERT_OK_AND_ASSIGN(const Manifest parsed, ParseManifest(Json(manifest)));
  EXPECT_TRUE(MessageDifferencer::Equals(parsed, manifest)) << parsed.DebugString();
}

TEST(ManifestTest, ABadCalibrationIsRefused) {
  Manifest manifest = GoodManifest();
  *manifest.mutable_calibration() = MakeTestCalibration(manifest.classes_size());
  manifest.mutable_calibration()->mutable_knots()->SwapElements(0, 1);
  const auto parsed = ParseManifest(Json(manifest));
  EXPECT_THAT(parsed, StatusIs(absl::StatusCode::kDataLoss, HasSubstr("calibration.knots")));
  EXPECT_THAT(parsed, HasReason("manifest"));
}

TEST(ManifestTest, AnApproximateIndexSaysHowItIsSearchedAndWhatThatFinds) {
  const std::string before = Json(GoodManifest());
  EXPECT_THAT(before, Not(HasSubstr("recall"))) << "what Flat does not say is not written";
  EXPECT_THAT(before, Not(HasSubstr("search")));
  Manifest manifest = GoodManifest();
  manifest.mutable_index()->set_spec("HNSW32");
  manifest.mutable_index()->set_search("efSearch=64");
  manifest.mutable_index()->set_recall_at_10(0.97);
  manifest.mutable_index()->set_recall_queries(800);
  manifest.mutable_index()->set_recall_source("validation");
  LB_ASSERT_OK_AND_ASSIGN(const Manifest parsed, ParseManifest(Json(manifest)));
  EXPECT_TRUE(MessageDifferencer::Equals(parsed, manifest)) << parsed.DebugString();
}

struct Damage {
  const char* field;  // What the message must name.
  std::function<void(Manifest*)> apply;
};

void PrintTo(const Damage& damage, std::ostream* os) { *os << damage.field; }

class BadManifestTest : public ::testing::TestWithParam<Damage> {};

TEST_P(BadManifestTest, IsRefusedAndTheFieldNamed) {
  Manifest manifest = GoodManifest();
  GetParam().apply(&manifest);
  const auto parsed = ParseManifest(Json(manifest));
  EXPECT_THAT(parsed, StatusIs(absl::StatusCode::kDataLoss, HasSubstr(GetParam().field)));
  EXPECT_THAT(parsed, StatusIs(absl::StatusCode::kDataLoss, HasSubstr("manifest.json")));
  EXPECT_THAT(parsed, HasReason("manifest"));
}

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

INSTANTIATE_TEST_SUITE_P(
    Head, BadManifestTest,
    ::testing::ValuesIn(std::vector<Damage>{
        {"format_version 0", [](Manifest* m) { m->clear_format_version(); }},
        {"format_version 2", [](Manifest* m) { m->set_format_version(2); }},
        {"created \"\"", [](Manifest* m) { m->clear_created(); }},
        {"created", [](Manifest* m) { m->set_created("yesterday"); }},
        {"created", [](Manifest* m) { m->set_created("2026-11-23T10:15:00.5Z"); }},
        {"created", [](Manifest* m) { m->set_created("2026-11-23T10:15:00+01:00"); }},
        {"created", [](Manifest* m) { m->set_created("2026-11-23T10:15:60Z"); }},
        {"embedding_dim 0", [](Manifest* m) { m->clear_embedding_dim(); }},
        {"embedding_dim 65537", [](Manifest* m) { m->set_embedding_dim(65537); }},
        {"metric \"l2\"", [](Manifest* m) { m->set_metric("l2"); }},
        {"metric \"\"", [](Manifest* m) { m->clear_metric(); }},
        {"item_count is 0", [](Manifest* m) { m->clear_item_count(); }},
        {"index.spec", [](Manifest* m) { m->clear_index(); }},
        {"index.spec", [](Manifest* m) { m->mutable_index()->set_spec("Round"); }},
        {"index.search", [](Manifest* m) { m->mutable_index()->set_search("nprobe=1"); }},
        {"index.search", [](Manifest* m) { m->mutable_index()->set_spec("IVF8,Flat"); }},
        {"nprobe 9 is not in 1 to 8",
         [](Manifest* m) {
           m->mutable_index()->set_spec("IVF8,Flat");
           m->mutable_index()->set_search("nprobe=9");
         }},
        {"index.recall_at_10 1.5",
         [](Manifest* m) { m->mutable_index()->set_recall_at_10(1.5); }},
        {"index.recall_at_10 nan",
         [](Manifest* m) { m->mutable_index()->set_recall_at_10(kNan); }},
        {"index.recall_queries is 0",
         [](Manifest* m) { m->mutable_index()->set_recall_at_10(0.9); }},
        {"index.recall_source is empty",
         [](Manifest* m) {
           m->mutable_index()->set_recall_at_10(0.9);
           m->mutable_index()->set_recall_queries(10);
         }},
        {"index.recall_at_10 is missing",
         [](Manifest* m) { m->mutable_index()->set_recall_queries(10); }}}));

INSTANTIATE_TEST_SUITE_P(
    Preprocess, BadManifestTest,
    ::testing::ValuesIn(std::vector<Damage>{
        {"preprocess is missing", [](Manifest* m) { m->clear_preprocess(); }},
        {"preprocess.size 0", [](Manifest* m) { m->mutable_preprocess()->clear_size(); }},
        {"preprocess.size 7", [](Manifest* m) { m->mutable_preprocess()->set_size(7); }},
        {"preprocess.size 4097", [](Manifest* m) { m->mutable_preprocess()->set_size(4097); }},
        {"preprocess.size", [](Manifest* m) { m->mutable_preprocess()->set_size(4294967295u); }},
        {"preprocess.resize \"stretch\"",
         [](Manifest* m) { m->mutable_preprocess()->set_resize("stretch"); }},
        {"preprocess.interpolation \"\"",
         [](Manifest* m) { m->mutable_preprocess()->clear_interpolation(); }},
        {"preprocess.mean has 2",
         [](Manifest* m) { m->mutable_preprocess()->mutable_mean()->RemoveLast(); }},
        {"preprocess.mean holds nan",
         [](Manifest* m) { m->mutable_preprocess()->set_mean(1, kNan); }},
        {"preprocess.std has 4", [](Manifest* m) { m->mutable_preprocess()->add_std(1); }},
        {"preprocess.std holds 0", [](Manifest* m) { m->mutable_preprocess()->set_std(2, 0); }},
        {"preprocess.std holds -1", [](Manifest* m) { m->mutable_preprocess()->set_std(0, -1); }},
        {"preprocess.std holds inf",
         [](Manifest* m) { m->mutable_preprocess()->set_std(0, kInfinity); }},
        {"preprocess.min_scale_factor 65",
         [](Manifest* m) { m->mutable_preprocess()->set_min_scale_factor(65); }}}));

INSTANTIATE_TEST_SUITE_P(
    ClassesAndAttributes, BadManifestTest,
    ::testing::ValuesIn(std::vector<Damage>{
        {"classes is empty", [](Manifest* m) { m->clear_classes(); }},
        {"classes: id 1 stands twice", [](Manifest* m) { m->mutable_classes(2)->set_id(1); }},
        {"classes: id 4 has no name", [](Manifest* m) { m->mutable_classes(1)->clear_name(); }},
        {"threshold 1.5", [](Manifest* m) { m->mutable_classes(0)->set_threshold(1.5f); }},
        {"threshold -0.5", [](Manifest* m) { m->mutable_classes(0)->set_threshold(-0.5f); }},
        {"threshold nan", [](Manifest* m) { m->mutable_classes(0)->set_threshold(kNan); }},
        {"attributes: id 2 stands twice", [](Manifest* m) { m->mutable_attributes(1)->set_id(2); }},
        {"attributes: id 7 has no name",
         [](Manifest* m) { m->mutable_attributes(1)->clear_name(); }},
        {"scores_attributes", [](Manifest* m) {
           m->set_scores_attributes(true);
           m->clear_attributes();
         }}}));

INSTANTIATE_TEST_SUITE_P(
    Files, BadManifestTest,
    ::testing::ValuesIn(std::vector<Damage>{
        {"does not list \"model.ts\"", [](Manifest* m) { m->mutable_files()->RemoveLast(); }},
        {"does not list \"model.ts\"", [](Manifest* m) { m->clear_files(); }},
        {"does not list \"items.sqlite\"",
         [](Manifest* m) { m->mutable_files(2)->set_name("items.sqlite3"); }},
        {"does not list \"golden/golden.json\"",
         [](Manifest* m) { m->mutable_files(0)->set_name("golden/x"); }},
        {"does not list \"other.faiss\"",
         [](Manifest* m) { m->mutable_index()->set_file("other.faiss"); }},
        {"does not list \"\"", [](Manifest* m) { m->mutable_index()->clear_file(); }},
        {"not sorted", [](Manifest* m) { m->mutable_files()->SwapElements(0, 1); }},
        {"not sorted", [](Manifest* m) { m->mutable_files(1)->set_name("items.sqlite"); }},
        {"manifest.json itself",
         [](Manifest* m) { m->mutable_files(3)->set_name("manifest.json"); }},
        {"\"../model.ts\"", [](Manifest* m) { m->mutable_files(0)->set_name("../model.ts"); }},
        {"\"/etc/passwd\"", [](Manifest* m) { m->mutable_files(0)->set_name("/etc/passwd"); }},
        {"\"golden/../../x\"",
         [](Manifest* m) { m->mutable_files(0)->set_name("golden/../../x"); }},
        {"the name \"\"", [](Manifest* m) { m->mutable_files(0)->clear_name(); }},
        {"index.faiss has sha256",
         [](Manifest* m) { m->mutable_files(1)->set_sha256(std::string(63, 'a')); }},
        {"index.faiss has sha256",
         [](Manifest* m) { m->mutable_files(1)->set_sha256(std::string(64, 'A')); }},
        {"model.ts has sha256 \"\"", [](Manifest* m) { m->mutable_files(3)->clear_sha256(); }}}));

TEST(ManifestTest, OtherJsonIsRefused) {
  for (const std::string& json :
       {std::string(), std::string("{"), std::string("[]"), std::string("\xFF\xFE"),
        std::string(100000, '['),
        absl::StrReplaceAll(Json(GoodManifest()), {{"\"metric\"", "\"metrics\""}}),
        absl::StrReplaceAll(Json(GoodManifest()),
                            {{"\"format_version\": 1", "\"format_version\": \"one\""}})}) {
    const auto parsed = ParseManifest(json);
    EXPECT_THAT(parsed, StatusIs(absl::StatusCode::kDataLoss, HasSubstr("manifest.json")))
        << json.substr(0, 80);
    EXPECT_THAT(parsed, HasReason("manifest"));
  }
}

TEST(ManifestTest, PreprocessSurvivesTheRoundTrip) {
  PreprocessSpec spec;
  spec.size = 224;
  spec.mean = {0.1f, 0.2f, 0.3f};
  spec.std = {0.4f, 0.5f, 0.6f};
  spec.orientation = false;
  spec.min_scale_factor = 0;
  for (ResizeMode resize : {ResizeMode::kSquish, ResizeMode::kPad, ResizeMode::kCrop}) {
    for (Interpolation interpolation : {Interpolation::kArea, Interpolation::kBilinear}) {
      spec.resize = resize;
      spec.interpolation = interpolation;
      LB_ASSERT_OK_AND_ASSIGN(const PreprocessSpec back, ToPreprocessSpec(ToProto(spec)));
      EXPECT_EQ(back.size, 224);
      EXPECT_EQ(back.resize, resize);
      EXPECT_EQ(back.interpolation, interpolation);
      EXPECT_EQ(back.mean, spec.mean);
      EXPECT_EQ(back.std, spec.std);
      EXPECT_FALSE(back.orientation);
      EXPECT_EQ(back.min_scale_factor, 0);
    }
  }
}

TEST(ManifestTest, CreatedHasOneSpelling) {
  const absl::Time time = absl::FromUnixSeconds(1795428900);
  EXPECT_EQ(FormatCreated(time), "2026-11-23T10:15:00Z");
  EXPECT_EQ(FormatCreated(time + absl::Milliseconds(999)), "2026-11-23T10:15:00Z");
  EXPECT_THAT(ParseCreated("2026-11-23T10:15:00Z"), IsOkAndHolds(time));
  for (const char* other : {"", "2026-11-23T10:15Z", "12026-11-23T10:15:00Z",
                            "-999-11-23T10:15:00Z", "2026-11-23t10:15:00Z"}) {
    EXPECT_THAT(ParseCreated(other), StatusIs(absl::StatusCode::kDataLoss)) << other;
  }
}

}  // namespace
}  // namespace lookbook
