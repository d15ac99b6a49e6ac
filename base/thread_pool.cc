#include "base/thread_pool.h"

#include <pthread.h>

#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace lookbook {

absl::StatusOr<std::unique_ptr<ThreadPool>> ThreadPool::Create(ThreadPoolOptions options) {
  if (options.threads < 1 || options.capacity < 1) {
    return absl::InvalidArgumentError(absl::StrCat("thread pool ", options.name, ": threads ",
                                                   options.threads, " and capacity ",
                                                   options.capacity, " must be at least 1"));
  }
  auto pool = std::unique_ptr<ThreadPool>(new ThreadPool(std::move(options)));
  try {
    MutexLock lock(&pool->join_mutex_);
    for (int i = 0; i < pool->options_.threads; ++i) {
      pool->threads_.emplace_back([raw = pool.get(), i] { raw->Run(i); });
    }
  } catch (const std::system_error& e) {
    return absl::ResourceExhaustedError(
        absl::StrCat("thread pool ", pool->options_.name, ": ", e.what()));
  }
  return pool;
}

ThreadPool::ThreadPool(ThreadPoolOptions options) : options_(std::move(options)) {}

ThreadPool::~ThreadPool() { Shutdown(); }

absl::Status ThreadPool::Submit(std::function<void()> task) {
  {
    MutexLock lock(&mutex_);
    if (stopping_) {
      return absl::UnavailableError(absl::StrCat("thread pool ", options_.name, " is shut down"));
    }
    if (static_cast<int>(tasks_.size()) >= options_.capacity) {
      return absl::ResourceExhaustedError(absl::StrCat(
          "thread pool ", options_.name, ": all ", options_.capacity, " places in the queue are taken"));
    }
    tasks_.push_back(std::move(task));
  }
  work_.NotifyOne();
  return absl::OkStatus();
}

void ThreadPool::Shutdown() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
  }
  work_.NotifyAll();
  MutexLock lock(&join_mutex_);
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

int ThreadPool::queued() const {
  MutexLock lock(&mutex_);
  return static_cast<int>(tasks_.size());
}

int ThreadPool::busy() const {
  MutexLock lock(&mutex_);
  return busy_;
}

void ThreadPool::Run(int index) {
  SetThreadName(absl::StrCat(options_.name, "-", index));
  while (true) {
    std::function<void()> task;
    {
      MutexLock lock(&mutex_);
      while (tasks_.empty() && !stopping_) work_.Wait(&mutex_);
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
      ++busy_;
    }
    task();
    task = nullptr;  // What it captured dies before it stops counting as busy.
    MutexLock lock(&mutex_);
    --busy_;
  }
}

void SetThreadName(const std::string& name) {
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
}

}  // namespace lookbook
