#include "server/security/client_rates.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/reason.h"
#include "base/retry_pushback.h"

namespace lookbook {
namespace {

std::optional<TokenBucket> MakeBucket(int64_t per_second, int64_t burst, absl::Time now) {
  if (per_second == 0) return std::nullopt;
  return TokenBucket(static_cast<double>(per_second),
                     static_cast<double>(burst == 0 ? per_second : burst), now);
}

absl::Duration WaitFor(std::optional<TokenBucket>& bucket, double cost, absl::Time now) {
  return bucket ? bucket->WaitFor(cost, now) : absl::ZeroDuration();
}

absl::Status OverRate(const char* what, int64_t per_second, absl::Duration wait) {
  return WithRetryPushback(
      WithReason(absl::ResourceExhaustedError(absl::StrCat("this client is over its rate of ",
                                                           per_second, " ", what, " a second")),
                 "rate"),
      wait);
}

}  // namespace

absl::Status ClientRates::Admit(const std::string& client, uint64_t bytes, absl::Time now) {
  absl::Duration for_calls, for_bytes;
  {
    MutexLock lock(&mutex_);
    Client& found = Find(client, now);
    for_calls = WaitFor(found.calls, 1, now);
    for_bytes = WaitFor(found.bytes, static_cast<double>(bytes), now);
    if (for_calls == absl::ZeroDuration() && for_bytes == absl::ZeroDuration()) {
      if (found.calls) found.calls->Take(1);
      if (found.bytes) found.bytes->Take(static_cast<double>(bytes));
      return absl::OkStatus();
    }
  }
  return for_calls >= for_bytes ? OverRate("calls", options_.calls_per_second, for_calls)
                                : OverRate("bytes", options_.bytes_per_second, for_bytes);
}

ClientRates::Client& ClientRates::Find(const std::string& name, absl::Time now) {
  const auto known = by_name_.find(name);
  if (known != by_name_.end()) {
    clients_.splice(clients_.begin(), clients_, known->second);
    return clients_.front();
  }
  if (clients_.size() >= static_cast<size_t>(options_.clients)) {
    by_name_.erase(clients_.back().name);
    clients_.pop_back();
  }
  clients_.push_front({name, MakeBucket(options_.calls_per_second, options_.calls_burst, now),
                       MakeBucket(options_.bytes_per_second, options_.bytes_burst, now)});
  by_name_[name] = clients_.begin();
  return clients_.front();
}

size_t ClientRates::remembered() const {
  MutexLock lock(&mutex_);
  return clients_.size();
}

}  // namespace lookbook
