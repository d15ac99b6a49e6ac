// What the server counts is what its clients saw: by method and code, to the last call.
#include <atomic>
#include <chrono>
#include <future>
#include <map>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lookbook/v1/admin.grpc.pb.h"
#include "tests/integration/server_fixture.h"
#include "tests/server/metrics/scrape_text.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

constexpr int kMixedCalls = 10'000;
constexpr int kClients = 4;

std::string NameOf(int code) {
  static const char* const kNames[] = {"OK",
                                       "CANCELLED",
                                       "UNKNOWN",
                                       "INVALID_ARGUMENT",
                                       "DEADLINE_EXCEEDED",
                                       "NOT_FOUND",
                                       "ALREADY_EXISTS",
                                       "PERMISSION_DENIED",
                                       "RESOURCE_EXHAUSTED",
                                       "FAILED_PRECONDITION",
                                       "ABORTED",
                                       "OUT_OF_RANGE",
                                       "UNIMPLEMENTED",
                                       "INTERNAL",
                                       "UNAVAILABLE",
                                       "DATA_LOSS",
                                       "UNAUTHENTICATED"};
  return kNames[code];
}

// What clients saw: calls by method and code. Thread-safe.
class Tally {
 public:
  void Add(const std::string& method, int code) {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++calls_[{method, NameOf(code)}];
  }
  void Add(const std::string& method, const grpc::Status& status) {
    Add(method, status.error_code());
  }
  int Of(const std::string& method, const std::string& code) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = calls_.find({method, code});
    return found == calls_.end() ? 0 : found->second;
  }
  // "" stands for all of them.
  int Sum(const std::string& method = "", const std::string& code = "") const {
    const std::lock_guard<std::mutex> lock(mutex_);
    int sum = 0;
    for (const auto& [key, calls] : calls_) {
      if ((method.empty() || key.first == method) && (code.empty() || key.second == code))
        sum += calls;
    }
    return sum;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, int> calls_;
};

class CountersTest : public ServerFixture {
 protected:
  // A sum over the samples of a family, as a scrape has them.
  double SumOf(const std::string& family) {
    double sum = 0;
    auto scrape = ParseScrape(server_->metrics().Scrape());
    for (const ScrapedSample& sample : scrape[family].samples) sum += sample.value;
    return sum;
  }
  double Metric(const std::string& series) { return ValueOf(server_->metrics().Scrape(), series); }

  // A caller has its answer a moment before the call is counted.
  void WaitForInFlight(double calls) {
    for (int i = 0; i < 3000 && SumOf("lookbook_requests_in_flight") != calls; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    ASSERT_EQ(SumOf("lookbook_requests_in_flight"), calls);
  }

  void ExpectCountersToAgree() {
    WaitForInFlight(0);
    auto scrape = ParseScrape(server_->metrics().Scrape());
    for (const ScrapedSample& sample : scrape["lookbook_requests_total"].samples) {
      const std::string &method = sample.labels.at("method"), &code = sample.labels.at("code");
      EXPECT_EQ(sample.value, tally_.Of(method, code)) << method << " " << code;
    }
    for (const ScrapedSample& sample : scrape["lookbook_request_duration_seconds"].samples) {
      if (sample.name != "lookbook_request_duration_seconds_count") continue;
      EXPECT_EQ(sample.value, tally_.Sum(sample.labels.at("method")));
    }
    EXPECT_EQ(SumOf("lookbook_requests_total"), tally_.Sum());
  }

  // Every kind of call that has an answer of its own, and those that are refused.
  void CallSearch(int kind) {
    v1::SearchRequest request = ItemRequest(absl::StrCat("item-", kind));
    switch (kind % 8) {
      case 0:
        request = ImageRequest(TestImageFile(kind % 3, 16));
        break;
      case 1:
        request = VectorRequest(VectorOf(*bundle_, kind));
        break;
      case 2:
        request = ItemRequest("nobody's");
        break;
      case 3:
        request = ImageRequest(TestImageFile(0, 16).substr(0, 200));
        break;
      case 4:
        request.set_top_k(1001);
        break;
      case 5:
        request.set_bundle("winter");
        break;
    }
    tally_.Add("Search", Search(request));
  }

  void CallEmbed(int kind) {
    v1::EmbedRequest request;
    if (kind % 3 != 0) request.set_image(TestImageFile(kind % 3, 16));
    v1::EmbedResponse response;
    tally_.Add("Embed", Embed(request, &response));
  }

  void CallCatalog(int kind) {
    grpc::ClientContext context;
    if (kind % 3 == 0) {
      v1::GetItemRequest request;
      request.set_item_id(kind % 2 == 0 ? "item-7" : "nobody's");
      v1::GetItemResponse response;
      tally_.Add("GetItem", catalog_->GetItem(&context, request, &response));
    } else if (kind % 3 == 1) {
      v1::ListClassesResponse response;
      tally_.Add("ListClasses", catalog_->ListClasses(&context, {}, &response));
    } else {
      v1::GetInfoResponse response;
      tally_.Add("GetInfo", catalog_->GetInfo(&context, {}, &response));
    }
  }

  void CallAdmin(int kind) {
    const auto admin = v1::AdminService::NewStub(ChannelTo(server_->admin_port()));
    grpc::ClientContext context;
    if (kind % 2 == 0) {
      v1::ListBundlesResponse response;
      tally_.Add("ListBundles", admin->ListBundles(&context, {}, &response));
    } else {
      v1::RollbackBundleResponse response;  // There is no other bundle.
      tally_.Add("RollbackBundle", admin->RollbackBundle(&context, {}, &response));
    }
  }

  // Returns the number of queries.
  int CallStream(int kind) {
    grpc::ClientContext context;
    const auto stream = search_->SearchStream(&context);
    const int queries = 1 + kind % 5;
    for (int i = 0; i < queries; ++i)
      EXPECT_TRUE(stream->Write(ItemRequest(i % 2 == 0 ? "item-9" : "nobody's")));
    EXPECT_TRUE(stream->WritesDone());
    v1::SearchStreamResponse answer;
    while (stream->Read(&answer)) tally_.Add("SearchStream", answer.failure().code());
    EXPECT_TRUE(stream->Finish().ok());
    return queries;
  }

  // Returns the number of calls that this was.
  int CallSomething(std::mt19937* random) {
    const int kind = static_cast<int>((*random)() % 240);
    if (kind < 4) {
      CallAdmin(kind);
    } else if (kind < 20) {
      return CallStream(kind);
    } else if (kind < 60) {
      CallCatalog(kind);
    } else if (kind < 90) {
      CallEmbed(kind);
    } else {
      CallSearch(kind);
    }
    return 1;
  }

  Tally tally_;
};

TEST_F(CountersTest, TenThousandMixedCalls) {
  // So small a queue that some calls are refused.
  config_.batch.max_size = 2;
  config_.batch.queue_capacity = 2;
  Start();
  std::atomic<int> left = kMixedCalls;
  std::vector<std::future<void>> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(std::async(std::launch::async, [this, i, &left] {
      std::mt19937 random(static_cast<uint32_t>(i));
      while (left > 0) left -= CallSomething(&random);
    }));
  }
  for (std::future<void>& client : clients) client.get();
  ExpectCountersToAgree();
  EXPECT_GE(tally_.Sum(), kMixedCalls);
  for (const char* method :
       {"Search", "SearchStream", "Embed", "GetItem", "ListClasses", "GetInfo", "ListBundles"}) {
    EXPECT_GT(tally_.Of(method, "OK"), 0) << method;
  }
  EXPECT_GT(tally_.Of("Search", "NOT_FOUND"), 0);
  EXPECT_GT(tally_.Of("Search", "INVALID_ARGUMENT"), 0);
  EXPECT_GT(tally_.Of("SearchStream", "NOT_FOUND"), 0);
  EXPECT_EQ(tally_.Sum("", "RESOURCE_EXHAUSTED"), SumOf("lookbook_shed_total"));
}

TEST_F(CountersTest, DeadlinesThatCome) {
  config_.deadlines.max_deadline = absl::Nanoseconds(1);
  Start();
  for (int i = 0; i < 40; ++i) {
    tally_.Add("Search", Search(ImageRequest(TestImageFile(i % 3, 16))));
    CallEmbed(1);
  }
  EXPECT_EQ(tally_.Sum("", "DEADLINE_EXCEEDED"), 80);
  ExpectCountersToAgree();
  EXPECT_EQ(Metric("lookbook_shed_total{reason=\"deadline\"}"), 80);
}

TEST_F(CountersTest, CallersBeyondTheirRate) {
  config_.rate.calls_per_second = 1;
  config_.rate.calls_burst = 20;
  Start();
  for (int i = 0; i < 60; ++i) tally_.Add("Search", Search(ItemRequest("item-1")));
  EXPECT_GE(tally_.Of("Search", "OK"), 20);
  EXPECT_GT(tally_.Of("Search", "RESOURCE_EXHAUSTED"), 0);
  ExpectCountersToAgree();
  EXPECT_EQ(Metric("lookbook_shed_total{reason=\"rate\"}"),
            tally_.Of("Search", "RESOURCE_EXHAUSTED"));
}

TEST_F(CountersTest, ABundleThatIsNotThereYet) {
  auto server = Server::Listen(config_);
  ASSERT_THAT(server, IsOk());
  server_ = *std::move(server);
  search_ = v1::SearchService::NewStub(ChannelTo(server_->data_port()));
  for (int i = 0; i < 10; ++i) tally_.Add("Search", Search(ItemRequest("item-1")));
  EXPECT_EQ(tally_.Of("Search", "UNAVAILABLE"), 10);
  ExpectCountersToAgree();
}

// A call that its caller gives up while it waits for company; the others of its batch are answered.
TEST_F(CountersTest, CallersThatGiveUp) {
  constexpr int kCalls = 80;
  config_.batch.max_size = 128;
  config_.batch.queue_capacity = 128;
  config_.batch.max_delay = absl::Seconds(3);  // By then the server knows of the cancels.
  config_.deadlines.max_deadline = absl::Minutes(5);
  Start();
  struct Pending {
    grpc::ClientContext context;
    v1::SearchRequest request;
    v1::SearchResponse response;
    std::promise<void> done;
  };
  std::vector<Pending> calls(kCalls);
  for (Pending& call : calls) {
    call.request = ItemRequest("item-1");
    search_->async()->Search(&call.context, &call.request, &call.response,
                             [this, &call](const grpc::Status& status) {
                               tally_.Add("Search", status);
                               call.done.set_value();
                             });
  }
  WaitForInFlight(kCalls);
  for (int i = 0; i < kCalls; i += 2) calls[i].context.TryCancel();
  for (Pending& call : calls) call.done.get_future().wait();
  EXPECT_EQ(tally_.Of("Search", "CANCELLED"), kCalls / 2);
  EXPECT_EQ(tally_.Of("Search", "OK"), kCalls / 2);
  ExpectCountersToAgree();
  EXPECT_EQ(Metric("lookbook_cancelled_total{stage=\"queue\"}"), kCalls / 2);
}

}  // namespace
}  // namespace lookbook
