#include "server/pipeline/search_kind.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/fake_index.h"

namespace lookbook {
namespace {

class NamedIndex : public FakeIndex {
 public:
  explicit NamedIndex(std::string spec) : FakeIndex(2, {1, 0}), spec_(std::move(spec)) {}
  std::string spec() const override { return spec_; }

 private:
  const std::string spec_;
};

TEST(SearchKindTest, EveryKindOfIndexHasItsWord) {
  EXPECT_EQ(SearchKindOf(NamedIndex("Flat")), SearchKind::kFlat);
  EXPECT_EQ(SearchKindOf(NamedIndex("SQ8")), SearchKind::kSq);
  EXPECT_EQ(SearchKindOf(NamedIndex("SQfp16")), SearchKind::kSq);
  EXPECT_EQ(SearchKindOf(NamedIndex("IVF64,Flat")), SearchKind::kIvf);
  EXPECT_EQ(SearchKindOf(NamedIndex("IVF64,SQ8")), SearchKind::kIvf);
  EXPECT_EQ(SearchKindOf(NamedIndex("HNSW32")), SearchKind::kHnsw);
}

TEST(SearchKindTest, AnUnknownSpecCountsAsFlat) {
  EXPECT_EQ(SearchKindOf(NamedIndex("LSH")), SearchKind::kFlat);
}

}  // namespace
}  // namespace lookbook
