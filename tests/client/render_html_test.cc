#include "client/render_html.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/reason.h"
#include "tests/client/sample_replies.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const char kJpeg[] = "\xFF\xD8\xFF\xE0 query bytes";
const char kPng[] = "\x89PNG\r\n\x1A\n thumbnail bytes";

ContactSheet Sheet(QueryResult query) {
  return {.server = "here:1",
          .created = "2026-11-23 10:15 UTC",
          .queries = {std::move(query)},
          .names = SampleNames()};
}

std::string Render(const ContactSheet& sheet) {
  const auto html = RenderContactSheet(sheet);
  EXPECT_THAT(html, IsOk());
  return html.ok() ? *html : "";
}

// What stands between <main> and </main>: the queries without style and header.
std::string Main(const std::string& html) {
  const size_t begin = html.find("<main>");
  return html.substr(begin, html.find("</main>") - begin);
}

int Count(const std::string& text, const std::string& part) {
  int count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(RenderContactSheetTest, ShowsNeighboursScoresTimesAndWhereTheyCameFrom) {
  const std::string html = Render(Sheet(SampleQuery()));
  EXPECT_THAT(html, HasSubstr("<h1>Contact sheet</h1>"));
  EXPECT_THAT(html, HasSubstr("bundle <b>bundle-1</b>"));
  EXPECT_THAT(html, HasSubstr("server <b>here:1</b>"));
  EXPECT_THAT(html, HasSubstr("2026-11-23 10:15 UTC"));
  const std::string main = Main(html);
  EXPECT_THAT(main, HasSubstr("<h2>photos/look.jpg</h2>"));
  EXPECT_THAT(main, HasSubstr("12.5 ms"));
  EXPECT_EQ(Count(main, "<li class=\"look\">"), 2);
  EXPECT_THAT(main, HasSubstr("<span class=\"rank\">1</span><b>0.750</b>"));
  EXPECT_THAT(main, HasSubstr("<i style=\"--v:75.0%\">"));
  EXPECT_THAT(main, HasSubstr("title=\"synth/1.jpg\">train/1<"));
  EXPECT_THAT(main, HasSubstr("<span class=\"value\">0.94 ✓</span>"));
  EXPECT_THAT(main, HasSubstr("<span class=\"value\">0.25</span>"));
  EXPECT_THAT(main, HasSubstr("embed 3.0"));
  EXPECT_THAT(main, HasSubstr("decode 1.0"));
}

TEST(RenderContactSheetTest, ShowsAttributeScoresBelowTheClassesWhereThereAreSome) {
  EXPECT_EQ(Count(Main(Render(Sheet(SampleQuery()))), "<ol class=\"scores\">"), 1);
  const std::string main = Main(Render(Sheet(SampleQueryWithAttributes())));
  EXPECT_EQ(Count(main, "<ol class=\"scores\">"), 2);
  EXPECT_LT(main.find("<h3>Class scores</h3>"), main.find("<h3>Attribute scores</h3>"));
  EXPECT_THAT(main, HasSubstr("title=\"striped\">striped</span>"));
  EXPECT_THAT(main, HasSubstr("<span class=\"value\">0.12</span>"));
  EXPECT_THAT(main, HasSubstr("<span class=\"value\">0.75</span>")) << "no mark of a prediction";
}

TEST(RenderContactSheetTest, EscapesEverythingThatComesFromOutside) {
  const std::string attack = "\"><script>alert('x')</script>{{title}}&amp;";
  QueryResult query = SampleQueryWithAttributes();
  query.name = attack;
  query.response.set_bundle_id(attack);
  query.response.add_warnings(attack);
  query.response.mutable_neighbors(0)->set_item_id(attack);
  query.response.mutable_neighbors(0)->set_uri("javascript:" + attack);
  query.response.mutable_classes(0)->set_name(attack);
  query.response.mutable_attributes(0)->set_name(attack);
  ContactSheet sheet = Sheet(query);
  sheet.queries.push_back({.name = attack, .status = InvalidArgument(attack, attack)});
  sheet.title = sheet.server = sheet.created = attack;
  v1::ListClassesResponse classes;
  classes.add_classes()->set_class_id(1);
  classes.mutable_classes(0)->set_name(attack);
  sheet.names = ClassNames(classes);

  const std::string html = Render(sheet);
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("alert('x')")));
  // Each of the places above shows the text as it is: escaped once, not expanded as a template.
  const std::string shown =
      "&quot;&gt;&lt;script&gt;alert(&apos;x&apos;)&lt;/script&gt;{{title}}&amp;amp;";
  EXPECT_GE(Count(html, shown), 15);
  EXPECT_EQ(Count(html, "{{title}}"), Count(html, shown));
}

TEST(RenderContactSheetTest, ForbidsScriptsAndReachesForNoNetwork) {
  QueryResult query = SampleQuery();
  query.picture = kJpeg;
  const std::string html = Render(Sheet(query));
  EXPECT_THAT(
      html, HasSubstr("content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\""));
  EXPECT_THAT(html, Not(HasSubstr("http://")));
  EXPECT_THAT(html, Not(HasSubstr("https://")));
  EXPECT_THAT(html, Not(HasSubstr("@import")));
  EXPECT_THAT(html, Not(HasSubstr("<link")));
}

TEST(RenderContactSheetTest, InlinesPictures) {
  QueryResult query = SampleQuery();
  query.picture = kJpeg;
  ContactSheet sheet = Sheet(query);
  sheet.thumbnails["train/1"] = kPng;
  const std::string main = Main(Render(sheet));
  EXPECT_THAT(main, HasSubstr("src=\"data:image/jpeg;base64," + absl::Base64Escape(kJpeg) + "\""));
  EXPECT_THAT(main, HasSubstr("src=\"data:image/png;base64," + absl::Base64Escape(kPng) + "\""));
  EXPECT_EQ(Count(main, "<img"), 2);  // train/2 has no thumbnail: not the query's, but none.
  EXPECT_EQ(Count(main, "no picture"), 1);
}

TEST(RenderContactSheetTest, BytesThatAreNoPictureAreNotInlined) {
  QueryResult query = SampleQuery();
  query.picture = "<svg onload=alert(1)>";
  ContactSheet sheet = Sheet(query);
  sheet.thumbnails["train/1"] = "GIF89a";
  const std::string main = Main(Render(sheet));
  EXPECT_EQ(Count(main, "<img"), 0);
  EXPECT_EQ(Count(main, "no picture"), 3);
}

TEST(RenderContactSheetTest, AnItemWithoutUriDoesNotBorrowOne) {
  EXPECT_THAT(Main(Render(Sheet(SampleQuery()))), HasSubstr("title=\"train/2\">train/2<"));
}

TEST(RenderContactSheetTest, HighlightsLabelsSharedWithThePrediction) {
  const std::string main = Main(Render(Sheet(SampleQuery())));
  EXPECT_THAT(main, HasSubstr("<span class=\"chip shared\" title=\"dress\">"));
  EXPECT_THAT(main, HasSubstr("<span class=\"chip\" title=\"bag\">"));
  EXPECT_THAT(main, Not(HasSubstr("True labels")));
  EXPECT_THAT(main, Not(HasSubstr("Jaccard")));
}

TEST(RenderContactSheetTest, ComparesWithTrueLabelsWhereTheyAreKnown) {
  QueryResult query = SampleQuery();
  query.true_classes = {3};
  const std::string html = Render(Sheet(query));
  const std::string main = Main(html);
  EXPECT_THAT(main, HasSubstr("True labels"));
  EXPECT_THAT(main, HasSubstr("<span class=\"chip shared\" title=\"bag\">"));
  EXPECT_THAT(main, HasSubstr("<span class=\"chip\" title=\"dress\">"));
  EXPECT_THAT(main, HasSubstr(">J 0.00<"));
  EXPECT_THAT(main, HasSubstr(">J 1.00<"));
  EXPECT_THAT(html, HasSubstr("<dt>Mean Jaccard</dt><dd>0.50</dd>"));
}

TEST(RenderContactSheetTest, ShowsProbabilitiesAndMarksANovelQuery) {
  const std::string plain = Render(Sheet(SampleQuery()));
  EXPECT_THAT(Main(plain), Not(HasSubstr(" %</span>")));
  EXPECT_THAT(Main(plain), Not(HasSubstr("Nothing similar")));
  EXPECT_THAT(plain, Not(HasSubstr("A percentage is")));
  QueryResult query = SampleQuery();
  query.response.mutable_neighbors(0)->set_probability(0.875F);
  query.response.mutable_neighbors(1)->set_probability(0);
  query.response.set_novel(true);
  const std::string html = Render(Sheet(query));
  EXPECT_THAT(Main(html), HasSubstr(">88 %</span>"));
  EXPECT_THAT(Main(html), HasSubstr(">0 %</span>"));
  EXPECT_THAT(Main(html), HasSubstr("<p class=\"novel\">Nothing similar in the catalogue</p>"));
  EXPECT_THAT(html, HasSubstr("A percentage is the probability"));
}

TEST(RenderContactSheetTest, ShowsWhatFailedAndCountsIt) {
  ContactSheet sheet = Sheet(SampleQuery());
  sheet.queries.push_back({.name = "bad.jpg", .status = InvalidArgument("truncated", "cut off")});
  const std::string html = Render(sheet);
  EXPECT_THAT(html, HasSubstr("<dt>Queries</dt><dd>2 <small>1 failed</small></dd>"));
  EXPECT_THAT(html, HasSubstr("<code>INVALID_ARGUMENT · truncated</code><br>cut off"));
  EXPECT_EQ(Count(html, "<li class=\"look\">"), 2);
}

TEST(RenderContactSheetTest, SumsUpOverTheQueries) {
  ContactSheet sheet = Sheet(SampleQuery());
  QueryResult slow = SampleQuery();
  slow.response.mutable_neighbors(0)->set_similarity(0.25F);
  slow.response.mutable_timings()->set_total(0.0375);
  sheet.queries.push_back(slow);
  const std::string html = Render(sheet);
  EXPECT_THAT(html, HasSubstr("<dt>Mean best match</dt><dd>0.500</dd>"));
  EXPECT_THAT(html, HasSubstr("<dt>Median time</dt><dd>25.0 <small>ms</small></dd>"));
}

TEST(RenderContactSheetTest, AQueryWithoutNeighboursScoresOrTimesSaysSo) {
  const std::string main = Main(Render(Sheet({.name = "empty.jpg"})));
  EXPECT_THAT(main, HasSubstr("No item qualifies."));
  EXPECT_THAT(main, Not(HasSubstr("Class scores")));
  EXPECT_THAT(main, Not(HasSubstr("Server time")));
  EXPECT_THAT(main, Not(HasSubstr(" ms<")));
}

TEST(RenderContactSheetTest, LeavesNoTagOpenAndNoPlaceholderBehind) {
  QueryResult query = SampleQueryWithAttributes();
  query.picture = kJpeg;
  query.true_classes = {1};
  const std::string html = Render(Sheet(query));
  EXPECT_THAT(html, Not(HasSubstr("{{")));
  for (const char* tag : {"div", "section", "article", "ol", "li", "figure", "span", "p", "main",
                          "header", "style", "i", "b", "h2", "h3", "dl"}) {
    const int opened =
        Count(html, absl::StrCat("<", tag, " ")) + Count(html, absl::StrCat("<", tag, ">"));
    EXPECT_EQ(opened, Count(html, absl::StrCat("</", tag, ">"))) << tag;
  }
}

}  // namespace
}  // namespace lookbook
