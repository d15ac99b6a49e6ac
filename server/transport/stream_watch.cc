#include "server/transport/stream_watch.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/status_macros.h"

namespace lookbook {

absl::StatusOr<std::unique_ptr<StreamWatch>> StreamWatch::Start(absl::Duration interval,
                                                                std::function<void()> look) {
  LB_ASSIGN_OR_RETURN(auto thread,
                      ThreadPool::Create({.name = "streams", .threads = 1, .capacity = 1}));
  auto watch =
      std::unique_ptr<StreamWatch>(new StreamWatch(interval, std::move(look), std::move(thread)));
  LB_RETURN_IF_ERROR(watch->thread_->Submit([raw = watch.get()] { raw->Run(); }));
  return watch;
}

StreamWatch::StreamWatch(absl::Duration interval, std::function<void()> look,
                         std::unique_ptr<ThreadPool> thread)
    : interval_(interval), look_(std::move(look)), thread_(std::move(thread)) {}

StreamWatch::~StreamWatch() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
  }
  stop_.NotifyAll();
  thread_->Shutdown();
}

void StreamWatch::Run() {
  const Clock* const clock = Clock::Steady();
  for (;;) {
    const absl::Time next = clock->Now() + interval_;
    {
      MutexLock lock(&mutex_);
      for (absl::Time now = clock->Now(); !stopping_ && now < next; now = clock->Now()) {
        stop_.WaitFor(&mutex_, next - now);
      }
      if (stopping_) return;
    }
    look_();
  }
}

absl::Duration StreamWatchInterval(absl::Duration idle) {
  return std::max(idle / 10, absl::Milliseconds(10));
}

}  // namespace lookbook
