#include "base/service_manager.h"

#include <unistd.h>

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/support/notify_socket.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

const absl::Time kStart = absl::FromUnixSeconds(1000);

class ServiceManagerTest : public ::testing::Test {
 protected:
  absl::StatusOr<ServiceManager> FromEnvironment() const {
    return ServiceManager::FromEnvironment([this](const char* name) -> const char* {
      const auto variable = environment_.find(name);
      return variable == environment_.end() ? nullptr : variable->second.c_str();
    });
  }

  // To a manager that listens at `address`, or in the test's folder.
  ServiceManager Connect(std::string address = "") {
    if (address.empty()) address = directory_ / "notify";
    heard_ = std::make_unique<NotifySocket>(address);
    environment_["NOTIFY_SOCKET"] = address;
    absl::StatusOr<ServiceManager> manager = FromEnvironment();
    EXPECT_THAT(manager, IsOk());
    return manager.ok() ? *std::move(manager) : ServiceManager();
  }

  TempDir directory_;
  std::unique_ptr<NotifySocket> heard_;
  std::map<std::string, std::string> environment_;
};

TEST_F(ServiceManagerTest, NobodyHearsWhereNoManagerStartedIt) {
  for (const char* socket : {"", "unset"}) {
    environment_.clear();
    if (std::string(socket) != "unset") environment_["NOTIFY_SOCKET"] = socket;
    environment_["WATCHDOG_USEC"] = "1000000";
    auto manager = FromEnvironment();
    ASSERT_THAT(manager, IsOk());
    EXPECT_THAT(manager->Ready("serving"), IsOk());
    EXPECT_THAT(manager->Alive(kStart), IsOk());
    EXPECT_THAT(manager->Stopping(absl::Seconds(1)), IsOk());
  }
}

TEST_F(ServiceManagerTest, ReadyIsOneMessageWithTheStatusOnOneLine) {
  ServiceManager manager = Connect();
  EXPECT_THAT(manager.Ready("serving on a\nand b"), IsOk());
  EXPECT_EQ(heard_->Next(), "READY=1\nSTATUS=serving on a and b");
  EXPECT_EQ(heard_->Next(), "");
}

TEST_F(ServiceManagerTest, StoppingSaysHowLongItTakes) {
  ServiceManager manager = Connect();
  EXPECT_THAT(manager.Stopping(absl::Seconds(30)), IsOk());
  EXPECT_EQ(heard_->Next(), "STOPPING=1\nSTATUS=stopping\nEXTEND_TIMEOUT_USEC=30000000");
}

TEST_F(ServiceManagerTest, ANameThatStandsInNoFileSystemIsReached) {
  ServiceManager manager = Connect(absl::StrCat("@lookbook-service-manager-test-", ::getpid()));
  EXPECT_THAT(manager.Ready("serving"), IsOk());
  EXPECT_EQ(heard_->Next(), "READY=1\nSTATUS=serving");
}

TEST_F(ServiceManagerTest, ASignOfLifeComesTwiceInTheWatchdogsTime) {
  environment_["WATCHDOG_USEC"] = "10000000";
  environment_["WATCHDOG_PID"] = absl::StrCat(::getpid());
  ServiceManager manager = Connect();
  std::string heard;
  for (int second = 0; second < 10; ++second) {
    EXPECT_THAT(manager.Alive(kStart + absl::Seconds(second)), IsOk());
    heard += heard_->Next().empty() ? "." : "W";
  }
  EXPECT_EQ(heard, "W....W....");
}

TEST_F(ServiceManagerTest, AnotherProcessIsWatchedOrNone) {
  environment_["WATCHDOG_PID"] = "1";
  for (const char* time : {"", "10000000"}) {
    environment_["WATCHDOG_USEC"] = time;
    ServiceManager manager = Connect(directory_ / absl::StrCat("notify", time));
    EXPECT_THAT(manager.Alive(kStart), IsOk());
    EXPECT_EQ(heard_->Next(), "") << time;
  }
}

TEST_F(ServiceManagerTest, WhatIsNoAddressIsRefusedByName) {
  for (const std::string& address : {std::string("notify"), "/" + std::string(200, 'x')}) {
    environment_["NOTIFY_SOCKET"] = address;
    EXPECT_THAT(FromEnvironment(), StatusIs(absl::StatusCode::kInvalidArgument,
                                            HasSubstr("NOTIFY_SOCKET=" + address)));
  }
}

TEST_F(ServiceManagerTest, WhatIsNoTimeIsRefusedByName) {
  environment_["NOTIFY_SOCKET"] = directory_ / "notify";
  for (const char* time : {"0", "-1", "soon"}) {
    environment_["WATCHDOG_USEC"] = time;
    EXPECT_THAT(FromEnvironment(), StatusIs(absl::StatusCode::kInvalidArgument,
                                            HasSubstr(absl::StrCat("WATCHDOG_USEC=", time))));
  }
}

TEST_F(ServiceManagerTest, AManagerThatIsGoneIsToldOf) {
  ServiceManager manager = Connect();
  heard_.reset();
  EXPECT_THAT(manager.Ready("serving"),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("NOTIFY_SOCKET")));
}

TEST_F(ServiceManagerTest, AManagerThatDoesNotReadHoldsNobodyUpForEver) {
  ServiceManager manager = Connect();
  absl::Status status;
  for (int i = 0; i < 100000 && status.ok(); ++i) status = manager.Ready("serving");
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace lookbook
