// Searches as the calls of a load: asynchronous, over several connections, never retried.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/connection_security.h"
#include "client/load/caller.h"
#include "lookbook/v1/search.pb.h"

namespace lookbook {

struct SearchCallerOptions {
  std::string target = "localhost:50051";
  absl::Duration deadline = absl::Seconds(5);  // Of a call, from when it is sent.
  int channels = 4;                            // Each has a connection of its own.
  ConnectionSecurity security;
};

// Takes requests and channels in turn. A retry would hide a refusal, so there is none.
// Thread-safe.
class SearchCaller : public Caller {
 public:
  // Connects at the first calls. InvalidArgument: no request, or an option is out of range.
  // ResourceExhausted: the system gives no thread.
  static absl::StatusOr<std::unique_ptr<SearchCaller>> Create(
      const SearchCallerOptions& options, const std::vector<v1::SearchRequest>& requests);
  // Waits for the calls that have not ended.
  ~SearchCaller() override;

  // `done` runs on a thread that all calls share.
  void Start(int64_t number, Done done) override;

 private:
  struct State;
  explicit SearchCaller(std::unique_ptr<State> state);

  const std::unique_ptr<State> state_;
};

}  // namespace lookbook
