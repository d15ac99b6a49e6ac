// One SearchStream: many queries, bounded, answered in the order in which they are done.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "base/mutex.h"
#include "server/transport/stream_call.h"

namespace lookbook {

// Each message becomes a StreamCall, with the deadline of the stream and a cap of its own. Messages
// come as bytes, so that one that does not parse is refused alone. Between two messages a stream
// holds no thread.
//
// Open: reads while fewer than `max_in_flight` queries are read and not yet written. Then ending:
// the client half-closed, gave up, or End() was called; what was read is answered and written. Then
// finished, by gRPC's status: OK when the client half-closed, or that of End().
//
// Its queries are spans of one trace, that of the stream, which its trailing metadata name
// (call_trace.h).
//
// Thread-safe. Owned by shared pointers: its maker's until `done`, and those of its calls.
class QueryStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                          public std::enable_shared_from_this<QueryStream> {
 public:
  struct Hooks {
    // Completes an admitted call, now or later. Must not block or throw.
    std::function<void(StreamCall*)> answer;
    // gRPC is done with the stream: `context` is gone after this.
    std::function<void(QueryStream*)> done;
  };

  QueryStream(const CallEnvironment& environment, grpc::CallbackServerContext* context,
              int max_in_flight, Hooks hooks);

  // Once, before gRPC is given the stream. The client learns at once that it is open.
  void Start();

  // Reads no further query; the stream ends with `status` when those it has read are answered.
  // The first call counts.
  void End(const absl::Status& status);

  // When nothing was read from the stream or written to it for `limit`: ends it with
  // DEADLINE_EXCEEDED stream_idle if every query is answered, and cancels it if its client does not
  // read an answer. Queries that are not answered yet keep it.
  void EndIfIdle(absl::Duration limit);

 private:
  // What gRPC is asked to do next; one thread at a time asks.
  enum class Step { kNone, kRead, kWrite, kFinish };
  Step NextStep();
  absl::Status FinalStatus();
  void FinishStream();
  void Continue();

  bool TakePlace();
  // Makes read_ a call and has it completed. ResourceExhausted: there was no memory for the call.
  absl::Status TakeQuery();
  void Answered(StreamCall* call);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  const CallEnvironment environment_;
  const StreamFacts facts_;
  const int max_in_flight_;
  Hooks hooks_;

  grpc::ByteBuffer read_;          // Of the read that runs, as is the next.
  uint64_t taken_ = 0;             // Messages so far.
  StreamCall* written_ = nullptr;  // Of the write that runs.

  Mutex mutex_;
  bool driven_ ABSL_GUARDED_BY(mutex_) = false;  // A thread drives, or the stream is finished.
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;  // By the client.
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time active_ ABSL_GUARDED_BY(mutex_);  // When something was last read or written.
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
  int in_flight_ ABSL_GUARDED_BY(mutex_) = 0;                  // Read, not yet written.
  std::vector<StreamCall*> answered_ ABSL_GUARDED_BY(mutex_);  // Not yet written, oldest first.
};

}  // namespace lookbook
