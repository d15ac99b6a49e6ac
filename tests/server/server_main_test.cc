// lookbook-server as a process: exit codes, messages, signals.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/files.h"
#include "engine/bundle/signature.h"
#include "server/lifecycle/bundle_check.h"
#include "tests/server/security/secret_files.h"
#include "tests/server/security/test_certificates.h"
#include "tests/server/transport/service_fixture.h"
#include "tests/support/notify_socket.h"
#include "tests/support/program_run.h"
#include "tests/support/real_server.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_bundle.h"
#include "tests/support/test_keys.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

struct Process : ProgramRun {
  Process(std::vector<std::string> arguments, const TempDir& directory, int errors = -1)
      : ProgramRun(LOOKBOOK_SERVER, std::move(arguments), directory / "stderr.txt", errors) {}
};

// A pipe without room for one more byte, which nobody reads.
class FullPipe {
 public:
  FullPipe() {
    EXPECT_EQ(::pipe2(ends_, O_CLOEXEC), 0);
    ::fcntl(ends_[1], F_SETFL, O_NONBLOCK);
    const std::string page(4096, '.');
    while (::write(ends_[1], page.data(), page.size()) > 0) continue;
    ::fcntl(ends_[1], F_SETFL, 0);
  }
  ~FullPipe() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  FullPipe(const FullPipe&) = delete;
  FullPipe& operator=(const FullPipe&) = delete;
  int writer() const { return ends_[1]; }

 private:
  int ends_[2] = {-1, -1};
};

class ServerMainTest : public ::testing::Test {
 protected:
  // With `more` behind a bundle and free ports.
  std::unique_ptr<Process> Start(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {
        "--listen.data",    "127.0.0.1:0", "--listen.admin", "127.0.0.1:0",
        "--metrics.listen", "127.0.0.1:0", "--bundles",      absl::StrCat("default=", Root()),
        "--log.level",      "error"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return std::make_unique<Process>(arguments, directory_);
  }

  // The same, serving and ready to be asked.
  absl::StatusOr<std::unique_ptr<RealServer>> StartServing(std::vector<std::string> more) {
    more.insert(more.end(), {"--log.level", "error"});
    return RealServer::Start(LOOKBOOK_SERVER, Root(), more, directory_ / "stderr.txt");
  }

  std::string Root() const { return directory_ / "bundles"; }

  // One bit of it.
  void DamageModel() {
    ASSERT_THAT(bundle_, IsOk());
    const std::string model = JoinPath(bundle_->directory, kModelFile);
    std::string bytes = *ReadFile(model);
    bytes[bytes.size() / 2] ^= 1;
    ASSERT_THAT(WriteFile(model, bytes), IsOk());
  }

  TempDir directory_;
  absl::StatusOr<TestBundle> bundle_ = WriteTestBundle(directory_ / "bundles");
};

TEST_F(ServerMainTest, ServesUntilATermSignalAndEndsWithZero) {
  ASSERT_THAT(bundle_, IsOk());
  const auto process = Start({"--deadlines.lame-duck", "0"});
  EXPECT_THAT(process->ReadLine(),
              MatchesRegex(absl::StrCat("serving on 127.0.0.1:[0-9]+, admin on 127.0.0.1:[0-9]+, "
                                        "metrics on 127.0.0.1:[0-9]+: default=",
                                        bundle_->id, " .40 items.")));
  process->Signal(SIGTERM);
  EXPECT_EQ(process->Wait(), 0);
  EXPECT_EQ(process->Errors(), "");
}

TEST_F(ServerMainTest, TheServiceManagerIsToldWhenItServesLivesAndStops) {
  ASSERT_THAT(bundle_, IsOk());
  const NotifySocket manager(directory_ / "notify");
  ::setenv("NOTIFY_SOCKET", (directory_ / "notify").c_str(), 1);
  ::setenv("WATCHDOG_USEC", "60000000", 1);
  const auto process = Start({"--deadlines.lame-duck", "0", "--deadlines.drain", "7s"});
  ::unsetenv("WATCHDOG_USEC");
  ::unsetenv("NOTIFY_SOCKET");
  EXPECT_THAT(manager.Next(absl::Minutes(2)),
              AllOf(HasSubstr("READY=1\nSTATUS=serving on 127.0.0.1:"), HasSubstr(bundle_->id)));
  EXPECT_EQ(manager.Next(absl::Minutes(2)), "WATCHDOG=1");
  process->Signal(SIGTERM);
  EXPECT_THAT(manager.Next(absl::Minutes(2)),
              AllOf(HasSubstr("STOPPING=1\n"), HasSubstr("EXTEND_TIMEOUT_USEC=12000000")));
  EXPECT_EQ(process->Wait(), 0);
}

TEST_F(ServerMainTest, AServiceManagerThatIsNotThereStopsNothing) {
  ASSERT_THAT(bundle_, IsOk());
  ::setenv("NOTIFY_SOCKET", (directory_ / "notify").c_str(), 1);
  Process process(
      {"--listen.data", "127.0.0.1:0", "--listen.admin", "off", "--metrics.listen", "off",
       "--bundles", absl::StrCat("default=", Root()), "--deadlines.lame-duck", "0"},
      directory_);
  ::unsetenv("NOTIFY_SOCKET");
  EXPECT_THAT(process.ReadLine(), HasSubstr("serving on"));
  process.Signal(SIGTERM);
  EXPECT_EQ(process.Wait(), 0);
  EXPECT_THAT(process.Errors(), HasSubstr("the service manager is not told"));
}

TEST_F(ServerMainTest, ALogThatNobodyReadsStopsNeitherAnswersNorTheEnd) {
  ASSERT_THAT(bundle_, IsOk());
  const FullPipe full;
  Process process(
      {"--listen.data", "127.0.0.1:0", "--listen.admin", "off", "--metrics.listen", "off",
       "--bundles", absl::StrCat("default=", directory_ / "bundles"), "--log.level", "info",
       "--log.requests-per-second", "100000", "--deadlines.lame-duck", "0"},
      directory_, full.writer());
  int port = 0;
  ASSERT_EQ(std::sscanf(process.ReadLine().c_str(), "serving on 127.0.0.1:%d", &port), 1);
  const auto stub = v1::CatalogService::NewStub(ChannelTo(port));
  for (int i = 0; i < 3000; ++i) {  // More lines than may wait.
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    v1::ListClassesResponse response;
    const grpc::Status status = stub->ListClasses(&context, {}, &response);
    ASSERT_TRUE(status.ok()) << i << ": " << status.error_message();
  }
  process.Signal(SIGTERM);
  EXPECT_EQ(process.Wait(), 0);
}

TEST_F(ServerMainTest, ASecondSignalEndsItAtOnce) {
  const auto process = Start({"--deadlines.lame-duck", "1h"});
  ASSERT_NE(process->ReadLine(), "");
  process->Signal(SIGTERM);
  process->Signal(SIGINT);
  const int code = process->Wait();
  EXPECT_TRUE(code == 128 + SIGINT || code == 128 + SIGTERM) << code;
}

TEST_F(ServerMainTest, IdleMathThreadsSleep) {
  const auto process = Start();
  ASSERT_NE(process->ReadLine(), "");
  const int descriptor =
      ::open(absl::StrCat("/proc/", process->pid(), "/environ").c_str(), O_RDONLY);
  std::string environment(1 << 16, '\0');
  environment.resize(
      std::max<ssize_t>(0, ::read(descriptor, environment.data(), environment.size())));
  ::close(descriptor);
  EXPECT_THAT(environment, AllOf(HasSubstr("OMP_WAIT_POLICY="), HasSubstr("OMP_NUM_THREADS=")));
}

TEST_F(ServerMainTest, AWrongConfigurationIsOneLineAndTwo) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"--batch.max-size", "64", "--batch.queue-capacity", "8"},
       "batch.queue_capacity 8 is below batch.max_size 64"},
      {{"--no-such-flag"}, "--no-such-flag"},
      {{"--config", "/no/such.toml"}, "/no/such.toml"},
      {{"--device", "tpu"}, "tpu"},
      {{"--listen.data", "192.0.2.1:1"}, "192.0.2.1:1"},
  };
  for (const auto& [arguments, message] : cases) {
    std::vector<std::string> more = arguments;
    if (arguments[0] == "--listen.data") {
      // The flag may be given once.
      Process process({"--bundles", "default=/x", "--listen.admin", "off", "--metrics.listen",
                       "off", "--log.level", "error", "--listen.data", arguments[1]},
                      directory_);
      EXPECT_EQ(process.Wait(), 2);
      EXPECT_THAT(process.Errors(), HasSubstr(message));
      continue;
    }
    const auto process = Start(more);
    EXPECT_EQ(process->Wait(), 2) << message;
    const std::string errors = process->Errors();
    EXPECT_THAT(errors, HasSubstr(message));
    EXPECT_EQ(std::count(errors.begin(), errors.end(), '\n'), 1) << errors;
  }
}

TEST_F(ServerMainTest, CertificatesAndTokensThatCannotBeUsedAreOneLineAndTwo) {
  const TestCa ca;
  const TestCertificate own = ca.Issue();
  const TestCertificate expired = ca.Issue({.begins = -absl::Hours(2), .ends = -absl::Hours(1)});
  PutFile(directory_ / "own.pem", own.certificate);
  PutFile(directory_ / "own.key", own.key);
  PutFile(directory_ / "expired.pem", expired.certificate);
  PutFile(directory_ / "expired.key", expired.key);
  PutFile(directory_ / "open_tokens", TokenLine("app", "x"), 0644);
  const auto tls = [&](const std::string& certificate, const std::string& key) {
    return std::vector<std::string>{"--tls.certificate", directory_ / certificate, "--tls.key",
                                    directory_ / key};
  };
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {tls("none.pem", "own.key"), "none.pem"},
      {tls("own.pem", "expired.key"), "the key is not that of the certificate"},
      {tls("expired.pem", "expired.key"), "expired at"},
      {{"--auth.tokens-file", directory_ / "open_tokens"}, "mode 0644"},
      {{"--auth.admin-tokens-file", directory_ / "none"}, "auth.admin_tokens_file"},
  };
  for (const auto& [arguments, message] : cases) {
    const auto process = Start(arguments);
    EXPECT_EQ(process->Wait(), 2) << message;
    const std::string errors = process->Errors();
    EXPECT_THAT(errors, HasSubstr(message));
    EXPECT_EQ(std::count(errors.begin(), errors.end(), '\n'), 1) << errors;
    EXPECT_EQ(process->ReadLine(), "") << "it never said that it serves";
  }
}

TEST_F(ServerMainTest, ANewTokenIsInForceWithoutARestart) {
  ASSERT_THAT(bundle_, IsOk());
  PutFile(directory_ / "tokens", TokenLine("app", "t-old"));
  const auto process =
      Start({"--auth.tokens-file", directory_ / "tokens", "--deadlines.lame-duck", "0"});
  int port = 0;
  ASSERT_EQ(std::sscanf(process->ReadLine().c_str(), "serving on 127.0.0.1:%d", &port), 1);
  const auto stub = v1::CatalogService::NewStub(ChannelTo(port));
  const auto ask = [&](const std::string& token) {
    grpc::ClientContext context;
    context.AddMetadata("authorization", "Bearer " + token);
    v1::GetInfoResponse response;
    return stub->GetInfo(&context, {}, &response).error_code();
  };
  EXPECT_EQ(ask("t-old"), grpc::StatusCode::OK);
  EXPECT_EQ(ask("t-new"), grpc::StatusCode::UNAUTHENTICATED);
  PutFile(directory_ / "tokens", TokenLine("app", "t-new"));
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (ask("t-new") != grpc::StatusCode::OK && std::chrono::steady_clock::now() < end) continue;
  EXPECT_EQ(ask("t-new"), grpc::StatusCode::OK);
  EXPECT_EQ(ask("t-old"), grpc::StatusCode::UNAUTHENTICATED);
  process->Signal(SIGTERM);
  EXPECT_EQ(process->Wait(), 0);
}

TEST_F(ServerMainTest, APortInUseIsOneLineAndTwo) {
  HealthService health;
  const auto taken = GrpcServer::Listen({}, {&health});
  ASSERT_THAT(taken, IsOk());
  const std::string address = absl::StrCat("127.0.0.1:", (*taken)->port());
  Process process({"--bundles", "default=/x", "--listen.admin", "off", "--metrics.listen", "off",
                   "--log.level", "error", "--listen.data", address},
                  directory_);
  EXPECT_EQ(process.Wait(), 2);
  const std::string errors = process.Errors();
  EXPECT_THAT(errors, HasSubstr(address));
  EXPECT_EQ(std::count(errors.begin(), errors.end(), '\n'), 1) << errors;
}

TEST_F(ServerMainTest, AProcessThatIsFarTooLargeIsOneLineAndFive) {
  const auto process = Start({"--watchdog.memory-bytes", "1MiB"});
  EXPECT_EQ(process->Wait(), 5);
  const std::string errors = process->Errors();
  EXPECT_THAT(errors, AllOf(HasSubstr("watchdog.memory_bytes"), HasSubstr("(check: memory)")));
  EXPECT_EQ(std::count(errors.begin(), errors.end(), '\n'), 1) << errors;
}

TEST_F(ServerMainTest, ItEndsAlsoWhereNobodyReadsWhy) {
  ASSERT_THAT(bundle_, IsOk());
  const FullPipe full;
  Process process(
      {"--listen.data", "127.0.0.1:0", "--listen.admin", "off", "--metrics.listen", "off",
       "--bundles", absl::StrCat("default=", Root()), "--watchdog.memory-bytes", "1MiB"},
      directory_, full.writer());
  auto code = std::async(std::launch::async, [&process] { return process.Wait(); });
  if (code.wait_for(std::chrono::minutes(1)) != std::future_status::ready) process.Signal(SIGKILL);
  EXPECT_EQ(code.get(), 5);
}

TEST_F(ServerMainTest, WhereTheLogIsJsonWhyItEndsIsTheLastLineOfIt) {
  for (const std::vector<std::string>& ending :
       {std::vector<std::string>{"5", "memory", "--watchdog.memory-bytes", "1MiB"},
        {"1", "checksum"}}) {
    if (ending[1] == "checksum") DamageModel();
    std::vector<std::string> flags = {"--log.format", "json"};
    flags.insert(flags.end(), ending.begin() + 2, ending.end());
    const auto process = Start(flags);
    EXPECT_EQ(absl::StrCat(process->Wait()), ending[0]);
    nlohmann::json last;
    for (absl::string_view line : absl::StrSplit(process->Errors(), '\n', absl::SkipEmpty())) {
      last = nlohmann::json::parse(line, nullptr, false);
      ASSERT_TRUE(last.is_object()) << line;
    }
    EXPECT_EQ(last.value("level", ""), "error");
    EXPECT_EQ(last.value("check", ""), ending[1]);
    EXPECT_EQ(last.value("exit_code", 0), std::stoi(ending[0]));
  }
}

TEST_F(ServerMainTest, ABundleThatFailsACheckIsNamedAndOne) {
  DamageModel();
  const auto process = Start();
  EXPECT_EQ(process->Wait(), 1);
  EXPECT_THAT(process->Errors(), AllOf(HasSubstr("bundle default in "), HasSubstr("model.ts"),
                                       HasSubstr("(check: checksum)")));
  EXPECT_EQ(process->ReadLine(), "") << "it never said that it serves";
}

TEST_F(ServerMainTest, ChecksABundleInOneLine) {
  ASSERT_THAT(bundle_, IsOk());
  for (const std::string& path : {Root(), bundle_->directory}) {
    Process process({"--check-bundle", path, "--lifecycle.check-memory", "64GiB"}, directory_);
    EXPECT_THAT(process.ReadLine(), MatchesRegex(absl::StrCat(
                                        bundle_->id, " is good: .*, 40 items, 8 dimensions, .*")));
    EXPECT_EQ(process.Wait(), 0);
    EXPECT_EQ(process.Errors(), "");
  }
}

TEST_F(ServerMainTest, ACheckThatFailsIsOneLineAndOne) {
  DamageModel();
  Process process({"--check-bundle", bundle_->directory}, directory_);
  EXPECT_EQ(process.Wait(), 1);
  const std::string errors = process.Errors();
  EXPECT_THAT(errors, AllOf(HasSubstr("model.ts"), HasSubstr("(check: checksum)")));
  EXPECT_EQ(std::count(errors.begin(), errors.end(), '\n'), 1) << errors;
}

TEST_F(ServerMainTest, ACheckKeepsItsBounds) {
  ASSERT_THAT(bundle_, IsOk());
  const BundleCheckOptions program = {.program = LOOKBOOK_SERVER};
  EXPECT_THAT(RunBundleCheck(program, bundle_->directory, nullptr), IsOk())
      << "the default bounds suffice";
  BundleCheckOptions small = program;
  small.memory_bytes = int64_t{64} << 20;  // Less than the libraries take.
  EXPECT_FALSE(RunBundleCheck(small, bundle_->directory, nullptr).ok());
}

// The whole way: the server runs its own program on a bundle before it takes it.
TEST_F(ServerMainTest, ActivatesWhatItsOwnCheckLetsPass) {
  ASSERT_THAT(bundle_, IsOk());
  TestBundleOptions options;
  options.activate = false;
  options.created += absl::Hours(1);
  const auto good = WriteTestBundle(Root(), options);
  options.created += absl::Hours(1);
  const auto bad = WriteTestBundle(Root(), options);
  ASSERT_THAT(good, IsOk());
  ASSERT_THAT(bad, IsOk());
  const std::string model = JoinPath(bad->directory, kModelFile);
  ASSERT_THAT(WriteFile(model, ReadFile(model)->substr(1)), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const auto server, StartServing({"--deadlines.lame-duck", "0"}));
  v1::ActivateBundleResponse response;
  const grpc::Status taken = server->Activate(good->id, &response);
  EXPECT_TRUE(taken.ok()) << taken.error_message();
  EXPECT_EQ(response.activation().replaced_bundle_id(), bundle_->id);
  const grpc::Status refused = server->Activate(bad->id);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::DATA_LOSS) << refused.error_message();
  EXPECT_EQ(ReasonIn(refused), "checksum");
  server->process().Signal(SIGTERM);
  EXPECT_EQ(server->process().Wait(), 0);
}

// From the start on, and in what it activates later, by its own check and by itself.
TEST_F(ServerMainTest, LoadsNoBundleThatIsNotSignedWhereThatIsAskedFor) {
  ASSERT_THAT(bundle_, IsOk());
  const TestKey key = MakeTestKey();
  ASSERT_THAT(WriteFile(directory_ / "key.pem", key.private_pem), IsOk());
  ASSERT_THAT(WriteFile(directory_ / "key.pub.pem", key.public_pem), IsOk());
  const std::vector<std::string> require = {"--require-signature", directory_ / "key.pub.pem",
                                            "--deadlines.lame-duck", "0"};
  {
    const auto process = Start(require);
    EXPECT_EQ(process->Wait(), 1);
    EXPECT_THAT(process->Errors(),
                AllOf(HasSubstr("is not signed"), HasSubstr("(check: signature)")));
  }
  ASSERT_THAT(SignBundle(bundle_->directory, directory_ / "key.pem"), IsOk());
  TestBundleOptions options;
  options.activate = false;
  options.created += absl::Hours(1);
  const auto next = WriteTestBundle(Root(), options);
  ASSERT_THAT(next, IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const auto server, StartServing(require));
  const grpc::Status refused = server->Activate(next->id);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::DATA_LOSS) << refused.error_message();
  EXPECT_EQ(ReasonIn(refused), "signature");
  ASSERT_THAT(SignBundle(next->directory, directory_ / "key.pem"), IsOk());
  const grpc::Status taken = server->Activate(next->id);
  EXPECT_TRUE(taken.ok()) << taken.error_message();
  server->process().Signal(SIGTERM);
  EXPECT_EQ(server->process().Wait(), 0);
}

TEST_F(ServerMainTest, KeysThatAreNoneAreAWrongConfiguration) {
  ASSERT_THAT(bundle_, IsOk());
  ASSERT_THAT(WriteFile(directory_ / "key.pem", MakeTestKey().private_pem), IsOk());
  for (const char* file : {"key.pem", "none.pem"}) {
    const auto process = Start({"--require-signature", directory_ / file});
    EXPECT_EQ(process->Wait(), 2);
    const std::string errors = process->Errors();
    EXPECT_THAT(errors, AllOf(HasSubstr("signature.public_keys"), HasSubstr(file)));
    EXPECT_EQ(std::count(errors.begin(), errors.end(), '\n'), 1) << errors;
  }
}

TEST_F(ServerMainTest, PrintsItsConfigurationAndItsVersion) {
  const auto config = Start({"--print-config"});
  EXPECT_THAT(config->ReadLine(), MatchesRegex("listen.data = \"127.0.0.1:0\" +# --listen.data"));
  EXPECT_EQ(config->Wait(), 0);
  const auto version = Start({"--version"});
  EXPECT_THAT(version->ReadLine(), MatchesRegex("lookbook-server [0-9.]+ .*"));
  EXPECT_EQ(version->Wait(), 0);
}

}  // namespace
}  // namespace lookbook
