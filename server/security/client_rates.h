// Calls and bytes of each client, held to a rate.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "server/security/token_bucket.h"

namespace lookbook {

struct ClientRateOptions {
  int calls_per_second = 0;  // 0 = any number.
  int calls_burst = 0;       // 0 = those of a second.
  int64_t bytes_per_second = 0;
  int64_t bytes_burst = 0;
  int clients = 10'000;  // Remembered at once.
};

// Remembers the clients that called last; who is forgotten begins with full buckets. A client that
// floods is remembered: it is the others that fade. Thread-safe.
class ClientRates {
 public:
  explicit ClientRates(const ClientRateOptions& options) : options_(options) {}

  // One call of `bytes`. ResourceExhausted rate, with the time after which it would be let through:
  // the client is over its rate, and nothing was taken.
  absl::Status Admit(const std::string& client, uint64_t bytes, absl::Time now);

  size_t remembered() const;

 private:
  struct Client {
    std::string name;
    std::optional<TokenBucket> calls;
    std::optional<TokenBucket> bytes;
  };
  Client& Find(const std::string& name, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const ClientRateOptions options_;
  mutable Mutex mutex_;
  std::list<Client> clients_ ABSL_GUARDED_BY(mutex_);  // The last to call first.
  std::unordered_map<std::string, std::list<Client>::iterator> by_name_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lookbook
