#include "client/render_text.h"

#include "tests/client/sample_replies.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr TextStyle kAscii = {.utf8 = false, .color = false};
constexpr TextStyle kUtf8 = {.utf8 = true, .color = false};

TEST(RenderQueryTest, ShowsNeighboursAndScoresAsTables) {
  EXPECT_EQ(RenderQuery(SampleQuery(), SampleNames(), kUtf8),
            "photos/look.jpg  bundle bundle-1 · 12.5 ms\n"
            "  #  similarity                        item     classes\n"
            "  1      0.7500  ███████████████       train/1  dress · top, t-shirt\n"
            "  2      0.5000  ██████████            train/2  bag\n"
            "\n"
            "  class  score\n"
            "  dress  0.938  ██████████████████▊   ✓ predicted\n"
            "  bag    0.250  █████\n");
}

TEST(RenderQueryTest, ShowsAttributeScoresBelowTheClassesWhereThereAreSome) {
  EXPECT_EQ(RenderQuery(SampleQueryWithAttributes(), SampleNames(), kAscii),
            RenderQuery(SampleQuery(), SampleNames(), kAscii) +
                "\n"
                "  attribute  score\n"
                "  red        0.750  ###############-----\n"
                "  striped    0.125  ###-----------------\n");
}

TEST(RenderQueryTest, IsPlainAsciiWhereUtf8IsNot) {
  const std::string text = RenderQuery(SampleQuery(), SampleNames(), kAscii);
  EXPECT_THAT(text, HasSubstr("###############-----  train/1  dress; top, t-shirt\n"));
  EXPECT_THAT(text, HasSubstr("###################-  predicted\n"));
  for (char c : text) EXPECT_LT(static_cast<unsigned char>(c), 0x80) << text;
}

TEST(RenderQueryTest, ShowsTheOverlapWithTrueLabels) {
  QueryResult query = SampleQuery();
  query.true_classes = {1};
  const std::string text = RenderQuery(query, SampleNames(), kUtf8);
  EXPECT_THAT(text, HasSubstr("item     jaccard  classes\n"));
  EXPECT_THAT(text, HasSubstr("train/1     0.50  dress · top, t-shirt\n"));
  EXPECT_THAT(text, HasSubstr("train/2     0.00  bag\n"));
}

TEST(RenderQueryTest, ShowsTheProbabilityOfACalibratedBundle) {
  QueryResult query = SampleQuery();
  query.response.mutable_neighbors(0)->set_probability(0.875F);
  query.response.mutable_neighbors(1)->set_probability(0);
  const std::string text = RenderQuery(query, SampleNames(), kAscii);
  EXPECT_THAT(text, HasSubstr("probability  item     classes\n"));
  EXPECT_THAT(text, HasSubstr("#####-----         0.88  train/1  dress; top, t-shirt\n"));
  EXPECT_THAT(text, HasSubstr("0.00  train/2  bag\n"));
  EXPECT_THAT(RenderQuery(SampleQuery(), SampleNames(), kAscii), Not(HasSubstr("probability")));
}

TEST(RenderQueryTest, MarksAQueryThatTheCatalogueHasNothingLike) {
  QueryResult query = SampleQuery();
  query.response.set_novel(false);
  EXPECT_THAT(RenderQuery(query, SampleNames(), kUtf8), Not(HasSubstr("nothing similar")));
  query.response.set_novel(true);
  EXPECT_THAT(RenderQuery(query, SampleNames(), kUtf8),
              HasSubstr("12.5 ms\n  nothing similar in the catalogue\n  #"));
}

TEST(RenderQueryTest, SaysThatNothingQualifies) {
  QueryResult query = SampleQuery();
  query.response.clear_neighbors();
  query.response.clear_classes();
  EXPECT_EQ(RenderQuery(query, SampleNames(), kUtf8),
            "photos/look.jpg  bundle bundle-1 · 12.5 ms\n  no item qualifies\n");
}

TEST(RenderQueryTest, PassesOnWarningsAndNoEscapeSequences) {
  QueryResult query = SampleQuery();
  query.response.add_warnings("the JPEG lacks its end marker");
  query.response.mutable_neighbors(0)->set_item_id("\x1b]0;owned\x07");
  const std::string text = RenderQuery(query, SampleNames(), kUtf8);
  EXPECT_THAT(text, HasSubstr("  note: the JPEG lacks its end marker\n"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, HasSubstr("?]0;owned?"));
}

TEST(RenderInfoTest, ShowsTheBuildAndARowPerBundle) {
  v1::GetInfoResponse info;
  info.set_version("0.1.0");
  info.set_commit("abc");
  info.set_device("cpu");
  auto* bundle = info.add_bundles();
  bundle->set_name("default");
  bundle->set_bundle_id("bundle-1");
  bundle->set_recipe("quick");
  bundle->set_backbone("small");
  bundle->set_dim(192);
  bundle->set_image_size(64);
  bundle->set_items(8000);
  bundle->set_classes(10);
  bundle->set_attributes(8);
  bundle->set_index("Flat");
  bundle->set_created("2026-11-23T10:15:00Z");
  EXPECT_EQ(RenderInfo(info, "here:1", kUtf8),
            "lookbook-server 0.1.0 (abc) on cpu at here:1\n"
            "\n"
            "bundle   id        recipe  backbone  dim  input  items  classes  attributes  index  "
            "created\n"
            "default  bundle-1  quick   small     192  64 px   8000       10           8  Flat   "
            "2026-11-23T10:15:00Z\n");
  bundle->set_index("IVF64,Flat");
  bundle->set_index_search("nprobe=8");
  EXPECT_THAT(RenderInfo(info, "here:1", kUtf8), ::testing::HasSubstr("  IVF64,Flat nprobe=8  "));
  bundle->set_index_recall_at_10(0.9614);
  EXPECT_THAT(RenderInfo(info, "here:1", kUtf8),
              ::testing::HasSubstr("  IVF64,Flat nprobe=8, recall@10 0.961  "));
}

TEST(RenderItemTest, NamesClassesAndAttributes) {
  v1::GetItemResponse item;
  item.set_item_id("train/1");
  item.add_class_ids(1);
  item.add_class_ids(3);
  item.add_attribute_ids(7);
  item.add_attribute_ids(8);
  item.set_uri("synth/1.jpg");
  item.set_split("train");
  item.set_bundle_id("bundle-1");
  EXPECT_EQ(RenderItem(item, SampleNames(), kUtf8),
            "item        train/1\n"
            "classes     dress · bag\n"
            "attributes  red · attribute 8\n"
            "uri         synth/1.jpg\n"
            "split       train\n"
            "bundle      bundle-1\n");
}

TEST(RenderClassesTest, ListsAttributesOnRequest) {
  v1::ListClassesResponse response;
  auto* entry = response.add_classes();
  entry->set_class_id(12);
  entry->set_name("dress");
  entry->set_supercategory("wholebody");
  entry->set_threshold(0.5F);
  entry->set_support(18739);
  auto* attribute = response.add_attributes();
  attribute->set_attribute_id(7);
  attribute->set_name("red");
  attribute->set_supercategory("colour");
  const std::string classes =
      "id  class  supercategory  threshold  support\n"
      "12  dress  wholebody          0.500    18739\n";
  EXPECT_EQ(RenderClasses(response, false, kUtf8), classes);
  EXPECT_EQ(RenderClasses(response, true, kUtf8),
            classes + "\nid  attribute  supercategory\n 7  red        colour\n");
}

}  // namespace
}  // namespace lookbook
