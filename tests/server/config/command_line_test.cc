#include "server/config/command_line.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "server/config/config_options.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

class CommandLineTest : public ::testing::Test {
 protected:
  // A line with `args` behind one bundle, over environment_.
  absl::StatusOr<CommandLine> Parse(std::vector<std::string> args) {
    args.insert(args.begin(), {"--bundles", "default=/srv/bundles"});
    return ParseBare(args);
  }
  absl::StatusOr<CommandLine> ParseBare(const std::vector<std::string>& args) {
    return ParseCommandLine(
        args,
        [this](const char* name) {
          const auto found = environment_.find(name);
          return found == environment_.end() ? nullptr : found->second.c_str();
        },
        2);
  }
  std::string WriteConfig(const std::string& text) {
    const std::string path = absl::StrCat(::testing::TempDir(), "/command_line_test.toml");
    EXPECT_THAT(WriteFile(path, text), IsOk());
    return path;
  }

  std::map<std::string, std::string> environment_;
};

TEST_F(CommandLineTest, FlagBeatsEnvironmentBeatsFileBeatsDefault) {
  const std::string path =
      WriteConfig("[batch]\nmax_size = 2\nqueue_capacity = 20\n[decode]\nqueue = 3\n");
  environment_ = {{"LOOKBOOK_BATCH_MAX_SIZE", "4"}, {"LOOKBOOK_BATCH_QUEUE_CAPACITY", "30"}};
  LB_ASSERT_OK_AND_ASSIGN(const CommandLine line,
                          Parse({"--config", path, "--batch.max-size", "5"}));
  EXPECT_EQ(line.config.batch.max_size, 5);
  EXPECT_EQ(line.sources.at("batch.max_size"), "--batch.max-size");
  EXPECT_EQ(line.config.batch.queue_capacity, 30);
  EXPECT_EQ(line.sources.at("batch.queue_capacity"), "LOOKBOOK_BATCH_QUEUE_CAPACITY");
  EXPECT_EQ(line.config.decode.queue, 3);
  EXPECT_EQ(line.sources.at("decode.queue"), absl::StrCat(path, ":5"));
  EXPECT_EQ(line.sources.at("device"), "default");
  EXPECT_EQ(line.sources.at("embed.workers"), "default for 2 cores");
  EXPECT_EQ(line.print, "");
}

TEST_F(CommandLineTest, BundlesKeepTheirOrderFromFlagsAndEnvironment) {
  LB_ASSERT_OK_AND_ASSIGN(CommandLine line, ParseBare({"--bundles", "z=/1", "--bundles", "a=/2"}));
  ASSERT_EQ(line.config.bundles.size(), 2u);
  EXPECT_EQ(line.config.bundles[0].name, "z");
  EXPECT_EQ(line.config.bundles[1].path, "/2");
  environment_ = {{"LOOKBOOK_BUNDLES", "y=/3,x=/4"}};
  LB_ASSERT_OK_AND_ASSIGN(line, ParseBare({}));
  EXPECT_EQ(line.config.bundles[0].name, "y");
  EXPECT_EQ(line.config.bundles[1].name, "x");
}

TEST_F(CommandLineTest, TheFileMayBeNamedByTheEnvironment) {
  environment_ = {{"LOOKBOOK_CONFIG", WriteConfig("[decode]\nqueue = 9\n")}};
  LB_ASSERT_OK_AND_ASSIGN(const CommandLine line, Parse({}));
  EXPECT_EQ(line.config.decode.queue, 9);
}

TEST_F(CommandLineTest, AnEmptyVariableCountsAsNotSet) {
  environment_ = {{"LOOKBOOK_BATCH_MAX_SIZE", ""}};
  LB_ASSERT_OK_AND_ASSIGN(const CommandLine line, Parse({}));
  EXPECT_EQ(line.sources.at("batch.max_size"), "default");
}

TEST_F(CommandLineTest, MistakesAreNamed) {
  EXPECT_THAT(Parse({"--batch.max-size", "many"}),
              StatusIs(kInvalid, "--batch.max-size: batch.max_size \"many\" is not an integer"));
  EXPECT_THAT(Parse({"--batch.max-size"}), StatusIs(kInvalid, HasSubstr("--batch.max-size")));
  EXPECT_THAT(Parse({"--batch.max-size", "1", "--batch.max-size", "2"}),
              StatusIs(kInvalid, HasSubstr("--batch.max-size")));
  EXPECT_THAT(Parse({"--no-such-flag"}), StatusIs(kInvalid, HasSubstr("--no-such-flag")));
  EXPECT_THAT(Parse({"stray"}), StatusIs(kInvalid, HasSubstr("stray")));
  EXPECT_THAT(Parse({"--config", "/no/such/file.toml"}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("/no/such/file.toml")));
  environment_ = {{"LOOKBOOK_LISTEN_DATA", "nowhere"}};
  EXPECT_THAT(Parse({}),
              StatusIs(kInvalid, StartsWith("LOOKBOOK_LISTEN_DATA: listen.data \"nowhere\"")));
}

TEST_F(CommandLineTest, ContradictionsAreNamed) {
  EXPECT_THAT(Parse({"--batch.queue-capacity", "8", "--batch.max-size", "64"}),
              StatusIs(kInvalid, "batch.queue_capacity 8 is below batch.max_size 64"));
  EXPECT_THAT(ParseBare({}), StatusIs(kInvalid, HasSubstr("bundles is empty")));
  EXPECT_THAT(
      Parse({"--watchdog.stalled-after", "20s", "--watchdog.give-up-after", "20s"}),
      StatusIs(kInvalid, "watchdog.give_up_after 20s is not above watchdog.stalled_after 20s"));
}

TEST_F(CommandLineTest, MessagesAreOneLine) {
  for (const auto& args : std::vector<std::vector<std::string>>{
           {"--batch.max-size", "a\nb"}, {"--x"}, {"--bundles", "a"}, {"--device", "tpu"}}) {
    const auto line = Parse(args);
    ASSERT_FALSE(line.ok());
    EXPECT_FALSE(absl::StrContains(line.status().message(), "\n")) << line.status();
  }
}

TEST_F(CommandLineTest, PrintedConfigIsAFileThatGivesTheSameValues) {
  LB_ASSERT_OK_AND_ASSIGN(
      const CommandLine line,
      Parse({"--batch.max-delay", "2ms", "--limits.image-bytes", "3MiB", "--log.format", "json",
             "--listen.reflection", "false", "--print-config"}));
  EXPECT_THAT(line.print, HasSubstr("batch.max_delay = \"2ms\""));
  EXPECT_THAT(line.print, HasSubstr("# --batch.max-delay"));
  EXPECT_THAT(line.print, HasSubstr("# default for 2 cores"));
  LB_ASSERT_OK_AND_ASSIGN(const CommandLine again,
                          ParseBare({"--config", WriteConfig(line.print)}));
  for (const ConfigOption& option : ConfigOptions()) {
    EXPECT_EQ(option.to_toml(line.config), option.to_toml(again.config)) << option.key;
  }
}

TEST_F(CommandLineTest, HelpAndVersionAreForPrinting) {
  LB_ASSERT_OK_AND_ASSIGN(const CommandLine help, ParseBare({"--help"}));
  EXPECT_THAT(help.print, HasSubstr("--batch.max-size"));
  EXPECT_THAT(help.print, HasSubstr("LOOKBOOK_BATCH_MAX_SIZE"));
  EXPECT_THAT(help.print, HasSubstr("Examples"));
  LB_ASSERT_OK_AND_ASSIGN(const CommandLine version, ParseBare({"--version"}));
  EXPECT_THAT(version.print, StartsWith("lookbook-server 0."));
}

TEST_F(CommandLineTest, ACheckNeedsNoBundleToServe) {
  LB_ASSERT_OK_AND_ASSIGN(const CommandLine line,
                          ParseBare({"--check-bundle", "/srv/x", "--batch.max-size", "4"}));
  EXPECT_EQ(line.check_bundle, "/srv/x");
  EXPECT_EQ(line.config.batch.max_size, 4);
  LB_ASSERT_OK_AND_ASSIGN(const CommandLine serving, Parse({}));
  EXPECT_EQ(serving.check_bundle, "");
}

TEST_F(CommandLineTest, WatchIsShortForItsOption) {
  LB_ASSERT_OK_AND_ASSIGN(const CommandLine line, Parse({"--watch"}));
  EXPECT_TRUE(line.config.lifecycle.watch);
  EXPECT_EQ(line.sources.at("lifecycle.watch"), "--lifecycle.watch");
  LB_ASSERT_OK_AND_ASSIGN(const CommandLine without, Parse({}));
  EXPECT_FALSE(without.config.lifecycle.watch);
}

TEST_F(CommandLineTest, RequireSignatureIsItsOptionButNeverEmpty) {
  LB_ASSERT_OK_AND_ASSIGN(const CommandLine line, Parse({"--require-signature", "/keys.pem"}));
  EXPECT_EQ(line.config.signature.public_keys, "/keys.pem");
  LB_ASSERT_OK_AND_ASSIGN(
      const CommandLine both,
      Parse({"--require-signature", "/keys.pem", "--signature.public-keys", "/others.pem"}));
  EXPECT_EQ(both.config.signature.public_keys, "/keys.pem");
  EXPECT_THAT(Parse({"--require-signature", ""}),
              StatusIs(kInvalid, HasSubstr("--require-signature")));
  // As a script would say it whose variable is not set.
  for (const char* flag :
       {"--tls.certificate", "--tls.key", "--tls.client-ca", "--tls.admin-client-ca",
        "--auth.tokens-file", "--auth.admin-tokens-file", "--signature.public-keys"}) {
    EXPECT_THAT(Parse({flag, ""}),
                StatusIs(kInvalid, AllOf(HasSubstr(flag), HasSubstr("no file"))));
  }
  EXPECT_THAT(Parse({"--require-signature"}), StatusIs(kInvalid));
}

TEST_F(CommandLineTest, TheShippedFileIsValidAndShowsEveryDefault) {
  LB_ASSERT_OK_AND_ASSIGN(const CommandLine shipped, ParseBare({"--config", "deploy/server.toml"}));
  LB_ASSERT_OK_AND_ASSIGN(const std::string text, ReadFile("deploy/server.toml"));
  ServerConfig defaults = DefaultServerConfig(2);
  defaults.bundles = shipped.config.bundles;
  for (const ConfigOption& option : ConfigOptions()) {
    EXPECT_EQ(option.to_toml(shipped.config), option.to_toml(defaults)) << option.key;
    const std::string last = option.key.substr(option.key.rfind('.') + 1);
    EXPECT_THAT(text, HasSubstr(last)) << "deploy/server.toml does not mention " << option.key;
  }
}

}  // namespace
}  // namespace lookbook
