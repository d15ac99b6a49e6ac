// docs/api.md and docs/lifecycle.md list every reason that the sources attach to a refusal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <set>
#include <string>

#include "base/files.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using Reasons = std::set<std::string>;

void AddMatches(const std::string& text, const std::string& pattern, Reasons* reasons) {
  const std::regex regex(pattern);
  for (std::sregex_iterator match(text.begin(), text.end(), regex); match != std::sregex_iterator();
       ++match) {
    reasons->insert(match->str(1));
  }
}

// What the sources of `folder` say in InvalidArgument("reason", … and …, "reason").
Reasons ReasonsIn(const std::string& folder) {
  Reasons reasons;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".cc" && entry.path().extension() != ".h") continue;
    const auto text = ReadFile(entry.path());
    EXPECT_THAT(text, IsOk());
    AddMatches(*text, R"re(InvalidArgument\(\s*"([a-z_]+)")re", &reasons);
    AddMatches(*text, R"re(WithReason\([^;]*,\s*"([a-z_]+)"\))re", &reasons);
  }
  return reasons;
}

TEST(ApiDocumentTest, ListsEveryReasonOfTheSources) {
  LB_ASSERT_OK_AND_ASSIGN(std::string document, ReadFile("docs/api.md"));
  document += *ReadFile("docs/lifecycle.md");  // For operators.
  Reasons used;
  for (const char* folder : {"engine/image", "server/batch", "server/pipeline", "server/lifecycle",
                             "server/security", "server/transport"}) {
    const Reasons more = ReasonsIn(folder);
    used.insert(more.begin(), more.end());
  }
  LB_ASSERT_OK_AND_ASSIGN(const std::string names, ReadFile("server/lifecycle/pipeline_set.cc"));
  AddMatches(names, R"re("((?:bad|unknown)_[a-z_]+)")re", &used);
  ASSERT_GT(used.size(), 20u);
  for (const std::string& reason : used) {
    EXPECT_NE(document.find("`" + reason + "`"), std::string::npos) << reason;
  }
}

TEST(ApiDocumentTest, ListsEveryLimitThatCanBeSet) {
  LB_ASSERT_OK_AND_ASSIGN(const std::string document, ReadFile("docs/api.md"));
  LB_ASSERT_OK_AND_ASSIGN(const std::string images, ReadFile("docs/api_images.md"));
  for (const char* text :
       {"limits.message_bytes", "limits.connections", "limits.connections_per_address",
        "limits.streams_per_connection", "limits.queries_per_stream", "limits.image_memory_bytes",
        "deadlines.max_deadline", "deadlines.stream_idle", "deadlines.connection_age",
        "deadlines.connection_grace"}) {
    EXPECT_NE(document.find(text), std::string::npos) << text;
  }
  for (const char* reason : {"image_too_large", "truncated", "corrupt"}) {
    EXPECT_NE(images.find(reason), std::string::npos) << reason;
  }
}

}  // namespace
}  // namespace lookbook
