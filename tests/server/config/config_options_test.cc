#include "server/config/config_options.h"

#include <set>

#include "absl/strings/match.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

TEST(ConfigOptionsTest, OneKeyGivesFlagAndEnvironment) {
  const ConfigOption* option = FindOption("batch.max_size");
  ASSERT_NE(option, nullptr);
  EXPECT_EQ(option->Flag(), "--batch.max-size");
  EXPECT_EQ(option->Environment(), "LOOKBOOK_BATCH_MAX_SIZE");
  EXPECT_EQ(FindOption("batch.capcity"), nullptr);
}

TEST(ConfigOptionsTest, NamesAreDistinctAndDescribed) {
  std::set<std::string> flags, variables;
  for (const ConfigOption& option : ConfigOptions()) {
    EXPECT_TRUE(flags.insert(option.Flag()).second) << option.key;
    EXPECT_TRUE(variables.insert(option.Environment()).second) << option.key;
    EXPECT_FALSE(option.help.empty()) << option.key;
  }
}

TEST(ConfigOptionsTest, EverySettingReachesItsOwnFieldAlone) {
  const std::map<OptionKind, std::string> other = {{OptionKind::kInteger, "77"},
                                                   {OptionKind::kBytes, "2097152"},
                                                   {OptionKind::kSpan, "77ms"},
                                                   {OptionKind::kBool, "false"},
                                                   {OptionKind::kBundles, "x=/y"}};
  const std::map<std::string, std::string> texts = {{"listen.data", "localhost:1"},
                                                    {"listen.admin", "off"},
                                                    {"listen.health", "localhost:3"},
                                                    {"tls.certificate", "/c.pem"},
                                                    {"tls.key", "/k.pem"},
                                                    {"tls.client_ca", "/ca.pem"},
                                                    {"tls.admin_client_ca", "/admin_ca.pem"},
                                                    {"auth.tokens_file", "/t"},
                                                    {"auth.admin_tokens_file", "/a"},
                                                    {"metrics.listen", "off"},
                                                    {"lifecycle.watch", "true"},
                                                    {"signature.public_keys", "/k.pem"},
                                                    {"device", "cuda"},
                                                    {"log.level", "error"},
                                                    {"log.format", "json"},
                                                    {"limits.image_pixels", "777"},
                                                    {"cuda.plugin", "/x.so"},
                                                    {"cuda.devices", "0,2"},
                                                    {"cuda.precision", "bf16"},
                                                    {"cuda.streams", "7"},
                                                    {"cuda.index_engine", "faiss"},
                                                    {"cuda.index_storage", "fp16"},
                                                    {"cuda.on_device_lost", "cpu"},
                                                    {"watchdog.on_stuck", "report"},
                                                    {"watchdog.on_memory", "report"}};
  for (const ConfigOption& option : ConfigOptions()) {
    ServerConfig before, after;
    const auto special = texts.find(option.key);
    const std::string value = special != texts.end() ? special->second : other.at(option.kind);
    ASSERT_THAT(option.set(after, {value}), IsOk()) << option.key;
    for (const ConfigOption& seen : ConfigOptions()) {
      EXPECT_EQ(seen.to_toml(before) != seen.to_toml(after), seen.key == option.key)
          << option.key << " against " << seen.key;
    }
  }
}

TEST(ConfigOptionsTest, RangesAreInclusiveAndNameKeyAndValue) {
  ServerConfig config;
  const ConfigOption* option = FindOption("batch.max_size");
  EXPECT_THAT(option->set(config, {"1"}), IsOk());
  EXPECT_THAT(option->set(config, {"256"}), IsOk());
  EXPECT_THAT(option->set(config, {"0"}),
              StatusIs(kInvalid, "batch.max_size 0 is not between 1 and 256"));
  EXPECT_THAT(option->set(config, {"257"}), StatusIs(kInvalid, HasSubstr("257")));
  EXPECT_EQ(config.batch.max_size, 256) << "a refused value changes nothing";
}

TEST(ConfigOptionsTest, AStreamHasAtLeastOneQuery) {
  ServerConfig config;
  EXPECT_EQ(config.limits.queries_per_stream, 32);
  const ConfigOption* option = FindOption("limits.queries_per_stream");
  EXPECT_THAT(option->set(config, {"0"}),
              StatusIs(kInvalid, HasSubstr("limits.queries_per_stream")));
  EXPECT_THAT(option->set(config, {"1025"}), StatusIs(kInvalid, HasSubstr("1025")));
  EXPECT_THAT(option->set(config, {"1024"}), IsOk());
  EXPECT_EQ(config.limits.queries_per_stream, 1024);
}

TEST(ConfigOptionsTest, BadValuesOfEachKindAreRefused) {
  ServerConfig config;
  for (const ConfigOption& option : ConfigOptions()) {
    // Any text: who opens it knows whether it is a file.
    if (option.key == "cuda.plugin" || option.key == "signature.public_keys" ||
        absl::StartsWith(option.key, "tls.") || absl::StartsWith(option.key, "auth.")) {
      continue;
    }
    EXPECT_THAT(option.set(config, {"no such value"}),
                StatusIs(kInvalid, AllOf(HasSubstr("no such value"))))
        << option.key;
  }
}

TEST(ConfigOptionsTest, PathsAreQuoted) {
  ServerConfig config;
  ASSERT_THAT(FindOption("bundles")->set(config, {"a=/with \"quotes\"\\"}), IsOk());
  EXPECT_EQ(FindOption("bundles")->to_toml(config),
            "[{name = \"a\", path = \"/with \\\"quotes\\\"\\\\\"}]");
}

}  // namespace
}  // namespace lookbook
