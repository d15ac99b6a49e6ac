#include "base/running_tasks.h"

namespace lookbook {

RunningTasks::Scope::Scope(RunningTasks* tasks, absl::string_view pool) : tasks_(tasks) {
  if (tasks_ == nullptr) return;
  MutexLock lock(&tasks_->mutex_);
  task_ = tasks_->tasks_.insert(tasks_->tasks_.end(), {std::string(pool), tasks_->clock_->Now()});
}

RunningTasks::Scope::~Scope() {
  if (tasks_ == nullptr) return;
  MutexLock lock(&tasks_->mutex_);
  tasks_->tasks_.erase(task_);
}

std::optional<RunningTasks::Oldest> RunningTasks::oldest() const {
  MutexLock lock(&mutex_);
  if (tasks_.empty()) return std::nullopt;
  const Task& first = tasks_.front();
  return Oldest{first.pool, clock_->Now() - first.begun};
}

}  // namespace lookbook
