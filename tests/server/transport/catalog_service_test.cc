#include "server/transport/catalog_service.h"

#include <future>
#include <thread>

#include "base/version.h"
#include "tests/server/transport/service_fixture.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

class CatalogServiceTest : public ServiceTest {
 protected:
  grpc::Status GetItem(const std::string& id, bool with_thumbnail, v1::GetItemResponse* response,
                       const std::string& bundle = "") {
    v1::GetItemRequest request;
    request.set_item_id(id);
    request.set_with_thumbnail(with_thumbnail);
    request.set_bundle(bundle);
    grpc::ClientContext context;
    return catalog_->GetItem(&context, request, response);
  }
  grpc::Status ListClasses(const std::string& bundle, v1::ListClassesResponse* response) {
    v1::ListClassesRequest request;
    request.set_bundle(bundle);
    grpc::ClientContext context;
    return catalog_->ListClasses(&context, request, response);
  }
};

TEST_F(CatalogServiceTest, AnItemWithAndWithoutItsThumbnail) {
  LoadBundle();
  v1::GetItemResponse response;
  ASSERT_TRUE(GetItem("item-3", false, &response).ok());
  EXPECT_EQ(response.item_id(), "item-3");
  EXPECT_EQ(response.thumbnail(), "");
  ASSERT_TRUE(GetItem("item-3", true, &response).ok());
  EXPECT_EQ(response.thumbnail(), fake_.thumbnails[3]);
  EXPECT_EQ(response.bundle_id(), "fake-1");
}

TEST_F(CatalogServiceTest, AnItemThatHasNoThumbnailIsStillAnItem) {
  LoadBundle();
  v1::GetItemResponse response;
  ASSERT_TRUE(GetItem("item-0", true, &response).ok());
  EXPECT_EQ(response.item_id(), "item-0");
  EXPECT_EQ(response.thumbnail(), "");
}

TEST_F(CatalogServiceTest, BadAndUnknownIds) {
  LoadBundle();
  v1::GetItemResponse response;
  const grpc::Status unknown = GetItem("item-999", true, &response);
  EXPECT_EQ(unknown.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ReasonIn(unknown), "unknown_item");
  for (const std::string& bad : {std::string(), std::string(513, 'x'), std::string("a\0b", 3)}) {
    const grpc::Status status = GetItem(bad, true, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(ReasonIn(status), "bad_item_id");
  }
  EXPECT_EQ(ReasonIn(GetItem("item-1", true, &response, "winter")), "unknown_bundle");
}

TEST_F(CatalogServiceTest, WithoutABundle) {
  v1::GetItemResponse item;
  EXPECT_EQ(GetItem("item-1", false, &item).error_code(), grpc::StatusCode::UNAVAILABLE);
  v1::ListClassesResponse classes;
  EXPECT_EQ(ReasonIn(ListClasses("", &classes)), "no_bundle");
  v1::GetInfoResponse info;
  grpc::ClientContext context;
  ASSERT_TRUE(catalog_->GetInfo(&context, {}, &info).ok());
  ASSERT_EQ(info.bundles_size(), 1);
  EXPECT_EQ(info.bundles(0).name(), "default");
  EXPECT_EQ(info.bundles(0).bundle_id(), "");
}

TEST_F(CatalogServiceTest, ClassesAndInfoOfTheLiveBundle) {
  LoadBundle();
  v1::ListClassesResponse classes;
  ASSERT_TRUE(ListClasses("default", &classes).ok());
  EXPECT_EQ(classes.classes_size(), 5);
  EXPECT_EQ(classes.attributes_size(), 3);
  EXPECT_EQ(ListClasses("winter", &classes).error_code(), grpc::StatusCode::NOT_FOUND);
  v1::GetInfoResponse info;
  grpc::ClientContext context;
  ASSERT_TRUE(catalog_->GetInfo(&context, {}, &info).ok());
  EXPECT_EQ(info.version(), std::string(Version()));
  EXPECT_EQ(info.commit(), std::string(GitCommit()));
  EXPECT_EQ(info.device(), "cpu");
  EXPECT_EQ(info.bundles(0).bundle_id(), "fake-1");
}

// The one reader of the fixture can be kept busy.
class HeldReaderTest : public CatalogServiceTest {
 protected:
  void HoldReader() {
    release_ = std::promise<void>();
    std::promise<void> running;
    ASSERT_THAT(readers_->Submit([&running, released = release_.get_future().share()] {
      running.set_value();
      released.wait();
    }),
                IsOk());
    running.get_future().wait();
  }
  void ReleaseReader() { release_.set_value(); }

  std::promise<void> release_;
};

TEST_F(HeldReaderTest, AThumbnailIsNotReadPastItsDeadline) {
  LoadBundle();
  HoldReader();
  auto late = std::async(std::launch::async, [&] {
    v1::GetItemResponse response;
    return GetItem("item-3", true, &response);
  });
  while (readers_->queued() == 0) std::this_thread::yield();
  clock_.Advance(kMaxDeadline);
  ReleaseReader();
  EXPECT_EQ(late.get().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(Metric("lookbook_shed_total{reason=\"deadline\"}"), 1);
}

TEST_F(HeldReaderTest, AThumbnailThatNobodyWantsIsNotRead) {
  LoadBundle();
  // The server learns of a cancel over the network, at a moment of its own; calls that are made
  // after the cancel give it time. It may come too late all the same: then another try.
  const std::string cancelled = "lookbook_cancelled_total{stage=\"reply\"}";
  for (int round = 0; round < 50 && Metric(cancelled) == 0; ++round) {
    HoldReader();
    grpc::ClientContext context;
    auto given_up = std::async(std::launch::async, [&] {
      v1::GetItemRequest request;
      request.set_item_id("item-3");
      request.set_with_thumbnail(true);
      v1::GetItemResponse response;
      return catalog_->GetItem(&context, request, &response);
    });
    while (readers_->queued() == 0) std::this_thread::yield();
    context.TryCancel();
    EXPECT_EQ(given_up.get().error_code(), grpc::StatusCode::CANCELLED);
    for (int i = 0; i < 20; ++i) {
      v1::ListClassesResponse classes;
      EXPECT_TRUE(ListClasses("", &classes).ok());
    }
    ReleaseReader();
    EXPECT_TRUE(MetricBecomes("lookbook_requests_in_flight{method=\"GetItem\"}", 0));
  }
  EXPECT_EQ(Metric(cancelled), 1);
}

TEST_F(CatalogServiceTest, ThumbnailsHaveABoundedQueueAndFactsDoNotWaitForThem) {
  LoadBundle();
  // The one reader is busy and the one place behind it is taken.
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  std::promise<void> running;
  ASSERT_THAT(readers_->Submit([&] {
    running.set_value();
    released.wait();
  }),
              IsOk());
  running.get_future().wait();
  ASSERT_THAT(readers_->Submit([] {}), IsOk());

  v1::GetItemResponse response;
  const grpc::Status status = GetItem("item-3", true, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonIn(status), "queue_full");
  EXPECT_EQ(Metric("lookbook_shed_total{reason=\"queue_full\"}"), 1);
  EXPECT_TRUE(GetItem("item-3", false, &response).ok());
  release.set_value();
  readers_->Shutdown();  // Its tasks use what stands above.
}

TEST_F(CatalogServiceTest, CallsAreCountedByMethod) {
  LoadBundle();
  v1::GetItemResponse response;
  ASSERT_TRUE(GetItem("item-3", false, &response).ok());
  v1::ListClassesResponse classes;
  ASSERT_TRUE(ListClasses("", &classes).ok());
  EXPECT_TRUE(MetricBecomes("lookbook_requests_total{code=\"OK\",method=\"GetItem\"}", 1));
  EXPECT_TRUE(MetricBecomes("lookbook_requests_total{code=\"OK\",method=\"ListClasses\"}", 1));
}

}  // namespace
}  // namespace lookbook
