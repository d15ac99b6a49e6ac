// docs/bundle_format.md says what the code does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/files.h"
#include "engine/bundle/golden.h"
#include "engine/bundle/items_schema.h"
#include "engine/bundle/manifest.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

// The contents of all blocks ```language … ```.
std::vector<std::string> Blocks(const std::string& language) {
  const auto text = ReadFile("docs/bundle_format.md");
  EXPECT_THAT(text, IsOk());
  std::vector<std::string> blocks;
  const std::string fence = absl::StrCat("\n```", language, "\n");
  for (size_t at = text->find(fence); at != std::string::npos; at = text->find(fence, at + 1)) {
    const size_t begin = at + fence.size();
    blocks.push_back(text->substr(begin, text->find("```", begin) - begin));
  }
  return blocks;
}

TEST(FormatDocumentTest, TheManifestIsValid) {
  ASSERT_EQ(Blocks("json").size(), 2u);
  LB_ASSERT_OK_AND_ASSIGN(const Manifest manifest, ParseManifest(Blocks("json")[0]));
  // It shows every field.
  std::vector<const google::protobuf::FieldDescriptor*> shown;
  manifest.GetReflection()->ListFields(manifest, &shown);
  EXPECT_EQ(static_cast<int>(shown.size()) + 1, manifest.descriptor()->field_count())
      << "scores_attributes is false";
}

TEST(FormatDocumentTest, TheGoldenCaseIsValid) {
  Manifest manifest;
  manifest.set_embedding_dim(2);
  manifest.add_classes();
  manifest.add_classes();
  manifest.set_item_count(2);
  EXPECT_THAT(ReadGolden({{"golden/golden.json", Blocks("json")[1]}, {"golden/0.jpg", "picture"}},
                         manifest),
              IsOk());
}

TEST(FormatDocumentTest, TheSchemaIsTheOneThatIsWritten) {
  ASSERT_EQ(Blocks("sql").size(), 1u);
  EXPECT_EQ(Blocks("sql")[0], std::string(absl::StripPrefix(kItemsSchema, "\n")));
}

TEST(FormatDocumentTest, TheCurrentLineIsValid) {
  const TempDir root(TempDir::kMemory);
  for (const std::string& block : Blocks("")) {
    if (block.size() != 95) continue;
    ASSERT_THAT(WriteFile(root / "CURRENT", block), IsOk());
    EXPECT_THAT(ReadCurrent(root.path()), IsOk());
    return;
  }
  ADD_FAILURE() << "the document shows no CURRENT of 95 bytes";
}

}  // namespace
}  // namespace lookbook
