// What throws on the way is answered, and the pipeline goes on.
#include <pthread.h>

#include <atomic>
#include <new>
#include <thread>

#include "absl/strings/match.h"
#include "server/pipeline/pipeline.h"
#include "tests/server/pipeline/pipeline_fixture.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

// A clock whose n-th reading by the decode thread throws.
class ThrowingClock : public Clock {
 public:
  absl::Time Now() const override {
    char name[16] = "";
    ::pthread_getname_np(::pthread_self(), name, sizeof(name));
    if (absl::StartsWith(name, "decode") && --left_ == 0) throw std::bad_alloc();
    return now_;
  }
  void ThrowAtReading(int n) { left_ = n; }

 private:
  const absl::Time now_ = absl::UnixEpoch() + absl::Hours(1);
  mutable std::atomic<int> left_{0};
};

class PipelineExceptionsTest : public PipelineTest {};

TEST_F(PipelineExceptionsTest, AdmissionThatThrowsIsAnswered) {
  Start();
  Query query = ItemQuery("item-1");
  query.bundle_chosen = [](const Bundle&) { throw std::bad_alloc(); };
  const auto pending = Submit(query);
  EXPECT_EQ(pending->calls(), 1) << "answered on the caller's thread";
  EXPECT_THAT(pending->Wait(), StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(metrics_.bundle(kName).queue_depth.Value(), 0) << "no place is lost";
  EXPECT_THAT(Submit(ItemQuery("item-1"))->Wait(), IsOk());
}

// The decode thread reads the clock when it takes an image, around decoding and resizing, and twice
// while it puts the image into the queue: it may throw at each of them.
TEST_F(PipelineExceptionsTest, ADecodeThreadThatThrowsAnswersAndGoesOn) {
  ThrowingClock clock;
  auto made = Pipeline::Create(kName, {.decode_threads = 1, .embed_workers = 1}, &metrics_, &clock);
  ASSERT_THAT(made, IsOk());
  const std::unique_ptr<Pipeline> pipeline = *std::move(made);
  const auto submit = [&] {
    auto pending = std::make_shared<Pending>();
    pipeline->Submit(ImageQuery(jpeg_), Pending::Done(pending));
    return pending;
  };
  // The thread reads the clock once more after the answer may have gone out: that reading belongs to
  // the query before, not to the next one.
  const auto await_idle = [&] {
    while (Metric("lookbook_threads_busy{pool=\"decode\"}") != 0) std::this_thread::yield();
  };
  pipeline->SetBundle(parts_.bundle);
  ASSERT_THAT(submit()->Wait(), IsOk());
  constexpr int kReadings = 9;
  for (int n = 1; n <= kReadings; ++n) {
    await_idle();
    clock.ThrowAtReading(n);
    EXPECT_THAT(submit()->Wait(), StatusIs(absl::StatusCode::kResourceExhausted)) << n;
    await_idle();
    EXPECT_THAT(submit()->Wait(), IsOk()) << n;
  }
  EXPECT_EQ(metrics_.bundle(kName).queue_depth.Value(), 0);
}

TEST_F(PipelineExceptionsTest, TheBundleOfAQueryIsToldBeforeItIsRefused) {
  Start();
  const Bundle* told = nullptr;
  Query query = ItemQuery("no such item");
  query.bundle_chosen = [&](const Bundle& bundle) { told = &bundle; };
  EXPECT_THAT(Submit(query)->Wait(), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(told, parts_.bundle.get());
  pipeline_->SetBundle(nullptr);
  told = nullptr;
  EXPECT_THAT(Submit(query)->Wait().status(), HasReason("no_bundle"));
  EXPECT_EQ(told, nullptr);
}

}  // namespace
}  // namespace lookbook
