// A leak to hold scripts/soak against: preloaded into a process (LD_PRELOAD), it loses a little
// memory with everything that is read from a socket.
#include <dlfcn.h>
#include <sys/socket.h>

#include <cstdlib>
#include <cstring>

namespace {

constexpr size_t kLost = 4096;  // Bytes a read.

// Somebody might look: otherwise the compiler leaves the loss out.
void* volatile last_lost = nullptr;

}  // namespace

extern "C" ssize_t recvmsg(int fd, msghdr* message, int flags) {
  using Recvmsg = ssize_t (*)(int, msghdr*, int);
  static const auto next = reinterpret_cast<Recvmsg>(dlsym(RTLD_NEXT, "recvmsg"));
  last_lost = std::malloc(kLost);
  if (last_lost != nullptr) std::memset(last_lost, 1, kLost);  // Touched, so that it counts.
  return next(fd, message, flags);
}
