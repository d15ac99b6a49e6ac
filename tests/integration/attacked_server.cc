#include "tests/integration/attacked_server.h"

#include <grpcpp/create_channel.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/files.h"
#include "tests/server/transport/service_fixture.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

constexpr absl::Duration kBusyMachine = absl::Seconds(60);
constexpr absl::Duration kPromised = absl::Seconds(5);
constexpr absl::Duration kLookAgain = absl::Milliseconds(20);

std::string ProcFile(pid_t pid, const char* name) { return absl::StrCat("/proc/", pid, "/", name); }

// gRPC starts threads when it has much to do at once, and keeps them: up to two for each core, and
// some for timers. That is no growth; a thread for each connection would be hundreds.
int MostOwnThreads() { return 2 * static_cast<int>(std::thread::hardware_concurrency()) + 4; }

// Is `done` true within `most`?
template <typename Fn>
bool Becomes(absl::Duration most, const Fn& done) {
  const absl::Time end = absl::Now() + most;
  while (!done()) {
    if (absl::Now() > end) return false;
    std::this_thread::sleep_for(absl::ToChronoMilliseconds(kLookAgain));
  }
  return true;
}

}  // namespace

bool AttackedServer::IsLong() {
  const char* attacks = std::getenv("LOOKBOOK_ATTACKS");
  return attacks != nullptr && std::string(attacks) == "long";
}

AttackedServer::AttackedServer() {
  EXPECT_THAT(bundle_, IsOk());
  // The attacker is this process.
  struct rlimit limit = {};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

void AttackedServer::Serve(int descriptors, const std::vector<std::string>& flags) {
  std::vector<std::string> arguments = {
      "-c",
      absl::StrCat("ulimit -n ", descriptors, " && exec \"$0\" \"$@\""),
      LOOKBOOK_SERVER,
      "--listen.data",
      "127.0.0.1:0",
      "--listen.admin",
      "off",
      "--metrics.listen",
      "127.0.0.1:0",
      "--bundles",
      absl::StrCat("default=", directory_ / "bundles"),
      "--log.requests-per-second",
      "0",
      "--log.errors-per-second",
      "0",
      "--deadlines.lame-duck",
      "0"};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  process_ = std::make_unique<ProgramRun>("/bin/sh", arguments, directory_ / "stderr.txt");
  const std::string line = process_->ReadLine();
  ASSERT_EQ(std::sscanf(line.c_str(), "serving on 127.0.0.1:%d, metrics on 127.0.0.1:%d",
                        &data_port_, &metrics_port_),
            2)
      << line << process_->Errors();
  WarmUp();
}

void AttackedServer::WarmUp() {
  before_ = v1::SearchService::NewStub(Channel());
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(SearchAsBefore().ok());
  ASSERT_TRUE(Search().ok());
  // The new client's connection is gone; that of the one before, too, where connections age fast.
  ASSERT_TRUE(Becomes(kBusyMachine, [this] {
    const double open = Metric("lookbook_connections");
    return open == 0 || open == 1;
  }));
  descriptors_before_ = Descriptors();
  threads_before_ = Threads();
}

std::shared_ptr<grpc::Channel> AttackedServer::Channel() const {
  if (credentials_ == nullptr) return ChannelTo(data_port_);
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // A connection of its own.
  arguments.SetSslTargetNameOverride("localhost");
  return grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", data_port_), credentials_, arguments);
}

grpc::Status AttackedServer::SearchOver(v1::SearchService::Stub* stub) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  v1::SearchRequest request;
  request.set_item_id("item-1");
  v1::SearchResponse response;
  return stub->Search(&context, request, &response);
}

grpc::Status AttackedServer::Search() {
  return SearchOver(v1::SearchService::NewStub(Channel()).get());
}
grpc::Status AttackedServer::SearchAsBefore() { return SearchOver(before_.get()); }

void AttackedServer::ExpectServingAgain() {
  const absl::Duration most = IsLong() ? kPromised : kBusyMachine;
  const absl::Time over = absl::Now();
  EXPECT_TRUE(Becomes(most, [this] { return Search().ok(); })) << process_->Errors();
  const absl::Duration after = absl::Now() - over;
  EXPECT_LE(after, most);
  // A handful may come and go with scrapes and the client that was just served.
  const auto as_before = [this] {
    return Descriptors() <= descriptors_before_ + 2 &&
           Threads() <= threads_before_ + MostOwnThreads();
  };
  EXPECT_TRUE(Becomes(kBusyMachine, as_before))
      << Descriptors() << " descriptors, " << descriptors_before_ << " before; " << Threads()
      << " threads, " << threads_before_ << " before";
  std::cout << "served again after " << after << ", descriptors " << descriptors_before_ << " -> "
            << Descriptors() << ", threads " << threads_before_ << " -> " << Threads() << std::endl;
}

TcpClient AttackedServer::Greet() const {
  TcpClient client = Connect();
  EXPECT_TRUE(client.Send(Http2Greeting()));
  EXPECT_TRUE(AwaitFrame(&client, Http2Frame::kSettings, kBusyMachine).has_value());
  EXPECT_TRUE(client.Send(BytesOf({.type = Http2Frame::kSettings, .flags = Http2Frame::kAck})));
  return client;
}

int64_t AttackedServer::Status(const char* key) const {
  const std::string text = ReadFile(ProcFile(process_->pid(), "status")).value_or("");
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (!absl::ConsumePrefix(&line, key)) continue;
    const bool kibibytes = absl::ConsumeSuffix(&line, " kB");
    int64_t value = 0;
    if (absl::SimpleAtoi(absl::StripAsciiWhitespace(line), &value))
      return kibibytes ? value * 1024 : value;
  }
  return -1;
}

int AttackedServer::Descriptors() const {
  const auto names = ListDirectory(ProcFile(process_->pid(), "fd"));
  return names.ok() ? static_cast<int>(names->size()) : -1;
}

int AttackedServer::Threads() const { return static_cast<int>(Status("Threads:")); }

double AttackedServer::Metric(const std::string& series) const {
  TcpClient client(metrics_port_);
  client.Send("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const std::string reply = client.Receive(16 << 20, kBusyMachine);
  const size_t body = reply.find("\r\n\r\n");
  if (body == std::string::npos) return -1;
  for (absl::string_view line : absl::StrSplit(absl::string_view(reply).substr(body), '\n')) {
    double value = 0;
    if (absl::ConsumePrefix(&line, absl::StrCat(series, " ")) && absl::SimpleAtod(line, &value))
      return value;
  }
  return -1;
}

bool AttackedServer::MetricBecomes(const std::string& series, double value) const {
  return Becomes(kBusyMachine, [&] { return Metric(series) == value; });
}

bool AttackedServer::MetricExceeds(const std::string& series, double value) const {
  return Becomes(kBusyMachine, [&] { return Metric(series) > value; });
}

}  // namespace lookbook
