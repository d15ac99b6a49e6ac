#include "server/transport/query_stream.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/exception_fence.h"
#include "base/reason.h"
#include "server/transport/grpc_status.h"

namespace lookbook {
namespace {

absl::Status Parse(grpc::ByteBuffer* message, v1::SearchRequest* request) {
  if (grpc::SerializationTraits<v1::SearchRequest>::Deserialize(message, request).ok()) {
    return absl::OkStatus();
  }
  *request = v1::SearchRequest();  // Half of a message is none.
  return InvalidArgument("bad_message", "the message is no SearchRequest");
}

absl::Status IdleError(absl::Duration limit) {
  return WithReason(
      absl::DeadlineExceededError(absl::StrCat(
          "nothing was asked for ", absl::FormatDuration(limit), "; open the stream again")),
      "stream_idle");
}

}  // namespace

QueryStream::QueryStream(const CallEnvironment& environment, grpc::CallbackServerContext* context,
                         int max_in_flight, Hooks hooks)
    : environment_(environment),
      facts_{context, std::make_shared<std::atomic<bool>>(false),
             TraceCall(context->client_metadata(), "")},
      max_in_flight_(max_in_flight),
      hooks_(std::move(hooks)),
      active_(environment.clock->Now()) {
  answered_.reserve(max_in_flight);
  PassOn(facts_.trace, context);
}

void QueryStream::Start() {
  StartSendInitialMetadata();
  Continue();
}

void QueryStream::End(const absl::Status& status) {
  {
    MutexLock lock(&mutex_);
    if (!end_) end_ = status;
  }
  Continue();
}

void QueryStream::EndIfIdle(absl::Duration limit) {
  bool stuck = false;
  {
    MutexLock lock(&mutex_);
    if (finished_ || environment_.clock->Now() - active_ < limit) return;
    if (in_flight_ == 0) {
      if (!end_) end_ = IdleError(limit);
    } else if (writing_) {
      stuck = true;
      ++in_flight_;  // Until it is cancelled the stream does not finish: its context stays.
    }
  }
  if (stuck) {
    facts_.context->TryCancel();
    MutexLock lock(&mutex_);
    --in_flight_;
  }
  Continue();
}

// Answers go out before more is read.
QueryStream::Step QueryStream::NextStep() {
  MutexLock lock(&mutex_);
  if (!writing_ && !answered_.empty()) {
    writing_ = true;
    active_ = environment_.clock->Now();
    written_ = answered_.front();
    answered_.erase(answered_.begin());
    return Step::kWrite;
  }
  const bool open = !closed_ && !end_;
  if (open && !reading_ && in_flight_ < max_in_flight_) {
    reading_ = true;
    return Step::kRead;
  }
  if (!open && in_flight_ == 0) {
    finished_ = true;
    return Step::kFinish;
  }
  driven_ = false;
  return Step::kNone;
}

absl::Status QueryStream::FinalStatus() {
  MutexLock lock(&mutex_);
  return closed_ ? absl::OkStatus() : *end_;
}

void QueryStream::FinishStream() {
  const absl::Status status = FinalStatus();
  SayWhenToComeBack(status, facts_.context);
  Finish(ToGrpcStatus(status));
}

// gRPC takes no read or write after Finish(), and is not called under a lock: so one thread drives,
// and the others leave to it what they have changed. Finish() is its last step and keeps all others
// out for good.
void QueryStream::Continue() {
  {
    MutexLock lock(&mutex_);
    if (driven_) return;
    driven_ = true;
  }
  for (;;) {
    switch (NextStep()) {
      case Step::kNone:
        return;
      case Step::kRead:
        StartRead(&read_);
        break;
      case Step::kWrite:
        StartWrite(&written_->message());
        break;
      case Step::kFinish:
        return FinishStream();
    }
  }
}

// False: the message came after the stream's end was sent, whose status says that it was not taken.
bool QueryStream::TakePlace() {
  MutexLock lock(&mutex_);
  if (finished_) return false;
  ++in_flight_;
  active_ = environment_.clock->Now();
  return true;
}

absl::Status QueryStream::TakeQuery() {
  StreamCall* call = nullptr;
  absl::Status parsed;
  const absl::Status made = CatchToStatus("taking a query in", [&] {
    v1::SearchRequest request;
    parsed = Parse(&read_, &request);
    call = new StreamCall(environment_, facts_, taken_++, std::move(request),
                          [self = shared_from_this()](StreamCall* done) { self->Answered(done); });
    return absl::OkStatus();
  });
  if (!made.ok()) {
    MutexLock lock(&mutex_);
    --in_flight_;
    return made;
  }
  if (call->Refused()) return absl::OkStatus();
  if (parsed.ok()) {
    hooks_.answer(call);
  } else {
    call->Complete(std::move(parsed));
  }
  return absl::OkStatus();
}

void QueryStream::Answered(StreamCall* call) {
  {
    MutexLock lock(&mutex_);
    answered_.push_back(call);  // Within what was reserved.
  }
  Continue();
}

void QueryStream::OnReadDone(bool ok) {
  if (ok && TakePlace()) {
    const absl::Status taken = TakeQuery();
    if (!taken.ok()) End(taken);  // That query has no answer: the stream's status is it.
  }
  {
    MutexLock lock(&mutex_);
    reading_ = false;
    if (!ok) closed_ = true;
  }
  Continue();
}

// An answer that could not be written has no reader any more; OnCancel() says so too.
void QueryStream::OnWriteDone(bool ok) {
  written_->End(ok);
  {
    MutexLock lock(&mutex_);
    writing_ = false;
    --in_flight_;
    active_ = environment_.clock->Now();
  }
  Continue();
}

void QueryStream::OnCancel() {
  facts_.cancelled->store(true, std::memory_order_relaxed);
  {
    MutexLock lock(&mutex_);
    closed_ = true;
  }
  Continue();
}

void QueryStream::OnDone() {
  const auto done = std::move(hooks_.done);  // This may be gone before it returns.
  done(this);
}

}  // namespace lookbook
