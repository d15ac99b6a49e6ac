#include "tests/compatibility/proto_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kBefore[] = R"(syntax = "proto3";
package shop.v1;
service Shop {
  rpc Ask(Question) returns (Answer);
  rpc Talk(stream Question) returns (stream Answer);
}
message Question {
  reserved 9;
  reserved "color";
  oneof query { string word = 1; bytes picture = 2; }
  repeated uint32 ids = 3;
  optional float least = 4;
  Answer.Part part = 5;
  Kind kind = 6;
  uint32 count = 7;
}
message Answer {
  message Part { string name = 1; }
}
enum Kind { KIND_NONE = 0; KIND_DRESS = 1; reserved 7; }
)";

// What is wrong with `kBefore` after `from` became `to` in it.
std::vector<std::string> AfterChange(const std::string& from, const std::string& to) {
  const TempDir before(TempDir::kMemory), after(TempDir::kMemory);
  EXPECT_THAT(std::string(kBefore), HasSubstr(from));
  EXPECT_THAT(WriteFile(before / "shop.proto", kBefore), IsOk());
  EXPECT_THAT(WriteFile(after / "shop.proto", absl::StrReplaceAll(kBefore, {{from, to}})), IsOk());
  const auto old_files = ProtoFiles::Read(before.path());
  const auto new_files = ProtoFiles::Read(after.path());
  EXPECT_THAT(old_files, IsOk());
  EXPECT_THAT(new_files, IsOk()) << to;
  if (!old_files.ok() || !new_files.ok()) return {"not read"};
  return Incompatibilities(*(*old_files)->Find("shop.proto"), *(*new_files)->Find("shop.proto"));
}

TEST(ProtoRulesTest, WhatIsAddedBreaksNobody) {
  EXPECT_THAT(AfterChange("uint32 count = 7;", "uint32 count = 7; string more = 8;"), IsEmpty());
  EXPECT_THAT(AfterChange("bytes picture = 2;", "bytes picture = 2; string item = 10;"), IsEmpty());
  EXPECT_THAT(AfterChange("KIND_DRESS = 1;", "KIND_DRESS = 1; KIND_SHOE = 2;"), IsEmpty());
  EXPECT_THAT(AfterChange("service Shop {", "service Shop { rpc Look(Question) returns (Answer);"),
              IsEmpty());
  EXPECT_THAT(AfterChange("message Question {", "message Other {} message Question {"), IsEmpty());
}

TEST(ProtoRulesTest, AChangedFieldIsNamed) {
  const struct {
    std::string from, to;
  } kChanges[] = {{"uint32 count = 7;", ""},
                  {"uint32 count = 7;", "uint32 count = 8;"},
                  {"uint32 count = 7;", "uint32 number = 7;"},
                  {"uint32 count = 7;", "int64 count = 7;"},
                  {"uint32 count = 7;", "repeated uint32 count = 7;"},
                  {"uint32 count = 7;", "optional uint32 count = 7;"},
                  {"optional float least = 4;", "float least = 4;"},
                  {"repeated uint32 ids = 3;", "uint32 ids = 3;"},
                  {"Answer.Part part = 5;", "Answer part = 5;"},
                  {"Kind kind = 6;", "uint32 kind = 6;"},
                  {"uint32 count = 7;", "oneof amount { uint32 count = 7; }"},
                  {"oneof query {", "oneof asked {"},
                  {"string name = 1;", "bytes name = 1;"}};
  for (const auto& [from, to] : kChanges) {
    EXPECT_THAT(AfterChange(from, to), testing::Not(IsEmpty())) << from << " -> " << to;
  }
  EXPECT_THAT(AfterChange("uint32 count = 7;", "int64 count = 7;"),
              ElementsAre("shop.v1.Question.count: count = 7 uint32 is now count = 7 int64"));
}

TEST(ProtoRulesTest, WhatWasReservedStaysUnused) {
  EXPECT_THAT(AfterChange("reserved 9;", "string later = 9;"), SizeIs(1));
  EXPECT_THAT(AfterChange("reserved \"color\";", "string color = 11;"), SizeIs(1));
  EXPECT_THAT(AfterChange("reserved 7;", "KIND_SHOE = 7;"), SizeIs(1));
}

TEST(ProtoRulesTest, MessagesEnumsAndPackagesStay) {
  EXPECT_THAT(AfterChange("Part", "Piece"), testing::Not(IsEmpty()));
  EXPECT_THAT(AfterChange("KIND_DRESS = 1;", ""),
              ElementsAre("shop.v1.Kind: KIND_DRESS = 1 is gone"));
  EXPECT_THAT(AfterChange("KIND_DRESS = 1;", "KIND_DRESS = 2;"), SizeIs(1));
  EXPECT_THAT(AfterChange("Kind", "Sort"), testing::Not(IsEmpty()));
  EXPECT_THAT(AfterChange("package shop.v1;", "package shop.v2;"), testing::Not(IsEmpty()));
}

TEST(ProtoRulesTest, MethodsStay) {
  EXPECT_THAT(AfterChange("rpc Ask(Question) returns (Answer);", ""),
              ElementsAre("shop.v1.Shop.Ask is gone"));
  EXPECT_THAT(AfterChange("rpc Ask(Question)", "rpc Ask(stream Question)"), SizeIs(1));
  EXPECT_THAT(AfterChange("rpc Ask(Question)", "rpc Ask(Answer)"), SizeIs(1));
  EXPECT_THAT(AfterChange("returns (stream Answer)", "returns (Answer)"), SizeIs(1));
  EXPECT_THAT(AfterChange("service Shop", "service Store"), ElementsAre("shop.v1.Shop is gone"));
}

TEST(ProtoRulesTest, FilesThatProtocRefusesAreNamed) {
  const TempDir folder(TempDir::kMemory);
  EXPECT_THAT(ProtoFiles::Read(folder.path()), StatusIs(absl::StatusCode::kInvalidArgument));
  ASSERT_THAT(WriteFile(folder / "bad.proto", "message {"), IsOk());
  EXPECT_THAT(ProtoFiles::Read(folder.path()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("bad.proto:1")));
  ASSERT_THAT(WriteFile(folder / "bad.proto", "syntax = \"proto3\";"), IsOk());
  const auto files = ProtoFiles::Read(folder.path());
  ASSERT_THAT(files, IsOk());
  EXPECT_THAT((*files)->names(), ElementsAre("bad.proto"));
  EXPECT_EQ((*files)->Find("missing.proto"), nullptr);
}

}  // namespace
}  // namespace lookbook
