// Every value and gradient of tests/models/oracles/vectors.json, and a count that none is left out.
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "tests/models/loss/oracle_checks.h"

namespace lookbook {
namespace {

using Json = nlohmann::json;

struct Section {
  const char* name;
  void (*check)(Oracle&);
};

constexpr Section kSections[] = {
    {"bce", CheckBce},         {"asl", CheckAsl},          {"pairs", CheckPairs},
    {"triplet", CheckTriplet}, {"angular", CheckAngular},  {"supcon", CheckSupCon},
    {"ntxent", CheckNtXent},   {"vicreg", CheckVicReg},    {"barlow", CheckBarlow},
    {"byol", CheckByol},       {"rotation", CheckRotation}};

// Sections that other tests assert, each with the file that ticks off its numbers: an OracleSection
// fails its test for every number that was not compared.
constexpr char kMetrics[] = "tests/models/evaluate/oracle_sections_test.cc";
const std::map<std::string, std::string> kElsewhere = {
    {"classification_metrics", kMetrics},
    {"retrieval_metrics", kMetrics},
    {"retrieval_leave_one_out", kMetrics},
    {"diagnostics", kMetrics},
    {"optim", "tests/models/train/optim_oracle_test.cc"}};

// How the file itself was checked, and remarks: nothing for the project to compute.
const std::set<std::string> kEvidence = {"_about", "oracle_checks"};

std::ostream& operator<<(std::ostream& out, const Section& section) { return out << section.name; }

class OracleTest : public testing::TestWithParam<Section> {};

TEST_P(OracleTest, ValuesAndGradientsMatch) {
  Oracle oracle;
  GetParam().check(oracle);
  EXPECT_FALSE(oracle.used().empty());
}

INSTANTIATE_TEST_SUITE_P(Sections, OracleTest, testing::ValuesIn(kSections),
                         [](const auto& info) { return std::string(info.param.name); });

// The places of all numbers and arrays below `node`; strings are remarks.
void ListNumbers(const Json& node, const std::string& place, std::set<std::string>& places) {
  if (node.is_object()) {
    for (const auto& [key, value] : node.items()) ListNumbers(value, place + "/" + key, places);
  } else if (!node.is_string()) {
    places.insert(place);
  }
}

bool IsLoss(const std::string& place) {
  const std::string key = place.substr(place.rfind('/') + 1);
  return key.starts_with("loss") || key.starts_with("grad");
}

TEST(OracleCoverageTest, EveryNumberOfALossSectionIsAsserted) {
  Oracle oracle;
  for (const Section& section : kSections) section.check(oracle);
  std::set<std::string> expected;
  for (const auto& [name, section] : oracle.json().items()) {
    if (!kElsewhere.contains(name) && !kEvidence.contains(name)) {
      ListNumbers(section, "/" + name, expected);
    }
  }
  int losses = 0;
  for (const std::string& place : expected) {
    EXPECT_TRUE(oracle.used().contains(place)) << place << " is asserted nowhere";
    losses += IsLoss(place);
  }
  // A file that lost cases must not pass either.
  EXPECT_EQ(losses, 81);
  EXPECT_EQ(expected.size(), 138u);
  std::cout << expected.size() << " places, " << losses << " of them losses or gradients\n";
}

TEST(OracleCoverageTest, SectionsAssertedElsewhereAreTickedOffThere) {
  const Oracle oracle;
  for (const auto& [section, file] : kElsewhere) {
    EXPECT_TRUE(oracle.json().contains(section)) << section;
    std::ifstream in(file);
    std::stringstream text;
    text << in.rdbuf();
    EXPECT_NE(text.str().find("OracleSection want(oracle_, \"" + section + "\");"),
              std::string::npos)
        << file << ": " << section;
  }
}

TEST(OracleCoverageTest, TheFileAgreesWithTheLibrariesItWasCheckedAgainst) {
  const Oracle oracle;
  const Json& checks = oracle.json()["oracle_checks"];
  ASSERT_FALSE(checks.empty());
  for (const auto& [library, check] : checks.items()) {
    EXPECT_NEAR(check["mine"].get<double>(), check["oracle"].get<double>(), 1e-7) << library;
  }
}

}  // namespace
}  // namespace lookbook
