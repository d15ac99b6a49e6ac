// `lookbook search` from the command line to the screen, against a server in this process.
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "absl/strings/escaping.h"
#include "absl/time/clock.h"
#include "tests/client/run_cli.h"
#include "tests/support/fake_search_service.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;
using Json = nlohmann::json;

// Calls a picture bad whose bytes begin with "bad"; else the neighbour is named after them.
grpc::Status AnswerByBytes(grpc::ServerContext&, const v1::SearchRequest& request,
                           v1::SearchResponse& response) {
  if (request.image().rfind("bad", 0) == 0) {
    return RefusalWithReason(grpc::INVALID_ARGUMENT, "neither JPEG nor PNG", "unknown_format");
  }
  auto* neighbor = response.add_neighbors();
  neighbor->set_item_id("like:" + absl::CHexEscape(request.image()) + request.item_id());
  neighbor->set_similarity(0.5F);
  neighbor->add_class_ids(1);
  response.set_bundle_id("bundle-1");
  return grpc::Status::OK;
}

class SearchRunTest : public ::testing::Test {
 protected:
  SearchRunTest() {
    server_.search.Set(AnswerByBytes);
    server_.list_classes.Reply([](const auto&, v1::ListClassesResponse& response) {
      response.set_bundle_id("bundle-1");
      response.add_classes()->set_class_id(1);
      response.mutable_classes(0)->set_name("dress");
    });
    server_.get_item.Reply([](const v1::GetItemRequest& request, v1::GetItemResponse& response) {
      response.set_item_id(request.item_id());
      response.set_thumbnail("\xFF\xD8\xFF thumbnail of " + request.item_id());
    });
  }

  std::string Picture(const std::string& name, const std::string& bytes) {
    EXPECT_THAT(WriteFile(dir_ / name, bytes), IsOk());
    return dir_ / name;
  }
  CliResult Search(std::vector<std::string> arguments, const std::string& standard_input = "") {
    arguments.insert(arguments.begin(), "search");
    return RunCli(std::move(arguments),
                  {.server = server_.target(), .standard_input = standard_input});
  }
  // The lines of --json.
  static std::vector<Json> Lines(const std::string& out) {
    std::vector<Json> lines;
    std::istringstream stream(out);
    for (std::string line; std::getline(stream, line);) lines.push_back(Json::parse(line));
    return lines;
  }
  static std::vector<std::string> FirstNeighbors(const std::string& out) {
    std::vector<std::string> items;
    for (const Json& line : Lines(out)) items.push_back(line["neighbors"][0]["item_id"]);
    return items;
  }

  FakeSearchServer server_;
  TempDir dir_;
};

TEST_F(SearchRunTest, PrintsATableForOnePicture) {
  const CliResult result = Search({Picture("a.jpg", "AAA")});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr(dir_ / "a.jpg" + "  bundle bundle-1"));
  EXPECT_THAT(result.out, HasSubstr("0.5000  ██████████            like:AAA  dress\n"));
  EXPECT_THAT(result.out, Not(HasSubstr("\x1b")));  // No terminal, no colours.
  EXPECT_EQ(result.err, "");
}

TEST_F(SearchRunTest, FoldersFilesItemsAndStandardInputComeInOrder) {
  ASSERT_THAT(MakeDirectories(dir_ / "folder"), IsOk());
  Picture("folder/2.png", "two");
  Picture("folder/1.jpg", "one");
  const CliResult result = Search({Picture("z.jpg", "zzz"), dir_ / "folder", "-", "--item",
                                   "train/1", "--json", "--concurrency", "3"},
                                  "piped");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(FirstNeighbors(result.out),
              ElementsAre("like:zzz", "like:one", "like:two", "like:piped", "like:train/1"));
}

TEST_F(SearchRunTest, OneBadPictureDoesNotStopTheOthers) {
  const CliResult result = Search({Picture("a.jpg", "A"), Picture("b.jpg", "bad"),
                                   dir_ / "none.jpg", Picture("c.jpg", "C"), "--json"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.err, "lookbook: " + dir_ / "b.jpg" +
                            ": neither JPEG nor PNG (unknown_format)\n" +
                            "lookbook: " + dir_ / "none.jpg" + ": no such file or folder\n");
  const std::vector<Json> lines = Lines(result.out);
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0]["neighbors"][0]["item_id"], "like:A");
  EXPECT_EQ(lines[1]["error"]["reason"], "unknown_format");
  EXPECT_EQ(lines[2]["error"]["code"], "NOT_FOUND");
  EXPECT_EQ(lines[3]["neighbors"][0]["item_id"], "like:C");
}

TEST_F(SearchRunTest, TheRequestCarriesTheFlags) {
  EXPECT_EQ(Search({"--item", "train/1", "--class", "Dress", "-k", "3", "--bundle", "b"}).exit_code,
            0);
  EXPECT_EQ(Search({"--item", "train/1", "--include-self"}).exit_code, 0);
  const auto requests = server_.search.requests();
  EXPECT_EQ(requests[0].item_id(), "train/1");
  EXPECT_TRUE(requests[0].exclude_self());
  EXPECT_THAT(requests[0].class_filter().all(), ElementsAre(1));
  EXPECT_EQ(requests[0].top_k(), 3u);
  EXPECT_EQ(requests[0].bundle(), "b");
  EXPECT_FALSE(requests[1].exclude_self());
}

TEST_F(SearchRunTest, AnUnknownClassIsWrongUsageAndNothingIsAsked) {
  const CliResult result = Search({Picture("a.jpg", "A"), "--class", "hat"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.err, "lookbook: no class 'hat' in this bundle\n");
  EXPECT_EQ(server_.search.calls(), 0);
}

TEST_F(SearchRunTest, NoServerIsThreeAndSaidOnce) {
  server_.Stop();
  const CliResult result = Search({Picture("a.jpg", "A"), Picture("b.jpg", "B")});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.err, "lookbook: cannot reach " + server_.target() +
                            ": Connection refused; is lookbook-server running?\n");
}

TEST_F(SearchRunTest, AServerThatGoesAwayEndsTheRun) {
  std::thread stopper;
  server_.search.Set([&](grpc::ServerContext& context, const auto&, auto&) {
    if (!stopper.joinable()) stopper = std::thread([&] { server_.Stop(); });
    while (!context.IsCancelled()) std::this_thread::yield();  // Stop() cancels what is under way.
    return grpc::Status::CANCELLED;
  });
  std::vector<std::string> arguments = {"--concurrency", "1", "--json"};
  for (int i = 0; i < 10; ++i) arguments.push_back(Picture(std::to_string(i) + ".jpg", "A"));
  const CliResult result = Search(arguments);
  stopper.join();
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_LT(Lines(result.out).size(), 4u);  // The rest was given up, not tried ten times.
  EXPECT_THAT(result.err, HasSubstr("is lookbook-server running?"));
}

TEST_F(SearchRunTest, TheDeadlineTravelsAndItsPassingFailsTheQuery) {
  absl::Duration left;
  server_.search.Set([&](grpc::ServerContext& context, const auto&, auto&) {
    left = absl::FromChrono(context.deadline()) - absl::Now();
    return grpc::Status(grpc::DEADLINE_EXCEEDED, "Deadline Exceeded");
  });
  const CliResult result = Search({Picture("a.jpg", "A"), "--deadline", "20m"});
  EXPECT_GT(left, absl::Minutes(10));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("a.jpg: no answer within the deadline"));
}

TEST_F(SearchRunTest, WritesAContactSheetWithPicturesAndFailures) {
  const CliResult result =
      Search({Picture("a.jpg", "\xFF\xD8\xFF A"), Picture("b.jpg", "bad"), "--item", "train/1",
              "--html", dir_ / "sheet.html", "--title", "Spring <3"});
  EXPECT_EQ(result.exit_code, 1);  // Of the bad picture; the sheet is written all the same.
  EXPECT_THAT(result.err, HasSubstr("wrote " + dir_ / "sheet.html" + ": 3 queries, "));
  LB_ASSERT_OK_AND_ASSIGN(const std::string html, ReadFile(dir_ / "sheet.html"));
  EXPECT_THAT(html, HasSubstr("<h1>Spring &lt;3</h1>"));
  EXPECT_THAT(html, HasSubstr("unknown_format"));
  EXPECT_THAT(html, HasSubstr("alt=\"The query: train/1\""));
  std::vector<std::string> items;
  for (const auto& request : server_.get_item.requests()) items.push_back(request.item_id());
  EXPECT_THAT(items, UnorderedElementsAre("train/1", R"(like:\xff\xd8\xff A)", "like:train/1"));
}

TEST_F(SearchRunTest, AThumbnailThatFailsIsReportedAndTheSheetWritten) {
  server_.get_item.Set(
      [](auto&, const auto&, auto&) { return grpc::Status(grpc::NOT_FOUND, "no such item"); });
  const CliResult result = Search({Picture("a.jpg", "A"), "--html", dir_ / "sheet.html"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("thumbnail: no such item"));
  EXPECT_TRUE(PathExists(dir_ / "sheet.html"));
}

TEST_F(SearchRunTest, ASheetThatCannotBeWrittenIsOne) {
  const CliResult result = Search({Picture("a.jpg", "A"), "--html", dir_ / "none/sheet.html"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("none/sheet.html"));
}

TEST_F(SearchRunTest, ComparesWithTrueLabels) {
  const std::string labels = Picture("labels.csv", "ImageId,ClassId\na,1\na,2\n");
  const CliResult result = Search({Picture("a.jpg", "A"), "--labels", labels, "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(Lines(result.out)[0]["neighbors"][0]["jaccard"], 0.5);
}

TEST_F(SearchRunTest, NamesFollowTheServersChangeOfBundle) {
  std::atomic<int> lists{0};
  server_.list_classes.Reply([&](const auto&, v1::ListClassesResponse& response) {
    const bool first = ++lists == 1;
    response.set_bundle_id(first ? "bundle-0" : "bundle-1");
    response.add_classes()->set_class_id(1);
    response.mutable_classes(0)->set_name(first ? "old" : "new");
  });
  const CliResult result = Search({Picture("a.jpg", "A"), "--json"});
  EXPECT_EQ(Lines(result.out)[0]["neighbors"][0]["class_names"], Json({"new"}));
  EXPECT_EQ(lists, 2);
}

TEST_F(SearchRunTest, ManyPicturesAtOnceKeepTheirOrder) {
  std::vector<std::string> expected;
  ASSERT_THAT(MakeDirectories(dir_ / "many"), IsOk());
  for (int i = 100; i < 140; ++i) {
    Picture("many/" + std::to_string(i) + ".jpg", std::to_string(i));
    expected.push_back("like:" + std::to_string(i));
  }
  const CliResult result = Search({dir_ / "many", "--json", "--concurrency", "8"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(FirstNeighbors(result.out), expected);
}

}  // namespace
}  // namespace lookbook
