#include "server/config/values.h"

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

TEST(ParseIntegerTest, WholeNumbersOnly) {
  EXPECT_THAT(ParseInteger("42"), IsOkAndHolds(42));
  EXPECT_THAT(ParseInteger("-1"), IsOkAndHolds(-1));
  for (const char* text : {"", "4.5", "0x10", "8 cores", "99999999999999999999"}) {
    EXPECT_THAT(ParseInteger(text), StatusIs(kInvalid, HasSubstr("is not an integer"))) << text;
  }
}

TEST(ParseBoolTest, TrueAndFalseOnly) {
  EXPECT_THAT(ParseBool("true"), IsOkAndHolds(true));
  EXPECT_THAT(ParseBool("false"), IsOkAndHolds(false));
  for (const char* text : {"", "yes", "1", "TRUE"})
    EXPECT_THAT(ParseBool(text), StatusIs(kInvalid));
}

TEST(ParseBytesTest, UnitsArePowersOf1024) {
  EXPECT_THAT(ParseBytes("1000"), IsOkAndHolds(1000));
  EXPECT_THAT(ParseBytes("16KiB"), IsOkAndHolds(16384));
  EXPECT_THAT(ParseBytes("20 MiB"), IsOkAndHolds(20971520));
  EXPECT_THAT(ParseBytes("3GiB"), IsOkAndHolds(int64_t{3} << 30));
}

TEST(ParseBytesTest, RefusesOtherUnitsNegativesAndOverflow) {
  for (const char* text : {"", "MiB", "16MB", "1.5MiB", "-1", "9999999999GiB", "1MiBKiB"}) {
    EXPECT_THAT(ParseBytes(text), StatusIs(kInvalid)) << text;
  }
}

TEST(FormatBytesTest, IsReadBackUnchanged) {
  for (int64_t bytes : {int64_t{0}, int64_t{1}, int64_t{1023}, int64_t{1024}, int64_t{20} << 20,
                        (int64_t{1} << 30) + 1}) {
    EXPECT_THAT(ParseBytes(FormatBytes(bytes)), IsOkAndHolds(bytes));
  }
  EXPECT_EQ(FormatBytes(int64_t{20} << 20), "20MiB");
}

TEST(ParseTimeSpanTest, TakesUnitsAndZero) {
  EXPECT_THAT(ParseTimeSpan("5ms"), IsOkAndHolds(absl::Milliseconds(5)));
  EXPECT_THAT(ParseTimeSpan("1m30s"), IsOkAndHolds(absl::Seconds(90)));
  EXPECT_THAT(ParseTimeSpan("0"), IsOkAndHolds(absl::ZeroDuration()));
  for (const char* text : {"", "5", "-5ms", "inf", "soon"}) {
    EXPECT_THAT(ParseTimeSpan(text), StatusIs(kInvalid, HasSubstr("time span"))) << text;
  }
}

TEST(ParseAddressTest, HostAndPort) {
  for (const char* text : {"0.0.0.0:50051", "localhost:0", "[::1]:65535", "[::]:50051"}) {
    EXPECT_THAT(ParseAddress(text), IsOkAndHolds(text));
  }
  for (const char* text : {"", ":50051", "50051", "localhost", "localhost:", "localhost:65536",
                           "::1:50051", "a b:1", "localhost:-1", "a:1,b:2", "unix:/tmp/x"}) {
    EXPECT_THAT(ParseAddress(text), StatusIs(kInvalid, HasSubstr("HOST:PORT"))) << text;
  }
  EXPECT_EQ(PortOf("[::1]:443"), 443);
}

TEST(IsLoopbackTest, IsWhatOnlyThisMachineReaches) {
  for (const char* address : {"127.0.0.1:1", "127.9.9.9:1", "localhost:1", "[::1]:1"}) {
    EXPECT_TRUE(IsLoopback(address)) << address;
  }
  for (const char* address : {"0.0.0.0:1", "10.127.0.1:1", "localhost.example:1", "[::]:1"}) {
    EXPECT_FALSE(IsLoopback(address)) << address;
  }
}

TEST(ParseBundleRootTest, NameAndPath) {
  LB_ASSERT_OK_AND_ASSIGN(const BundleRoot root, ParseBundleRoot("mobilenet_v2=/srv/a=b"));
  EXPECT_EQ(root.name, "mobilenet_v2");
  EXPECT_EQ(root.path, "/srv/a=b");
}

TEST(ParseBundleRootTest, RefusesNamesThatWouldNotStandInALabel) {
  for (const char* text : {"/srv/bundles", "=x", "a=", "Upper=x", "a b=x", "ü=x"}) {
    EXPECT_THAT(ParseBundleRoot(text), StatusIs(kInvalid)) << text;
  }
  EXPECT_THAT(ParseBundleRoot(std::string(64, 'a') + "=x"), IsOk());
  EXPECT_THAT(ParseBundleRoot(std::string(65, 'a') + "=x"), StatusIs(kInvalid));
}

TEST(ValuesTest, DevicesAreNumbersWithCommas) {
  EXPECT_THAT(ParseDevices("0"), IsOkAndHolds(::testing::ElementsAre(0)));
  EXPECT_THAT(ParseDevices("3,0,11"), IsOkAndHolds(::testing::ElementsAre(3, 0, 11)));
  for (const char* bad : {"", "a", "-1", "0,", "0 1", "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16"}) {
    EXPECT_THAT(ParseDevices(bad), StatusIs(absl::StatusCode::kInvalidArgument)) << bad;
  }
}

TEST(ValuesTest, OneOfNamesTheWords) {
  EXPECT_THAT(ParseOneOf("b", {"a", "b"}), IsOkAndHolds("b"));
  EXPECT_THAT(ParseOneOf("c", {"a", "b"}), StatusIs(absl::StatusCode::kInvalidArgument,
                                                    ::testing::HasSubstr("\"c\" is not a or b")));
}

}  // namespace
}  // namespace lookbook
