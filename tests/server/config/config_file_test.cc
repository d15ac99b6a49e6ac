#include "server/config/config_file.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

std::map<std::string, Setting> ByKey(const std::vector<Setting>& settings) {
  std::map<std::string, Setting> by_key;
  for (const Setting& setting : settings) by_key[setting.key] = setting;
  return by_key;
}

TEST(ConfigFileTest, KeysCarryTheirLine) {
  LB_ASSERT_OK_AND_ASSIGN(const auto settings, ParseConfigFile("# comment\n"
                                                               "[batch]\n"
                                                               "max_size = 16\n"
                                                               "max_delay = \"2ms\"\n"
                                                               "[limits]\n"
                                                               "image_bytes = \"8MiB\"\n",
                                                               "s.toml"));
  const auto by_key = ByKey(settings);
  EXPECT_EQ(by_key.at("batch.max_size").source, "s.toml:3");
  EXPECT_THAT(by_key.at("batch.max_size").values, ElementsAre("16"));
  EXPECT_THAT(by_key.at("batch.max_delay").values, ElementsAre("2ms"));
  EXPECT_EQ(by_key.at("limits.image_bytes").source, "s.toml:6");
}

TEST(ConfigFileTest, BundlesKeepTheirOrder) {
  LB_ASSERT_OK_AND_ASSIGN(const auto settings,
                          ParseConfigFile("[[bundles]]\nname = \"z\"\npath = \"/1\"\n"
                                          "[[bundles]]\nname = \"a\"\npath = \"/2\"\n",
                                          "s.toml"));
  ASSERT_EQ(settings.size(), 1u);
  EXPECT_THAT(settings[0].values, ElementsAre("z=/1", "a=/2"));
}

TEST(ConfigFileTest, AnEmptyFileSetsNothing) {
  EXPECT_THAT(ParseConfigFile("", "s.toml"), IsOkAndHolds(IsEmpty()));
}

TEST(ConfigFileTest, MistakesAreRefusedWithTheirLine) {
  const std::pair<const char*, const char*> cases[] = {
      {"[batch]\ncapcity = 8\n", "s.toml:2: unknown key \"batch.capcity\""},
      {"\n[bach]\nmax_size = 8\n", "s.toml:2: unknown key \"bach\""},
      {"device = 1\n", "s.toml:1: device must be a quoted text"},
      {"[batch]\nmax_size = \"8\"\n", "s.toml:2: batch.max_size must be an integer"},
      {"[batch]\nmax_size = 8.5\n", "s.toml:2: batch.max_size must be an integer"},
      {"[batch]\nmax_delay = 5\n", "s.toml:2: batch.max_delay must be a quoted time span"},
      {"[listen]\nreflection = 1\n", "s.toml:2: listen.reflection must be true or false"},
      {"batch = 5\n", "s.toml:1: unknown key \"batch\""},
      {"bundles = \"x=/y\"\n", "s.toml:1: bundles must be"},
      {"[[bundles]]\nname = \"a\"\n", "s.toml:1: bundles must be"},
      {"[[bundles]]\nname = \"a\"\npath = 5\n", "s.toml:3: bundles must be"},
      {"[[bundles]]\nname = \"a\"\npath = \"/\"\nsize = 5\n",
       "s.toml:4: unknown key \"bundles.size\""},
      {"[batch]\nmax_size = 8\nmax_size = 9\n", "s.toml:3: "},
      {"[batch\n", "s.toml:1: "},
      {"[batch.max_size]\nx = 1\n", "s.toml:1: batch.max_size must be an integer"},
  };
  for (const auto& [text, message] : cases) {
    EXPECT_THAT(ParseConfigFile(text, "s.toml"), StatusIs(kInvalid, StartsWith(message))) << text;
  }
}

// Without a bound the destructor of the document would run out of stack.
TEST(ConfigFileTest, KeysWithoutEndAreRefused) {
  std::string text = "\na";
  for (int i = 0; i < 500'000; ++i) text += ".a";
  EXPECT_THAT(ParseConfigFile(text + " = 1\n", "s.toml"),
              StatusIs(kInvalid, StartsWith("s.toml:2: more than")));
}

}  // namespace
}  // namespace lookbook
