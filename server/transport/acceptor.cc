#include "server/transport/acceptor.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "base/logging.h"
#include "base/status_macros.h"

namespace lookbook {
namespace {

// One listener must not keep the thread from the others.
constexpr int kAcceptedAtOnce = 64;
// After a failure that would only come again.
constexpr absl::Duration kRest = absl::Milliseconds(50);
// How late the metrics may be.
constexpr absl::Duration kSweepInterval = absl::Seconds(1);
// Each connection that finds no place asks for a sweep: an attack must not buy many.
constexpr absl::Duration kSweepsApart = absl::Milliseconds(10);
// Descriptors that connections leave for the rest: bundles, scrapes, the process that checks a
// bundle. Fewer where there are hardly any.
constexpr rlim_t kDescriptorsForOthers = 64;

// A connection with this number or a higher one leaves too few for others: the system gives out the
// lowest that is free.
int FirstDescriptorTooMany() {
  struct rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::numeric_limits<int>::max();
  const rlim_t first = limit.rlim_cur - std::min(kDescriptorsForOthers, limit.rlim_cur / 4);
  return static_cast<int>(std::min<rlim_t>(first, std::numeric_limits<int>::max()));
}

Descriptor OpenSpare() { return Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

const char* Name(ConnectionRefusal why) {
  switch (why) {
    case ConnectionRefusal::kConnections:
      return "connections";
    case ConnectionRefusal::kAddress:
      return "address";
    case ConnectionRefusal::kDescriptors:
      return "descriptors";
    case ConnectionRefusal::kMemory:
      return "memory";
  }
  return "unknown";
}

}  // namespace

absl::StatusOr<std::unique_ptr<Acceptor>> Acceptor::Start(ListeningSockets sockets,
                                                          const AcceptorOptions& options,
                                                          Handler handler) {
  auto acceptor =
      std::unique_ptr<Acceptor>(new Acceptor(std::move(sockets), options, std::move(handler)));
  if (!acceptor->wake_.is_open() || !acceptor->spare_.is_open()) {
    return absl::ResourceExhaustedError("there are no file descriptors to accept connections with");
  }
  LB_ASSIGN_OR_RETURN(acceptor->thread_,
                      ThreadPool::Create({.name = "accept", .threads = 1, .capacity = 1}));
  LB_RETURN_IF_ERROR(acceptor->thread_->Submit([raw = acceptor.get()] { raw->Run(); }));
  return acceptor;
}

Acceptor::Acceptor(ListeningSockets sockets, const AcceptorOptions& options, Handler handler)
    : options_(options),
      handler_(std::move(handler)),
      port_(sockets.port),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      listeners_(std::move(sockets.sockets)),
      spare_(OpenSpare()) {}

Acceptor::~Acceptor() { Stop(); }

void Acceptor::Stop() {
  MutexLock lock(&stop_mutex_);
  if (thread_ == nullptr) return;
  ::eventfd_write(wake_.get(), 1);
  thread_->Shutdown();
  thread_ = nullptr;
  listeners_.clear();
  if (options_.metrics != nullptr) options_.metrics->ConnectionsChanged(-reported_);
}

void Acceptor::Run() {
  while (Wait()) {
    if (clock_->Now() >= rests_until_) {
      for (const Descriptor& listener : listeners_) AcceptFrom(listener.get());
    }
    if (clock_->Now() - swept_ >= kSweepInterval) Sweep();
    ReportCount();
  }
}

// Until there is something to do; false once Stop() was called.
bool Acceptor::Wait() {
  std::vector<struct pollfd> ready = {{wake_.get(), POLLIN, 0}};
  absl::Duration most = table_.size() > 0 ? kSweepInterval : absl::InfiniteDuration();
  const absl::Duration rest = rests_until_ - clock_->Now();
  if (rest > absl::ZeroDuration()) {
    most = std::min(most, rest);
  } else {
    for (const Descriptor& listener : listeners_) ready.push_back({listener.get(), POLLIN, 0});
  }
  const int timeout =
      most == absl::InfiniteDuration()
          ? -1
          : static_cast<int>(absl::ToInt64Milliseconds(absl::Ceil(most, absl::Milliseconds(1))));
  ::poll(ready.data(), ready.size(), timeout);
  return (ready[0].revents & POLLIN) == 0;
}

void Acceptor::AcceptFrom(int listener) {
  for (int i = 0; i < kAcceptedAtOnce; ++i) {
    if (!AcceptOne(listener)) return;
  }
}

// False: there is none, or it is time to rest.
bool Acceptor::AcceptOne(int listener) {
  struct sockaddr_storage peer = {};
  socklen_t size = sizeof(peer);
  Descriptor connection(::accept4(listener, reinterpret_cast<struct sockaddr*>(&peer), &size,
                                  SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!connection.is_open()) return AfterFailure(errno, listener);
  const std::string client = ClientOf(peer);
  if (const std::optional<ConnectionRefusal> why = Judge(connection.get(), client)) {
    Refuse(std::move(connection), *why, client);
    return true;
  }
  table_.Add(connection.get(), client);
  handler_(connection.Release());
  return true;
}

bool Acceptor::AfterFailure(int error, int listener) {
  switch (error) {
    case EAGAIN:
      return false;
    case EMFILE:
    case ENFILE: {
      spare_.Reset();
      Descriptor connection(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
      const bool took = connection.is_open();
      if (took) Refuse(std::move(connection), ConnectionRefusal::kDescriptors, "unknown");
      spare_ = OpenSpare();
      if (!took) Rest();
      return took;
    }
    case ENOBUFS:
    case ENOMEM:
      Refuse(Descriptor(), ConnectionRefusal::kMemory, "unknown");
      Rest();
      return false;
    case EINTR:
    case ECONNABORTED:
      return true;
    default:
      // Errors of the network, which accept() passes on; any other must not come hotly.
      LogDebug("accept", {{"error", std::strerror(error)}});
      Rest();
      return false;
  }
}

// Why a connection may not stay; nullopt: it may.
std::optional<ConnectionRefusal> Acceptor::Judge(int descriptor, const std::string& client) {
  table_.Forget(descriptor);  // Its number is new, so what had it has ended.
  if (descriptor >= FirstDescriptorTooMany()) return ConnectionRefusal::kDescriptors;
  if (IsFull(client) && clock_->Now() - swept_ >= kSweepsApart) Sweep();
  if (!IsFull(client)) return std::nullopt;
  return table_.size() >= options_.connections ? ConnectionRefusal::kConnections
                                               : ConnectionRefusal::kAddress;
}

bool Acceptor::IsFull(const std::string& client) const {
  return table_.size() >= options_.connections ||
         (options_.per_client > 0 && table_.CountFrom(client) >= options_.per_client);
}

void Acceptor::Refuse(Descriptor connection, ConnectionRefusal why, const std::string& client) {
  // A reset leaves nothing behind in the kernel.
  constexpr struct linger kReset = {1, 0};
  ::setsockopt(connection.get(), SOL_SOCKET, SO_LINGER, &kReset, sizeof(kReset));
  // Before the reset: who sees that finds it counted.
  if (options_.metrics != nullptr) options_.metrics->ConnectionRefused(why);
  connection.Reset();
  int64_t left_out = 0;
  if (!log_.Take(clock_->Now(), &left_out)) return;
  LogWarning("connection refused", {{"port", port_},
                                    {"reason", Name(why)},
                                    {"client", client},
                                    {"open", table_.size()},
                                    {"left_out", left_out}});
}

void Acceptor::Rest() { rests_until_ = clock_->Now() + kRest; }

void Acceptor::Sweep() {
  table_.Sweep();
  swept_ = clock_->Now();
}

void Acceptor::ReportCount() {
  if (options_.metrics != nullptr) options_.metrics->ConnectionsChanged(table_.size() - reported_);
  reported_ = table_.size();
}

}  // namespace lookbook
