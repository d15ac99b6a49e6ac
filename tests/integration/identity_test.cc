// Who may come in: certificates, tokens and rates of a whole server, and the lookbook program as
// one of its clients.
#include <grpcpp/create_channel.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>

#include "absl/strings/str_cat.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "lookbook/v1/admin.grpc.pb.h"
#include "server/lifecycle/memory_room.h"
#include "tests/client/run_cli.h"
#include "tests/integration/server_fixture.h"
#include "tests/server/metrics/scrape_text.h"
#include "tests/server/security/secret_files.h"
#include "tests/server/security/test_certificates.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using grpc::health::v1::Health;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;
constexpr auto kOk = grpc::StatusCode::OK;
constexpr auto kUnavailable = grpc::StatusCode::UNAVAILABLE;
constexpr auto kUnauthenticated = grpc::StatusCode::UNAUTHENTICATED;

class IdentityTest : public ServerFixture {
 protected:
  IdentityTest() {
    PutFile(directory_ / "ca.pem", ca_.certificate(), 0644);
    PutFile(directory_ / "operators.pem", operators_.certificate(), 0644);
    PutFile(directory_ / "tokens", TokenLine("app", "t-app") + TokenLine("batch", "t-batch"));
    PutFile(directory_ / "admin_tokens", TokenLine("operator", "t-operator"));
    PutPair(ca_.Issue());
  }

  void PutPair(const TestCertificate& own) {
    PutFile(directory_ / "own.pem", own.certificate, 0644);
    PutFile(directory_ / "own.key", own.key);
  }
  // Mutual TLS, with a CA of operators for the admin port.
  void AskForCertificates() {
    config_.tls = {.certificate = directory_ / "own.pem",
                   .key = directory_ / "own.key",
                   .client_ca = directory_ / "ca.pem",
                   .admin_client_ca = directory_ / "operators.pem"};
    config_.listen.health = "127.0.0.1:0";
  }
  void AskForTokens() {
    config_.auth.tokens_file = directory_ / "tokens";
    config_.auth.admin_tokens_file = directory_ / "admin_tokens";
  }

  // A connection of its own, to a server of ca_.
  std::shared_ptr<grpc::Channel> TlsTo(int port, const TestCertificate& client = {}) const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(
        absl::StrCat("127.0.0.1:", port),
        grpc::SslCredentials({ca_.certificate(), client.key, client.certificate}), arguments);
  }
  static grpc::Status Ask(const std::shared_ptr<grpc::Channel>& channel,
                          const std::string& token = "") {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
    v1::SearchResponse response;
    return v1::SearchService::NewStub(channel)->Search(&context, ItemRequest("item-1"), &response);
  }
  static grpc::Status AskAdmin(const std::shared_ptr<grpc::Channel>& channel,
                               const std::string& token = "") {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
    v1::ListBundlesResponse response;
    return v1::AdminService::NewStub(channel)->ListBundles(&context, {}, &response);
  }

  const TestCa ca_;
  const TestCa operators_{"operators"};
  const TestCertificate client_ = ca_.Issue({.name = "client.example"});
  const TestCertificate operator_ = operators_.Issue({.name = "operator.example"});
};

TEST_F(IdentityTest, OnlyClientsOfTheCaAndOnlyOperatorsOnTheAdminPort) {
  AskForCertificates();
  Start();
  const TestCertificate expired =
      ca_.Issue({.name = "client.example", .begins = -absl::Hours(2), .ends = -absl::Hours(1)});
  struct Case {
    const char* who;
    TestCertificate own;
    grpc::StatusCode data, admin;
  };
  for (const Case& one : {Case{"no certificate", {}, kUnavailable, kUnavailable},
                          Case{"expired", expired, kUnavailable, kUnavailable},
                          Case{"of the clients' CA", client_, kOk, kUnavailable},
                          Case{"of the operators' CA", operator_, kUnavailable, kOk}}) {
    EXPECT_EQ(Ask(TlsTo(server_->data_port(), one.own)).error_code(), one.data) << one.who;
    EXPECT_EQ(AskAdmin(TlsTo(server_->admin_port(), one.own)).error_code(), one.admin) << one.who;
  }
  EXPECT_EQ(Ask(ChannelTo(server_->data_port())).error_code(), kUnavailable) << "plain text";
}

TEST_F(IdentityTest, ProbesWithoutACertificateAskThePortForThem) {
  AskForCertificates();
  Start();
  const auto health = Health::NewStub(ChannelTo(server_->health_port()));
  for (const char* service : {"", "lookbook.v1.SearchService", "liveness"}) {
    grpc::ClientContext context;
    grpc::health::v1::HealthCheckRequest request;
    request.set_service(service);
    grpc::health::v1::HealthCheckResponse response;
    EXPECT_TRUE(health->Check(&context, request, &response).ok()) << service;
    EXPECT_EQ(response.status(), grpc::health::v1::HealthCheckResponse::SERVING) << service;
  }
  grpc::ClientContext watching;
  const auto watch = health->Watch(&watching, {});
  grpc::health::v1::HealthCheckResponse seen;
  ASSERT_TRUE(watch->Read(&seen));
  EXPECT_EQ(seen.status(), grpc::health::v1::HealthCheckResponse::SERVING);

  EXPECT_EQ(Ask(ChannelTo(server_->health_port())).error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(AskAdmin(ChannelTo(server_->health_port())).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_THAT(server_->Describe(),
              HasSubstr(absl::StrCat("health on 127.0.0.1:", server_->health_port())));
  server_->Stop();
  ASSERT_TRUE(watch->Read(&seen));
  EXPECT_EQ(seen.status(), grpc::health::v1::HealthCheckResponse::NOT_SERVING);
}

// Old and new connections, while certificate and key are exchanged one after the other, as a tool
// that renews them would.
TEST_F(IdentityTest, NoCallFailsWhileTheCertificateIsRenewed) {
  AskForCertificates();
  Start();
  std::atomic<bool> done{false};
  std::atomic<int> answered{0}, failed{0};
  std::vector<std::thread> callers;
  for (const bool anew : {false, false, true, true}) {
    callers.emplace_back([&, anew] {
      auto channel = TlsTo(server_->data_port(), client_);
      while (!done) {
        if (anew) channel = TlsTo(server_->data_port(), client_);
        ++(Ask(channel).ok() ? answered : failed);
      }
    });
  }
  const auto await = [&](int more) {
    const int before = answered;
    while (answered < before + more && failed == 0) std::this_thread::yield();
  };
  for (int renewal = 0; renewal < 10; ++renewal) {
    const TestCertificate next = ca_.Issue({.ends = absl::Hours(100 + renewal)});
    PutFile(directory_ / "own.pem", next.certificate, 0644);
    server_->RefreshSecrets();
    await(8);
    PutFile(directory_ / "own.key", next.key);
    server_->RefreshSecrets();
    await(8);
  }
  done = true;
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(failed, 0);
  const std::string scrape = server_->metrics().Scrape();
  EXPECT_THAT(scrape, HasSubstr("lookbook_secret_reloads_total{file=\"certificate\",result="
                                "\"success\"} 10"));
  EXPECT_THAT(scrape, HasSubstr("lookbook_secret_reloads_total{file=\"certificate\",result="
                                "\"failure\"} 10"));
}

TEST_F(IdentityTest, ARenewedCertificateIsWhatNewConnectionsSee) {
  AskForCertificates();
  Start();
  ASSERT_TRUE(Ask(TlsTo(server_->data_port(), client_)).ok());
  PutPair(operators_.Issue());
  server_->RefreshSecrets();
  EXPECT_EQ(Ask(TlsTo(server_->data_port(), client_)).error_code(), kUnavailable)
      << "its CA is another";
}

TEST_F(IdentityTest, EachPortWantsATokenOfItsOwn) {
  AskForTokens();
  Start();
  const auto data = ChannelTo(server_->data_port()), admin = ChannelTo(server_->admin_port());
  const auto expect = [](const grpc::Status& status, grpc::StatusCode code, const char* reason) {
    EXPECT_EQ(status.error_code(), code) << status.error_message();
    EXPECT_EQ(ReasonIn(status), reason);
  };
  expect(Ask(data), kUnauthenticated, "no_token");
  expect(Ask(data, "t-wrong"), kUnauthenticated, "wrong_token");
  expect(Ask(data, "t-operator"), grpc::StatusCode::PERMISSION_DENIED, "wrong_port");
  expect(Ask(data, "t-app"), kOk, "");
  expect(AskAdmin(admin), kUnauthenticated, "no_token");
  expect(AskAdmin(admin, "t-wrong"), kUnauthenticated, "wrong_token");
  expect(AskAdmin(admin, "t-app"), grpc::StatusCode::PERMISSION_DENIED, "wrong_port");
  expect(AskAdmin(admin, "t-operator"), kOk, "");
}

TEST_F(IdentityTest, WithBothACertificateAloneIsNotEnough) {
  AskForCertificates();
  AskForTokens();
  Start();
  const auto channel = TlsTo(server_->data_port(), client_);
  EXPECT_EQ(Ask(channel).error_code(), kUnauthenticated);
  EXPECT_EQ(Ask(channel, "t-app").error_code(), kOk);
}

TEST_F(IdentityTest, AClientThatFloodsIsRefusedAndOthersAreNot) {
  AskForTokens();
  config_.rate.calls_per_second = 1;
  config_.rate.calls_burst = 5;
  Start();
  std::atomic<bool> done{false};
  std::atomic<int> refused{0}, odd{0};
  std::vector<std::thread> flood;
  for (int i = 0; i < 2; ++i) {
    flood.emplace_back([&] {
      const auto channel = ChannelTo(server_->data_port());
      while (!done) {
        const grpc::Status status = Ask(channel, "t-app");
        if (status.ok()) continue;
        const bool by_rate = status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED &&
                             ReasonIn(status) == "rate";
        ++(by_rate ? refused : odd);
      }
    });
  }
  while (refused < 20 && odd == 0) std::this_thread::yield();
  const auto channel = ChannelTo(server_->data_port());
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(Ask(channel, "t-batch").ok()) << i;
  done = true;
  for (std::thread& thread : flood) thread.join();
  EXPECT_EQ(odd, 0);
}

TEST_F(IdentityTest, TenThousandTinyQueriesOfOneStreamAreHeldToTheRateOneByOne) {
  constexpr int kQueries = 10'000, kBurst = 100;
  AskForTokens();
  config_.rate.calls_per_second = 1;
  config_.rate.calls_burst = kBurst;
  Start();
  ASSERT_TRUE(Ask(ChannelTo(server_->data_port()), "t-batch").ok());
  const absl::Time begin = Clock::Steady()->Now();
  LB_ASSERT_OK_AND_ASSIGN(const int64_t memory, ResidentMemory());
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer t-app");
  const auto stream = search_->SearchStream(&context);
  auto writes = std::async(std::launch::async, [&] {
    for (int i = 0; i < kQueries; ++i) EXPECT_TRUE(stream->Write(ItemRequest("item-1")));
    EXPECT_TRUE(stream->WritesDone());
  });
  std::vector<int> answers(kQueries, 0);
  int read = 0, refused = 0, odd = 0;
  int64_t most_memory = 0;
  double most_in_flight = 0;
  for (v1::SearchStreamResponse answer; stream->Read(&answer); ++read) {
    ASSERT_LT(answer.index(), answers.size());
    ++answers[answer.index()];
    if (answer.has_failure()) {
      const bool by_rate = answer.failure().code() == grpc::StatusCode::RESOURCE_EXHAUSTED &&
                           answer.failure().reason() == "rate";
      ++(by_rate ? refused : odd);
    }
    if (read % 1000 != 500) continue;
    EXPECT_TRUE(Ask(ChannelTo(server_->data_port()), "t-batch").ok()) << "beside query " << read;
    LB_ASSERT_OK_AND_ASSIGN(const int64_t now, ResidentMemory());
    most_memory = std::max(most_memory, now);
    most_in_flight =
        std::max(most_in_flight, ValueOf(server_->metrics().Scrape(),
                                         "lookbook_requests_in_flight{method=\"SearchStream\"}"));
  }
  writes.get();
  EXPECT_TRUE(stream->Finish().ok()) << "queries are refused, not their stream";
  const int passed = kQueries - refused;
  EXPECT_EQ(odd, 0);
  EXPECT_THAT(answers, Each(1));
  EXPECT_GE(passed, kBurst - 1) << "the stream itself was a call";
  EXPECT_LE(passed, kBurst - 1 + absl::ToInt64Seconds(Clock::Steady()->Now() - begin) + 1);
  EXPECT_EQ(ValueOf(server_->metrics().Scrape(), "lookbook_shed_total{reason=\"rate\"}"), refused);
  EXPECT_LE(most_in_flight, config_.limits.queries_per_stream);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LT(most_memory - memory, 64 << 20) << "in bytes, of server and client";
#endif
}

TEST_F(IdentityTest, AClientIsItsCertificateWhereNoTokenSaysWhoItIs) {
  AskForCertificates();
  config_.rate.calls_per_second = 1;
  Start();
  const TestCertificate other = ca_.Issue({.name = "other.example"});
  EXPECT_EQ(Ask(TlsTo(server_->data_port(), client_)).error_code(), kOk);
  int refused = 0;  // The second may have passed on a busy machine, but not for all of them.
  for (int i = 0; i < 20; ++i) refused += !Ask(TlsTo(server_->data_port(), client_)).ok();
  EXPECT_GT(refused, 0);
  EXPECT_EQ(Ask(TlsTo(server_->data_port(), other)).error_code(), kOk);
}

class IdentityOfTheProgramTest : public IdentityTest {
 protected:
  IdentityOfTheProgramTest() {
    AskForCertificates();
    AskForTokens();
    PutFile(directory_ / "client.pem", client_.certificate);
    PutFile(directory_ / "client.key", client_.key);
    PutFile(directory_ / "token", "t-app\n");
    PutFile(directory_ / "operator.pem", operator_.certificate);
    PutFile(directory_ / "operator.key", operator_.key);
    PutFile(directory_ / "operator_token", "t-operator");
  }

  CliResult Run(std::vector<std::string> arguments, const std::vector<std::string>& more) {
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunCli(arguments, {.server = absl::StrCat("127.0.0.1:", server_->data_port())});
  }

  const std::vector<std::string> security_ = {
      "--ca",  directory_ / "ca.pem",     "--cert",       directory_ / "client.pem",
      "--key", directory_ / "client.key", "--token-file", directory_ / "token"};
};

TEST_F(IdentityOfTheProgramTest, ComesInWithCertificateAndToken) {
  Start();
  for (const std::vector<std::string>& command : {std::vector<std::string>{"info"},
                                                  {"health"},
                                                  {"classes"},
                                                  {"search", "--item", "item-1"}}) {
    const CliResult result = Run(command, security_);
    EXPECT_EQ(result.exit_code, 0) << command[0] << ": " << result.err;
  }
  const CliResult bundles = Run(
      {"bundles"}, {"--admin", absl::StrCat("127.0.0.1:", server_->admin_port()), "--ca",
                    directory_ / "ca.pem", "--cert", directory_ / "operator.pem", "--key",
                    directory_ / "operator.key", "--token-file", directory_ / "operator_token"});
  EXPECT_EQ(bundles.exit_code, 0) << bundles.err;
}

TEST_F(IdentityOfTheProgramTest, MeasuresWithThemToo) {
  Start();
  const CliResult result = Run({"bench", "--item", "item-1", "--concurrency", "2", "--warm-up", "2",
                                "--window", "20", "--duration", "300ms", "--deadline", "60s"},
                               security_);
  EXPECT_THAT(result.err, Not(HasSubstr("lookbook:")));
  const std::string scrape = server_->metrics().Scrape();
  EXPECT_THAT(scrape, Not(HasSubstr("lookbook_requests_total{code=\"OK\",method=\"Search\"} 0")));
  EXPECT_THAT(scrape,
              HasSubstr("lookbook_requests_total{code=\"UNAUTHENTICATED\",method=\"Search\"} 0"));
}

TEST_F(IdentityOfTheProgramTest, SaysWhatIsMissing) {
  Start();
  const CliResult plain = Run({"info"}, {"--deadline", "10s"});
  EXPECT_EQ(plain.exit_code, 3);
  EXPECT_THAT(plain.err, HasSubstr("--tls"));
  PutFile(directory_ / "other_ca.pem", operators_.certificate());
  const CliResult stranger = Run({"info"}, {"--ca", directory_ / "other_ca.pem"});
  EXPECT_EQ(stranger.exit_code, 3);
  EXPECT_THAT(stranger.err, HasSubstr("certificate verify failed"));
  const CliResult without =
      Run({"info"}, std::vector<std::string>(security_.begin(), security_.end() - 2));
  EXPECT_EQ(without.exit_code, 1);
  EXPECT_THAT(without.err, HasSubstr("--token-file"));
}

}  // namespace
}  // namespace lookbook
