#include "base/background_log.h"

#include <poll.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "base/exception_fence.h"
#include "base/log_target.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "base/thread_pool.h"

namespace lookbook {
namespace {

// A pipe that poll() calls writable takes this much without blocking (PIPE_BUF).
constexpr size_t kPieceBytes = 4096;
constexpr int kLookEveryMs = 50;  // How often a writer that waits looks whether the end has come.

using Threads = spdlog::details::thread_pool;

std::atomic<int64_t> unwritten{0};  // Lines that sinks could not write.

// Lines that found a queue full.
class Overruns {
 public:
  static Overruns& Get() {
    static auto* const overruns = new Overruns;
    return *overruns;
  }
  void Begin(std::shared_ptr<Threads> live) {
    MutexLock lock(&mutex_);
    live_ = std::move(live);
  }
  void End() {
    MutexLock lock(&mutex_);
    before_ += static_cast<int64_t>(live_->overrun_counter());
    live_ = nullptr;
  }
  int64_t Count() {
    MutexLock lock(&mutex_);
    return before_ + (live_ ? static_cast<int64_t>(live_->overrun_counter()) : 0);
  }

 private:
  Mutex mutex_;
  std::shared_ptr<Threads> live_ ABSL_GUARDED_BY(mutex_);
  int64_t before_ ABSL_GUARDED_BY(mutex_) = 0;  // Of the logs that have ended.
};

// Writes lines to a descriptor and waits for its reader; once EndBy() was called, no longer than
// until then. Its thread is the log's alone.
class PatientSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit PatientSink(int descriptor) : descriptor_(descriptor) {}

  void EndBy(absl::Time end) { end_ns_.store(absl::ToUnixNanos(end), std::memory_order_relaxed); }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    if (!Write(line.data(), line.size())) unwritten.fetch_add(1, std::memory_order_relaxed);
  }
  void flush_() override {}

 private:
  bool Write(const char* bytes, size_t size) const {
    while (size > 0) {
      if (!AwaitReader()) return false;
      const ssize_t written = ::write(descriptor_, bytes, std::min(size, kPieceBytes));
      if (written < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (written <= 0) return false;
      bytes += written;
      size -= static_cast<size_t>(written);
    }
    return true;
  }

  // False: the end has come.
  bool AwaitReader() const {
    struct pollfd ready = {descriptor_, POLLOUT, 0};
    do {
      const int64_t now = absl::ToUnixNanos(Clock::Steady()->Now());
      if (now >= end_ns_.load(std::memory_order_relaxed)) return false;
    } while (::poll(&ready, 1, kLookEveryMs) <= 0);
    return true;
  }

  const int descriptor_;
  std::atomic<int64_t> end_ns_{INT64_MAX};
};

}  // namespace

struct BackgroundLog::Impl {
  absl::Duration patience;
  std::shared_ptr<PatientSink> sink;
  // Outlives the thread, or the thread would destroy it inside spdlog's library, whose reference
  // counts ThreadSanitizer does not see.
  std::shared_ptr<spdlog::logger> logger;
  std::shared_ptr<Threads> threads;  // One; it owns the queue.
};

absl::StatusOr<std::unique_ptr<BackgroundLog>> BackgroundLog::Start(
    const BackgroundLogOptions& options) {
  if (options.capacity < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("log queue capacity ", options.capacity, " is below 1"));
  }
  auto impl = std::make_unique<Impl>();
  impl->patience = options.patience;
  LB_RETURN_IF_ERROR(CatchToStatus("starting the log's thread", [&] {
    impl->sink = std::make_shared<PatientSink>(options.descriptor);
    impl->threads = std::make_shared<Threads>(static_cast<size_t>(options.capacity), 1,
                                              [] { SetThreadName("log"); });
    impl->logger = std::make_shared<spdlog::async_logger>(
        "lookbook", impl->sink, impl->threads, spdlog::async_overflow_policy::overrun_oldest);
    impl->logger->set_level(spdlog::level::trace);
    impl->logger->set_pattern("%v");
    SetLogTarget(impl->logger);
    return absl::OkStatus();
  }));
  Overruns::Get().Begin(impl->threads);
  return std::unique_ptr<BackgroundLog>(new BackgroundLog(std::move(impl)));
}

BackgroundLog::BackgroundLog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

BackgroundLog::~BackgroundLog() {
  SetLogTarget(nullptr);
  Overruns::Get().End();
  impl_->sink->EndBy(Clock::Steady()->Now() + impl_->patience);
  impl_->threads.reset();  // Writes what waits and joins.
}

int64_t DroppedLogLines() {
  return unwritten.load(std::memory_order_relaxed) + Overruns::Get().Count();
}

}  // namespace lookbook
