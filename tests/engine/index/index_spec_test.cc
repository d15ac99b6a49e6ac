#include "engine/index/index_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

IndexSpec Spec(const std::string& text) {
  const auto spec = ParseIndexSpec(text);
  EXPECT_THAT(spec, IsOk());
  return spec.value_or(IndexSpec());
}

struct Known {
  const char* text;
  IndexKind kind;
  int lists;
  int links;
};

TEST(IndexSpecTest, ReadsEveryKind) {
  const Known known[] = {{"Flat", IndexKind::kFlat, 0, 0},
                         {"SQ8", IndexKind::kSq8, 0, 0},
                         {"SQfp16", IndexKind::kSqFp16, 0, 0},
                         {"IVF1,Flat", IndexKind::kIvfFlat, 1, 0},
                         {"IVF256,Flat", IndexKind::kIvfFlat, 256, 0},
                         {"IVF65536,SQ8", IndexKind::kIvfSq8, 65536, 0},
                         {"HNSW4", IndexKind::kHnsw, 0, 4},
                         {"HNSW32", IndexKind::kHnsw, 0, 32},
                         {"HNSW64,Flat", IndexKind::kHnsw, 0, 64}};
  for (const Known& want : known) {
    LB_ASSERT_OK_AND_ASSIGN(const IndexSpec spec, ParseIndexSpec(want.text));
    EXPECT_EQ(spec.kind, want.kind) << want.text;
    EXPECT_EQ(spec.text, want.text);
    EXPECT_EQ(spec.lists, want.lists) << want.text;
    EXPECT_EQ(spec.links, want.links) << want.text;
  }
}

TEST(IndexSpecTest, RefusesWhatItDoesNotKnowAndNamesWhatItDoes) {
  for (const char* text : {"",
                           "flat",
                           "Flat ",
                           "SQ4",
                           "SQ8,Flat",
                           "IVF",
                           "IVF,Flat",
                           "IVF64",
                           "IVF64,PQ8",
                           "IVF0,Flat",
                           "IVF064,Flat",
                           "IVF-1,Flat",
                           "IVF+1,Flat",
                           "IVF 64,Flat",
                           "IVF64,Flat,Flat",
                           "IVF64,SQ8 ",
                           "IVF99999999999,Flat",
                           "HNSW",
                           "HNSW32,SQ8",
                           "HNSW3 2",
                           "HNSW0",
                           "PQ16",
                           "IVF64_HNSW32,Flat"}) {
    EXPECT_THAT(ParseIndexSpec(text),
                StatusIs(kInvalid, AllOf(HasSubstr(text), HasSubstr("\"Flat\""),
                                         HasSubstr("IVF{lists},SQ8"), HasSubstr("HNSW{links}"))))
        << text;
  }
}

TEST(IndexSpecTest, NamesANumberThatIsOutOfRange) {
  EXPECT_THAT(ParseIndexSpec("IVF65537,Flat"),
              StatusIs(kInvalid, HasSubstr("lists 65537 is not in 1 to 65536")));
  EXPECT_THAT(ParseIndexSpec("HNSW3"), StatusIs(kInvalid, HasSubstr("links 3 is not in 4 to 64")));
  EXPECT_THAT(ParseIndexSpec("HNSW65,Flat"),
              StatusIs(kInvalid, HasSubstr("links 65 is not in 4 to 64")));
}

TEST(IndexSpecTest, SaysWhatIsApproximateAndWhatIsRounded) {
  for (const char* text : {"Flat", "SQ8", "SQfp16"}) EXPECT_FALSE(Spec(text).approximate()) << text;
  for (const char* text : {"IVF4,Flat", "IVF4,SQ8", "HNSW8"})
    EXPECT_TRUE(Spec(text).approximate()) << text;
  for (const char* text : {"SQ8", "SQfp16", "IVF4,SQ8"}) EXPECT_TRUE(Spec(text).rounded()) << text;
  for (const char* text : {"Flat", "IVF4,Flat", "HNSW8"})
    EXPECT_FALSE(Spec(text).rounded()) << text;
}

TEST(IndexSpecTest, ListsNeedRowsToTrainThem) {
  EXPECT_THAT(CheckTrainingRows(Spec("IVF64,Flat"), 64 * 39), IsOk());
  EXPECT_THAT(CheckTrainingRows(Spec("IVF64,Flat"), 64 * 39 - 1),
              StatusIs(kInvalid, AllOf(HasSubstr("wants 2496 vectors"), HasSubstr("there are 2495"),
                                       HasSubstr("at most 63 lists"))));
  EXPECT_THAT(CheckTrainingRows(Spec("IVF1,SQ8"), 38),
              StatusIs(kInvalid, HasSubstr("choose an index without lists")));
  for (const char* text : {"Flat", "SQ8", "SQfp16", "HNSW32"})
    EXPECT_THAT(CheckTrainingRows(Spec(text), 1), IsOk()) << text;
}

TEST(IndexSpecTest, ReadsAndWritesTheEffortOfASearch) {
  const IndexSpec ivf = Spec("IVF64,Flat"), hnsw = Spec("HNSW32"), flat;
  EXPECT_THAT(ParseSearchEffort(ivf, "nprobe=64"), IsOkAndHolds(64));
  EXPECT_THAT(ParseSearchEffort(hnsw, "efSearch=16"), IsOkAndHolds(16));
  EXPECT_THAT(ParseSearchEffort(flat, ""), IsOkAndHolds(0));
  EXPECT_EQ(SearchEffortText(ivf, 8), "nprobe=8");
  EXPECT_EQ(SearchEffortText(hnsw, 128), "efSearch=128");
  EXPECT_EQ(SearchEffortText(flat, 0), "");
  EXPECT_THAT(ParseSearchEffort(ivf, "nprobe=65"),
              StatusIs(kInvalid, HasSubstr("nprobe 65 is not in 1 to 64")));
  EXPECT_THAT(ParseSearchEffort(hnsw, "efSearch=15"),
              StatusIs(kInvalid, HasSubstr("efSearch 15 is not in 16 to 4096")));
  EXPECT_THAT(ParseSearchEffort(hnsw, "efSearch=4097"), StatusIs(kInvalid, HasSubstr("4097")));
  for (const char* text :
       {"", "nprobe", "nprobe=", "nprobe=0", "nprobe=08", "nprobe=8 ", "efSearch=32"})
    EXPECT_THAT(ParseSearchEffort(ivf, text), StatusIs(kInvalid, HasSubstr("nprobe=NUMBER")))
        << text;
  EXPECT_THAT(ParseSearchEffort(hnsw, "nprobe=16"),
              StatusIs(kInvalid, HasSubstr("efSearch=NUMBER")));
  for (const char* text : {"Flat", "SQ8", "SQfp16"})
    EXPECT_THAT(ParseSearchEffort(Spec(text), "nprobe=1"),
                StatusIs(kInvalid, HasSubstr("has no search parameter")));
}

TEST(IndexSpecTest, EffortsToTryArePowersOfTwoInRange) {
  EXPECT_THAT(SearchEfforts(Spec("Flat")), ElementsAre(0));
  EXPECT_THAT(SearchEfforts(Spec("SQ8")), ElementsAre(0));
  EXPECT_THAT(SearchEfforts(Spec("IVF20,Flat")), ElementsAre(1, 2, 4, 8, 16));
  EXPECT_THAT(SearchEfforts(Spec("HNSW16")),
              ElementsAre(16, 32, 64, 128, 256, 512, 1024, 2048, 4096));
  for (const char* text : {"SQfp16", "IVF7,SQ8", "HNSW4"}) {
    for (const int effort : SearchEfforts(Spec(text)))
      EXPECT_THAT(CheckSearchEffort(Spec(text), effort), IsOk()) << text << " " << effort;
  }
}

}  // namespace
}  // namespace lookbook
