// `lookbook bench` from the command line to its results, against a server in this process. Limits
// that a busy machine could break are set out of its reach.
#include <nlohmann/json.hpp>

#include "absl/time/clock.h"
#include "tests/client/run_cli.h"
#include "tests/support/fake_search_service.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

grpc::Status AnswerSoon(grpc::ServerContext&, const v1::SearchRequest&,
                        v1::SearchResponse& response) {
  absl::SleepFor(absl::Milliseconds(5));
  response.mutable_timings()->set_total(0.005);
  return grpc::Status::OK;
}

class BenchRunTest : public ::testing::Test {
 protected:
  BenchRunTest() {
    server_.search.Set(AnswerSoon);
    server_.get_info.Reply([this](const auto&, v1::GetInfoResponse& response) {
      response.set_version("9.9");
      auto* bundle = response.add_bundles();
      bundle->set_name("demo");
      bundle->set_bundle_id(server_.get_info.calls() > 1 ? bundle_id_afterwards_ : "bundle-1");
      bundle->set_index(index_);
      bundle->set_items(8000);
    });
    server_.list_classes.Reply([](const auto&, v1::ListClassesResponse& response) {
      response.add_classes()->set_class_id(1);
      response.mutable_classes(0)->set_name("dress");
    });
    EXPECT_THAT(WriteFile(dir_ / "a.jpg", "AAA"), IsOk());
    EXPECT_THAT(WriteFile(dir_ / "b.jpg", "BBB"), IsOk());
  }

  CliResult Bench(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(),
                     {"bench", "--json", dir_ / "out.json", "--max-lag", "1h", "--max-foreign", "1",
                      "--deadline", "60s", "--warm-up", "2"});
    return RunCli(std::move(arguments), {.server = server_.target()});
  }
  Json Results() { return Json::parse(ReadFile(dir_ / "out.json").value_or("null")); }

  FakeSearchServer server_;
  TempDir dir_;
  std::string bundle_id_afterwards_ = "bundle-1";
  std::string index_ = "Flat";
};

TEST_F(BenchRunTest, AClosedLoopGivesFiguresAndRecall) {
  const CliResult result =
      Bench({dir_.path(), "--concurrency", "2", "--duration", "300ms", "-k", "3"});
  EXPECT_EQ(result.exit_code, 0) << result.err << result.out;
  EXPECT_THAT(result.out, AllOf(HasSubstr("closed loop, 2 in flight; 4 channels, 2 queries"),
                                HasSubstr("latency p99"), HasSubstr("total 5.00 ms"),
                                HasSubstr("recall: 1 (index Flat is exact)\n")));
  EXPECT_EQ(result.err, "");  // No terminal, no progress.
  const Json json = Results();
  EXPECT_GT(json["result"]["figures"]["answers_per_s"], 0);
  EXPECT_GE(json["result"]["figures"]["latency_ms"]["p50"], 5);
  EXPECT_EQ(json["recall"]["value"], 1);
  EXPECT_EQ(json["server"]["pid"], ::getpid());  // Found by its port.
  EXPECT_FALSE(json["result"]["figures"]["server_cpu_ms_per_query"].is_null());
  EXPECT_EQ(json["server"]["bundle_id"], "bundle-1");
  const auto requests = server_.search.requests();
  EXPECT_EQ(requests[0].top_k(), 3u);
  EXPECT_TRUE(requests[0].with_timings());
  EXPECT_NE(requests[0].image(), requests[1].image());
}

TEST_F(BenchRunTest, AnOpenLoopOffersItsRateAndCountsRefusals) {
  server_.search.Set([](auto& context, const v1::SearchRequest& request, auto& response) {
    if (request.image() == "BBB") {
      return RefusalWithReason(grpc::RESOURCE_EXHAUSTED, "queue is full", "queue_full");
    }
    return AnswerSoon(context, request, response);
  });
  const CliResult result =
      Bench({dir_.path(), "--rate", "200", "--duration", "500ms", "--max-in-flight", "10000"});
  EXPECT_EQ(result.exit_code, 0) << result.err << result.out;
  const Json json = Results();
  EXPECT_EQ(json["load"]["loop"], "open");
  EXPECT_EQ(json["result"]["offered_per_s"], 200);
  const Json codes = json["result"]["figures"]["codes"];
  EXPECT_GT(codes["OK"], 0);
  EXPECT_GT(codes["RESOURCE_EXHAUSTED"], 0);
  EXPECT_EQ(codes["OK"].get<int>() + codes["RESOURCE_EXHAUSTED"].get<int>(),
            json["result"]["figures"]["queries"].get<int>());
}

TEST_F(BenchRunTest, AGeneratorThatIsTheBottleneckReportsNoFigure) {
  const CliResult result =
      Bench({dir_ / "a.jpg", "--rate", "1000", "--duration", "300ms", "--max-in-flight", "1"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, AllOf(HasSubstr("no figures:\n  the generator was the bottleneck: "),
                                Not(HasSubstr("latency")), Not(HasSubstr("answered"))));
  const Json json = Results();
  EXPECT_EQ(json["result"]["problems"][0]["kind"], "in_flight_cap");
  EXPECT_TRUE(json["result"]["figures"]["answers_per_s"].is_null());
  EXPECT_TRUE(json["result"]["figures"]["latency_ms"].is_null());
}

TEST_F(BenchRunTest, WindowsThatDoNotAgreeAreNotStable) {
  const CliResult result = Bench({dir_ / "a.jpg", "--window", "5", "--max-windows", "3",
                                  "--tolerance", "0.001", "--concurrency", "3"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("3, NOT STABLE"));
  EXPECT_EQ(Results()["result"]["stable"], false);
}

TEST_F(BenchRunTest, ABundleThatChangesSpoilsTheRun) {
  bundle_id_afterwards_ = "bundle-2";
  const CliResult result = Bench({dir_ / "a.jpg", "--duration", "300ms"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("the bundle changed during the run, to bundle-2"));
  EXPECT_TRUE(Results()["result"]["figures"]["answers_per_s"].is_null());
}

TEST_F(BenchRunTest, ASearchForARateTriesRatesFromTheClosedLoopsCapacity) {
  const CliResult result = Bench({dir_ / "a.jpg", "--find-rate", "--p99", "60s", "--max-probes",
                                  "2", "--concurrency", "2", "--window", "20", "--tolerance", "10",
                                  "--max-windows", "30", "--max-in-flight", "100000"});
  EXPECT_EQ(result.exit_code, 0) << result.err << result.out;
  EXPECT_THAT(result.out, HasSubstr("highest rate with p99 within 1m: "));
  const Json search = Results()["rate_search"];
  ASSERT_EQ(search["probes"].size(), 3u);
  const double capacity = search["probes"][0]["figures"]["answers_per_s"];
  EXPECT_DOUBLE_EQ(search["probes"][1]["offered_per_s"], capacity);
  EXPECT_DOUBLE_EQ(search["probes"][2]["offered_per_s"], 1.5 * capacity);
  EXPECT_EQ(search["highest_rate_met_per_s"], search["probes"][2]["offered_per_s"]);
  EXPECT_EQ(search["precise"], false);
}

TEST_F(BenchRunTest, ATargetThatNothingMeetsEndsWithOne) {
  const CliResult result =
      Bench({dir_ / "a.jpg", "--find-rate", "--p99", "1ms", "--max-probes", "2", "--window", "20",
             "--concurrency", "1", "--max-in-flight", "100000"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("no rate that was tried met p99 within 1ms"));
  EXPECT_EQ(Results()["rate_search"]["probes"][2]["outcome"], "missed");
}

TEST_F(BenchRunTest, NothingIsClaimedOfAnApproximateIndex) {
  index_ = "HNSW32";
  const CliResult result = Bench({"--item", "train/1", "--duration", "300ms"});
  EXPECT_EQ(result.exit_code, 0) << result.err << result.out;
  EXPECT_THAT(result.out, HasSubstr("recall: not known (index HNSW32)\n"));
  EXPECT_EQ(server_.search.requests()[0].item_id(), "train/1");
}

TEST_F(BenchRunTest, NothingIsMeasuredOfWhatCannotBeAsked) {
  const CliResult picture = Bench({dir_ / "none.jpg"});
  EXPECT_EQ(picture.exit_code, 1);
  EXPECT_THAT(picture.err, HasSubstr("none.jpg: no such file"));
  const CliResult bundle = Bench({dir_ / "a.jpg", "--bundle", "other"});
  EXPECT_EQ(bundle.exit_code, 1);
  EXPECT_EQ(bundle.err, "lookbook: the server has no bundle other\n");
  const CliResult filter = Bench({dir_ / "a.jpg", "--class", "hat"});
  EXPECT_EQ(filter.exit_code, 2);
  EXPECT_EQ(filter.err, "lookbook: no class 'hat' in this bundle\n");
  EXPECT_EQ(server_.search.calls(), 0);
}

TEST_F(BenchRunTest, ResultsThatCannotBeWrittenAreAFailure) {
  const CliResult result =
      RunCli({"bench", dir_ / "a.jpg", "--duration", "300ms", "--json", "/none/out.json"},
             {.server = server_.target()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("/none/out.json"));
}

TEST_F(BenchRunTest, NoServerIsThree) {
  server_.Stop();
  const CliResult result = Bench({dir_ / "a.jpg"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("is lookbook-server running?"));
}

TEST_F(BenchRunTest, AServerThatOnlyRefusesHasNoFigures) {
  server_.search.Set([](auto&, const auto&, auto&) {
    return RefusalWithReason(grpc::UNAVAILABLE, "draining", "draining");
  });
  const CliResult result = Bench({dir_ / "a.jpg", "--concurrency", "1", "--window", "20"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("no query was answered: "));
  EXPECT_THAT(result.out, HasSubstr(" UNAVAILABLE\n"));
}

}  // namespace
}  // namespace lookbook
