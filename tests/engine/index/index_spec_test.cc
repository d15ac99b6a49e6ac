#include "engine/index/index_spec.h"

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

TEST(IndexSpecTest, ReadsFlat) {
  LB_ASSERT_OK_AND_ASSIGN(const IndexSpec spec, ParseIndexSpec("Flat"));
  EXPECT_EQ(spec.kind, IndexKind::kFlat);
  EXPECT_EQ(spec.text, "Flat");
}

TEST(IndexSpecTest, RefusesWhatItDoesNotKnowAndNamesWhatItDoes) {
  for (const char* text : {"", "flat", "Flat ", "IVF4096,Flat", "HNSW32"}) {
    EXPECT_THAT(ParseIndexSpec(text),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("known: \"Flat\"")));
  }
}

}  // namespace
}  // namespace lookbook
