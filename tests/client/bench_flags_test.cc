#include "client/bench_flags.h"

#include <algorithm>

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;

BenchFlags Parse(std::vector<std::string> arguments) {
  BenchFlags flags;
  CLI::App app;
  AddBenchFlags(app, flags);
  std::reverse(arguments.begin(), arguments.end());  // As CLI11 takes a vector.
  app.parse(arguments);
  return flags;
}

TEST(BenchFlagsTest, ByDefaultAClosedLoopUntilThreeWindowsOfFiveSecondsAgree) {
  const BenchFlags flags = Parse({"a.jpg"});
  EXPECT_EQ(flags.rate, 0);
  EXPECT_EQ(flags.concurrency, 8);
  EXPECT_FALSE(flags.find_rate);
  EXPECT_EQ(flags.window.time, absl::Seconds(5));
  EXPECT_EQ(flags.rule.windows, 3);
  EXPECT_EQ(flags.rule.tolerance, 0.1);
  EXPECT_EQ(flags.rule.max_windows, 10);
  EXPECT_EQ(flags.limits.foreign_share, 0.05);
  EXPECT_EQ(flags.duration, absl::ZeroDuration());
}

TEST(BenchFlagsTest, EveryFlagArrives) {
  const BenchFlags flags =
      Parse({"photos/",  "--rate",        "120.5", "--channels",      "8",    "--seed",
             "42",       "--warm-up",     "500",   "--window",        "1.5s", "--tolerance",
             "0.2",      "--max-windows", "5",     "--duration",      "30s",  "--server-pid",
             "7",        "--max-foreign", "0.1",   "--max-lag",       "2ms",  "--json",
             "out.json", "--top-k",       "3",     "--max-in-flight", "77",   "--item",
             "train/1",  "--bundle",      "b",     "--deadline",      "2s"});
  EXPECT_EQ(flags.rate, 120.5);
  EXPECT_EQ(flags.channels, 8);
  EXPECT_EQ(flags.seed, 42u);
  EXPECT_EQ(flags.warm_up.calls, 500);
  EXPECT_EQ(flags.warm_up.time, absl::InfiniteDuration());
  EXPECT_EQ(flags.window.time, absl::Milliseconds(1500));
  EXPECT_EQ(flags.window.calls, 0);
  EXPECT_EQ(flags.rule.tolerance, 0.2);
  EXPECT_EQ(flags.rule.max_windows, 5);
  EXPECT_EQ(flags.duration, absl::Seconds(30));
  EXPECT_THAT(flags.server_pid, Optional(7));
  EXPECT_EQ(flags.limits.foreign_share, 0.1);
  EXPECT_EQ(flags.limits.lag, absl::Milliseconds(2));
  EXPECT_EQ(flags.json, "out.json");
  EXPECT_EQ(flags.query.top_k, 3u);
  EXPECT_THAT(flags.query.pictures, ElementsAre("photos/"));
  EXPECT_THAT(flags.query.items, ElementsAre("train/1"));
  EXPECT_EQ(flags.query.bundle, "b");
  EXPECT_EQ(MaxInFlight(flags), 77);
  EXPECT_EQ(Objective(flags), absl::Seconds(2));
}

TEST(BenchFlagsTest, ASearchForARateHasATarget) {
  const BenchFlags flags =
      Parse({"a.jpg", "--find-rate", "--p99", "30ms", "--max-probes", "4", "--concurrency", "2"});
  EXPECT_TRUE(flags.find_rate);
  EXPECT_EQ(flags.max_probes, 4);
  EXPECT_EQ(flags.concurrency, 2);
  EXPECT_EQ(Objective(flags), absl::Milliseconds(30));
}

TEST(BenchFlagsTest, AsManyInFlightAsTheServerLetsThroughByDefault) {
  EXPECT_EQ(MaxInFlight(Parse({"a.jpg"})), 400);
  EXPECT_EQ(MaxInFlight(Parse({"a.jpg", "--channels", "2"})), 200);
}

TEST(BenchFlagsTest, WhereTheServerRuns) {
  for (const char* here : {"localhost:50051", "127.0.0.1:1", "[::1]:1", "unix:/run/lookbook"}) {
    EXPECT_EQ(PlaceOfServer(here, std::nullopt), ServerPlace::kThisMachine) << here;
  }
  EXPECT_EQ(PlaceOfServer("search.internal:50051", std::nullopt), ServerPlace::kElsewhere);
  EXPECT_EQ(PlaceOfServer("search.internal:50051", 7), ServerPlace::kKnownProcess);
}

TEST(BenchFlagsTest, AServersProcessIsTheOneNamedOrFoundOnALocalPort) {
  EXPECT_THAT(ServerProcess(Parse({"a.jpg", "--server-pid", "7"})), Optional(7));
  // Nobody listens on port 1; and who listens here says nothing about another machine.
  EXPECT_EQ(ServerProcess(Parse({"a.jpg", "--server", "127.0.0.1:1"})), std::nullopt);
  EXPECT_EQ(ServerProcess(Parse({"a.jpg", "--server", "search.internal:50051"})), std::nullopt);
}

TEST(BenchFlagsTest, WrongValuesAndCombinationsAreRefused) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"--rate", "0"},
                                             {"--rate", "-5"},
                                             {"--rate", "fast"},
                                             {"--concurrency", "0"},
                                             {"--channels", "0"},
                                             {"--channels", "257"},
                                             {"--max-in-flight", "0"},
                                             {"--window", "0"},
                                             {"--window", "0s"},
                                             {"--window", "-1s"},
                                             {"--window", "inf"},
                                             {"--warm-up", "soon"},
                                             {"--duration", "5"},
                                             {"--tolerance", "0"},
                                             {"--max-windows", "2"},
                                             {"--max-foreign", "1.1"},
                                             {"--max-lag", "0ms"},
                                             {"--server-pid", "0"},
                                             {"--p99", "50ms"},
                                             {"--max-probes", "3"},
                                             {"--find-rate", "--p99", "50"},
                                             {"--find-rate", "--max-probes", "0"},
                                             {"--find-rate", "--rate", "5"},
                                             {"--find-rate", "--duration", "5s"},
                                             {"--rate", "5", "--concurrency", "5"},
                                             {"--html", "a.html"}}) {
    EXPECT_THROW(Parse(arguments), CLI::ParseError) << arguments[0] << " " << arguments.back();
  }
}

}  // namespace
}  // namespace lookbook
