#include "models/report/render_page.h"

#include <cmath>
#include <regex>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/sha256.h"
#include "engine/image/encode.h"
#include "models/report/page_files.h"
#include "nlohmann/json.hpp"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kHostile[] =
    "</script><script>alert('x')</script>\"'><img src=x onerror=alert(1)> {{title}}";

ReportPage PageOf(std::vector<ReportBlock> blocks) {
  ReportPage page;
  page.title = "A title";
  page.sections = {{.title = "First", .lead = "", .blocks = std::move(blocks)}};
  return page;
}

std::string Html(const ReportPage& page) {
  const absl::StatusOr<std::string> html = RenderPage(page);
  EXPECT_THAT(html, IsOk());
  return html.value_or("");
}

// The page without its scripts, whose text is ours.
std::string WithoutScripts(std::string html) {
  for (const char* script : {kChartScript, kPageScript}) {
    const size_t at = html.find(script);
    EXPECT_NE(at, std::string::npos);
    if (at != std::string::npos) html.erase(at, std::string(script).size());
  }
  return html;
}

size_t Count(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(RenderPageTest, EveryBlockIsShown) {
  const std::string jpeg = *EncodeJpeg({8, 8, std::vector<uint8_t>(192, 90)}, 80);
  ReportChart chart;
  chart.title = "Loss";
  chart.labels = {"1", "2"};
  chart.series = {{.name = "train", .values = {0.5, 0.25}}};
  const std::string html = Html(PageOf({
      ReportText{"a paragraph"},
      ReportText{"look out", true},
      ReportFacts{{{"images", "45,623", "in train.csv"}}},
      ReportTable{"A table", {{"name"}, {"count", true}}, {{"shoe", "7"}}},
      ReportTable{"Long", {{"name"}}, {{"x"}, {"y"}}, true},
      ReportGallery{"Pictures",
                    {{.file = jpeg,
                      .title = "one",
                      .note = "8 × 8",
                      .chips = {"shoe"},
                      .marks = {{"bag", "#102030", 0.25, 0.5}}},
                     {.title = "two"}}},
      chart,
      ReportHeatmap{"Together", "note", {"r1", "r2"}, {"c1"}, {3, NAN}},
  }));
  for (const char* part :
       {"<title>A title · Lookbook</title>", "<h2>First</h2>", "<p>a paragraph</p>",
        "<p class=\"warning\">look out</p>",
        "<dt>images</dt><dd>45,623 <small>in train.csv</small>", "<h3>A table</h3>",
        "<th class=\"n\" scope=\"col\">count</th>", "<td class=\"n\">7</td>",
        "<details><summary>Long <span>(2 rows)</span>", "src=\"data:image/jpeg;base64,/9j/",
        "<span class=\"mark\" style=\"left:25.00%;top:50.00%;background:#102030\">bag</span>",
        "<div class=\"blank\">no picture</div>", "<canvas data-chart=\"0\"",
        "title=\"r1 × c1: 3\">3</td>", "title=\"r2 × c1: –\"></td>"}) {
    EXPECT_THAT(WithoutScripts(html), HasSubstr(part));
  }
}

TEST(RenderPageTest, HostileNamesAreOnlyText) {
  ReportChart chart;
  chart.title = chart.note = kHostile;
  chart.labels = {kHostile};
  chart.series = {{.name = kHostile, .values = {1}}};
  ReportPage page = PageOf({
      ReportText{kHostile},
      ReportFacts{{{kHostile, kHostile, kHostile}}},
      ReportTable{kHostile, {{kHostile}}, {{kHostile}}, true},
      ReportGallery{kHostile,
                    {{.file = kHostile,
                      .title = kHostile,
                      .note = kHostile,
                      .chips = {kHostile},
                      .marks = {{kHostile, kHostile, NAN, 7}}}}},
      chart,
      ReportHeatmap{kHostile, kHostile, {kHostile}, {kHostile}, {1}},
  });
  page.title = page.source = page.footer = kHostile;
  page.facts = {{kHostile, kHostile, kHostile}};
  page.sections[0].title = page.sections[0].lead = kHostile;
  const std::string html = WithoutScripts(Html(page));
  EXPECT_EQ(Count(html, "<script"), 3u) << "the data and our two";
  EXPECT_EQ(Count(html, "</script"), 3u);
  EXPECT_THAT(html, Not(HasSubstr("<img")));
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(html, HasSubstr("background:#777777")) << "a colour that is none";
  EXPECT_THAT(html, HasSubstr("{{title}}")) << "data is no template";
}

TEST(RenderPageTest, RowsOfAGalleryStandAndItsQuestionLeads) {
  ReportGallery gallery;
  gallery.width = 100;
  gallery.columns = 6;
  gallery.pictures = {{.title = "asked", .marked_chips = {"shoe"}, .leads = true},
                      {.title = "answer", .marked_chips = {"bag"}, .chips = {"hat"}}};
  ReportChart chart;
  chart.half = true;
  const std::string html = WithoutScripts(Html(PageOf({gallery, chart})));
  for (const char* part :
       {"<div class=\"gallery rows\" style=\"--w:100px;--n:6\">", "<figure class=\"look leads\">",
        "<figure class=\"look\">", "<span class=\"chip marked\" title=\"bag\">bag</span>",
        "<span class=\"chip\" title=\"hat\">hat</span>", "<div class=\"block half\">"}) {
    EXPECT_THAT(html, HasSubstr(part));
  }
  EXPECT_EQ(Count(html, "chip marked"), 2u);
  EXPECT_EQ(Count(html, "block half"), 1u);
}

TEST(RenderPageTest, OpensWithoutANetwork) {
  const std::string html = WithoutScripts(Html(PageOf({ReportText{"x"}})));
  EXPECT_FALSE(std::regex_search(html, std::regex("(src|href)=\"(?!data:|#)")));
  EXPECT_THAT(html, Not(HasSubstr("@import")));
  EXPECT_THAT(html, Not(HasSubstr("url(")));
}

TEST(RenderPageTest, ThePolicyAdmitsItsOwnScriptsAlone) {
  const std::string html = Html(PageOf({}));
  std::smatch policy;
  ASSERT_TRUE(std::regex_search(html, policy, std::regex("script-src ([^\"]*)\"")));
  std::string wanted;
  for (const char* script : {kChartScript, kPageScript}) {
    const std::string digest = absl::HexStringToBytes(Sha256Hex(script));
    absl::StrAppend(&wanted, wanted.empty() ? "" : " ", "'sha256-", absl::Base64Escape(digest),
                    "'");
    EXPECT_THAT(html, HasSubstr(absl::StrCat("<script>", script, "</script>")));
  }
  EXPECT_EQ(policy[1].str(), wanted);
}

TEST(RenderPageTest, ChartJsTravelsUnchanged) {
  LB_ASSERT_OK_AND_ASSIGN(const std::string file, ReadFile(LOOKBOOK_CHART_JS));
  EXPECT_EQ(kChartScript, file);
  EXPECT_FALSE(absl::StrContains(file, "</script")) << "it could not stand in a page";
  EXPECT_THAT(file, HasSubstr("MIT License"));
}

TEST(RenderPageTest, ChartsAreNumberedInTheirOrder) {
  ReportChart first, second;
  first.title = "one";
  second.title = "two";
  const std::string html = Html(PageOf({first, ReportText{"between"}, second}));
  std::smatch found;
  ASSERT_TRUE(std::regex_search(
      html, found, std::regex("<script type=\"application/json\" id=\"charts\">([^<]*)</script>")));
  const nlohmann::json charts = nlohmann::json::parse(found[1].str());
  EXPECT_EQ(charts[0]["title"], "one");
  EXPECT_EQ(charts[1]["title"], "two");
  EXPECT_THAT(html, HasSubstr("data-chart=\"1\" role=\"img\" aria-label=\"two\""));
}

TEST(RenderPageTest, ShapesThatDoNotFitAreRefused) {
  EXPECT_THAT(RenderPage(PageOf({ReportTable{"T", {{"a"}, {"b"}}, {{"1"}}}})),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("table \"T\"")));
  EXPECT_THAT(RenderPage(PageOf({ReportHeatmap{"H", "", {"r"}, {"c"}, {1, 2}}})),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("heat map \"H\"")));
  ReportChart chart;
  chart.title = "C";
  chart.labels = {"1"};
  chart.series = {{.name = "s"}};
  EXPECT_THAT(RenderPage(PageOf({chart})),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("chart \"C\"")));
}

TEST(RenderPageTest, WideHeatMapsLeaveTheNumbersToTheHint) {
  ReportHeatmap map;
  map.rows = {"r"};
  map.columns.assign(20, "c");
  map.values.assign(20, 5);
  const std::string html = WithoutScripts(Html(PageOf({map})));
  EXPECT_THAT(html, HasSubstr("class=\"heat dense\""));
  EXPECT_THAT(html, Not(HasSubstr(">5</td>")));
  EXPECT_THAT(html, HasSubstr("title=\"r × c: 5\""));
}

TEST(RenderPageTest, PicturesAreKnownByTheirFirstBytes) {
  EXPECT_TRUE(absl::StartsWith(PictureUri("\xFF\xD8\xFFrest"), "data:image/jpeg;base64,"));
  EXPECT_TRUE(absl::StartsWith(PictureUri("\x89PNG\r\n\x1A\nrest"), "data:image/png;base64,"));
  EXPECT_EQ(PictureUri("<svg onload=alert(1)>"), "");
  EXPECT_EQ(PictureUri(""), "");
}

}  // namespace
}  // namespace lookbook
