#include "engine/bundle/golden.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>

#include "base/files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_bundle_files.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

std::vector<GoldenCase> MakeCases() {
  TestBundleOptions options;
  options.scores_attributes = true;
  const TempDir root(TempDir::kMemory);
  const auto bundle = WriteTestBundleFiles(root.path(), options);
  EXPECT_THAT(bundle, IsOk());
  return bundle->golden;
}

Manifest MakeManifest() {
  TestBundleOptions options;
  options.scores_attributes = true;
  return MakeTestManifest(options);
}

// What VerifyBundle hands to ReadGolden.
std::map<std::string, std::string> Contents(const std::string& directory) {
  std::map<std::string, std::string> contents;
  const auto names = ListDirectory(JoinPath(directory, "golden"));
  for (const std::string& name : *names) {
    contents["golden/" + name] = ReadFile(JoinPath(directory, "golden/" + name)).value();
  }
  return contents;
}

TEST(GoldenTest, ReadsWhatWasWritten) {
  const TempDir folder(TempDir::kMemory);
  const std::vector<GoldenCase> cases = MakeCases();
  ASSERT_THAT(WriteGolden(folder.path(), cases), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const std::vector<GoldenCase> read,
                          ReadGolden(Contents(folder.path()), MakeManifest()));
  ASSERT_EQ(read.size(), 3u);
  for (size_t i = 0; i < read.size(); ++i) {
    EXPECT_EQ(read[i].image_name, cases[i].image_name);
    EXPECT_EQ(read[i].image, cases[i].image);
    EXPECT_EQ(read[i].embedding, cases[i].embedding);  // Bit by bit: JSON keeps every float.
    EXPECT_EQ(read[i].scores, cases[i].scores);
    EXPECT_EQ(read[i].attribute_scores, cases[i].attribute_scores);
    ASSERT_EQ(read[i].top.size(), 5u);
    for (size_t rank = 0; rank < 5; ++rank) {
      EXPECT_EQ(read[i].top[rank].item_id, cases[i].top[rank].item_id);
      EXPECT_EQ(read[i].top[rank].similarity, cases[i].top[rank].similarity);
    }
  }
}

TEST(GoldenTest, NamesThatWouldHitOtherFilesAreRefused) {
  for (const char* name : {"", "../x.jpg", "/x.jpg", "golden.json", "a b.jpg", "1.jpg"}) {
    const TempDir folder(TempDir::kMemory);
    std::vector<GoldenCase> cases = MakeCases();
    cases[2].image_name = name;  // "1.jpg" is taken by case 1.
    EXPECT_THAT(WriteGolden(folder.path(), cases),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(name)));
  }
  const TempDir folder(TempDir::kMemory);
  EXPECT_THAT(WriteGolden(folder.path(), {}), StatusIs(absl::StatusCode::kInvalidArgument));
}

struct Damage {
  const char* message;
  std::function<void(std::vector<GoldenCase>*)> apply;
};

TEST(GoldenTest, CasesThatDoNotFitTheManifestAreRefused) {
  using Cases = std::vector<GoldenCase>;
  for (const Damage& damage :
       {Damage{"1.jpg has 7 embedding values, not 8",
               [](Cases* c) { (*c)[1].embedding.pop_back(); }},
        Damage{"4 scores, not 5", [](Cases* c) { (*c)[0].scores.pop_back(); }},
        Damage{"0 attribute scores, not 3", [](Cases* c) { (*c)[0].attribute_scores.clear(); }},
        Damage{"4 neighbours, not 5", [](Cases* c) { (*c)[2].top.pop_back(); }},
        Damage{"score 1.5", [](Cases* c) { (*c)[0].scores[1] = 1.5f; }},
        Damage{"score -1", [](Cases* c) { (*c)[0].attribute_scores[1] = -1; }},
        Damage{"score nan", [](Cases* c) { (*c)[0].scores[1] = std::nanf(""); }},
        Damage{"embedding of length", [](Cases* c) { (*c)[0].embedding[0] += 0.5f; }},
        Damage{"embedding of length nan",
               [](Cases* c) { (*c)[0].embedding[0] = std::nanf(""); }}}) {
    const TempDir folder(TempDir::kMemory);
    Cases cases = MakeCases();
    damage.apply(&cases);
    ASSERT_THAT(WriteGolden(folder.path(), cases), IsOk());
    const auto read = ReadGolden(Contents(folder.path()), MakeManifest());
    EXPECT_THAT(read, StatusIs(absl::StatusCode::kDataLoss, HasSubstr(damage.message)));
    EXPECT_THAT(read, HasReason("golden"));
  }
}

TEST(GoldenTest, MissingOrMalformedFilesAreRefused) {
  const TempDir folder(TempDir::kMemory);
  ASSERT_THAT(WriteGolden(folder.path(), MakeCases()), IsOk());
  const std::map<std::string, std::string> good = Contents(folder.path());

  std::map<std::string, std::string> contents = good;
  contents.erase("golden/1.jpg");
  EXPECT_THAT(ReadGolden(contents, MakeManifest()),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("1.jpg")));
  contents = good;
  contents.erase("golden/golden.json");
  EXPECT_THAT(ReadGolden(contents, MakeManifest()),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("missing")));
  for (const char* json : {"", "{", "{}", "{\"cases\": []}", "{\"case\": []}", "[1]"}) {
    contents["golden/golden.json"] = json;
    EXPECT_THAT(ReadGolden(contents, MakeManifest()), StatusIs(absl::StatusCode::kDataLoss))
        << json;
    EXPECT_THAT(ReadGolden(contents, MakeManifest()), HasReason("golden")) << json;
  }
}

TEST(GoldenTest, ASmallIndexHasFewerNeighbors) {
  TestBundleOptions options;
  options.items = 3;
  const TempDir root(TempDir::kMemory);
  LB_ASSERT_OK_AND_ASSIGN(const TestBundle bundle, WriteTestBundleFiles(root.path(), options));
  LB_ASSERT_OK_AND_ASSIGN(const auto cases,
                          ReadGolden(Contents(bundle.directory), bundle.manifest));
  EXPECT_EQ(cases[0].top.size(), 3u);
}

}  // namespace
}  // namespace lookbook
