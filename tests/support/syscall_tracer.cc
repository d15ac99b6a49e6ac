#include "tests/support/syscall_tracer.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <map>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace lookbook {

#if !defined(__x86_64__) || !defined(__linux__)
bool CanTrace() { return false; }
absl::StatusOr<TraceResult> RunTraced(const std::string&, const Fault&,
                                      const std::function<int()>&) {
  return absl::UnimplementedError("system calls are traced on x86-64 Linux only");
}
#else

namespace {

// Where a call's path stands in its arguments.
enum class PathKind { kDescriptor, kPath, kPathAt, kTwoPaths };

struct KnownCall {
  const char* name;
  PathKind kind;
};

const std::map<long, KnownCall>& KnownCalls() {
  static const auto* calls =
      new std::map<long, KnownCall>{{SYS_open, {"open", PathKind::kPath}},
                                    {SYS_openat, {"openat", PathKind::kPathAt}},
                                    {SYS_mkdir, {"mkdir", PathKind::kPath}},
                                    {SYS_rmdir, {"rmdir", PathKind::kPath}},
                                    {SYS_unlink, {"unlink", PathKind::kPath}},
                                    {SYS_unlinkat, {"unlinkat", PathKind::kPathAt}},
                                    {SYS_rename, {"rename", PathKind::kTwoPaths}},
                                    {SYS_read, {"read", PathKind::kDescriptor}},
                                    {SYS_pread64, {"pread", PathKind::kDescriptor}},
                                    {SYS_write, {"write", PathKind::kDescriptor}},
                                    {SYS_writev, {"writev", PathKind::kDescriptor}},
                                    {SYS_pwrite64, {"pwrite", PathKind::kDescriptor}},
                                    {SYS_fsync, {"fsync", PathKind::kDescriptor}},
                                    {SYS_fdatasync, {"fdatasync", PathKind::kDescriptor}},
                                    {SYS_ftruncate, {"ftruncate", PathKind::kDescriptor}},
                                    {SYS_flock, {"flock", PathKind::kDescriptor}},
                                    {SYS_getdents64, {"getdents64", PathKind::kDescriptor}},
                                    {SYS_close, {"close", PathKind::kDescriptor}}};
  return *calls;
}

std::string ReadText(pid_t child, unsigned long long address) {
  std::string text;
  char byte = 0;
  while (text.size() < PATH_MAX) {
    iovec local{&byte, 1};
    iovec remote{reinterpret_cast<void*>(address + text.size()), 1};
    if (::process_vm_readv(child, &local, 1, &remote, 1, 0) != 1 || byte == '\0') break;
    text.push_back(byte);
  }
  return text;
}

std::string ReadLink(const std::string& link) {
  char buffer[PATH_MAX];
  const ssize_t length = ::readlink(link.c_str(), buffer, sizeof(buffer));
  return length < 0 ? "" : std::string(buffer, static_cast<size_t>(length));
}

std::string DescriptorPath(pid_t child, int fd) {
  return ReadLink(absl::StrCat("/proc/", child, "/fd/", fd));
}

std::string PathAt(pid_t child, int fd, const std::string& name) {
  if (absl::StartsWith(name, "/") || fd == AT_FDCWD) return name;
  return absl::StrCat(DescriptorPath(child, fd), "/", name);
}

std::optional<TracedCall> Describe(pid_t child, const user_regs_struct& regs) {
  const auto known = KnownCalls().find(static_cast<long>(regs.orig_rax));
  if (known == KnownCalls().end()) return std::nullopt;
  TracedCall call;
  call.name = known->second.name;
  switch (known->second.kind) {
    case PathKind::kDescriptor:
      call.path = DescriptorPath(child, static_cast<int>(regs.rdi));
      break;
    case PathKind::kPath:
      call.path = ReadText(child, regs.rdi);
      break;
    case PathKind::kPathAt:
      call.path = PathAt(child, static_cast<int>(regs.rdi), ReadText(child, regs.rsi));
      break;
    case PathKind::kTwoPaths:
      call.path = ReadText(child, regs.rdi);
      call.target = ReadText(child, regs.rsi);
      break;
  }
  return call;
}

absl::Status TraceError(absl::string_view what) { return absl::ErrnoToStatus(errno, what); }

// The parent's side: one object a child.
class Tracer {
 public:
  Tracer(pid_t child, std::string prefix, Fault fault)
      : child_(child), prefix_(std::move(prefix)), fault_(fault) {}

  absl::StatusOr<TraceResult> Run() {
    int status = 0;
    if (::waitpid(child_, &status, 0) < 0) return TraceError("waitpid");  // Its SIGSTOP.
    if (!WIFSTOPPED(status)) return absl::UnavailableError("the child could not be traced");
    ::ptrace(PTRACE_SETOPTIONS, child_, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    bool entering = true;
    int signal = 0;
    while (true) {
      // ESRCH: it was killed; waitpid says so.
      if (::ptrace(PTRACE_SYSCALL, child_, 0, signal) != 0 && errno != ESRCH)
        return TraceError("PTRACE_SYSCALL");
      if (::waitpid(child_, &status, 0) < 0) return TraceError("waitpid");
      if (WIFEXITED(status)) result_.exit_code = WEXITSTATUS(status);
      if (WIFEXITED(status) || WIFSIGNALED(status)) return result_;
      const bool is_call = WSTOPSIG(status) == (SIGTRAP | 0x80);
      signal = is_call ? 0 : WSTOPSIG(status);
      if (!is_call) continue;
      entering ? Enter() : Leave();
      entering = !entering;
    }
  }

 private:
  void Enter() {
    user_regs_struct regs;
    ::ptrace(PTRACE_GETREGS, child_, 0, &regs);
    const std::optional<TracedCall> call = Describe(child_, regs);
    if (!call.has_value() || !absl::StartsWith(call->path, prefix_) || result_.fault_reached)
      return;
    result_.calls.push_back(*call);
    if (static_cast<int>(result_.calls.size()) - 1 != fault_.at) return;
    result_.fault_reached = true;
    if (fault_.shorten) {
      if (call->name != "write" && call->name != "pwrite") return;
      asked_ = regs.rdx;
      regs.rdx = (regs.rdx + 1) / 2;
      ::ptrace(PTRACE_SETREGS, child_, 0, &regs);
      return;
    }
    if (fault_.error == 0) {
      ::kill(child_, SIGKILL);
      return;
    }
    regs.orig_rax = static_cast<unsigned long long>(-1);  // No such call: nothing happens.
    ::ptrace(PTRACE_SETREGS, child_, 0, &regs);
    failing_ = true;
  }

  void Leave() {
    if (!failing_ && !asked_.has_value()) return;
    user_regs_struct regs;
    ::ptrace(PTRACE_GETREGS, child_, 0, &regs);
    if (failing_) regs.rax = static_cast<unsigned long long>(-fault_.error);
    if (asked_.has_value()) regs.rdx = *asked_;  // The caller's register is as it was.
    ::ptrace(PTRACE_SETREGS, child_, 0, &regs);
    failing_ = false;
    asked_.reset();
  }

  const pid_t child_;
  const std::string prefix_;
  const Fault fault_;
  TraceResult result_;
  bool failing_ = false;
  std::optional<unsigned long long> asked_;  // The bytes of the write that was shortened.
};

}  // namespace

absl::StatusOr<TraceResult> RunTraced(const std::string& path_prefix, const Fault& fault,
                                      const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child < 0) return TraceError("fork");
  if (child == 0) {
    if (::ptrace(PTRACE_TRACEME, 0, 0, 0) != 0) ::_exit(99);
    ::raise(SIGSTOP);
    ::_exit(body());
  }
  return Tracer(child, path_prefix, fault).Run();
}

bool CanTrace() {
  const absl::StatusOr<TraceResult> result =
      RunTraced("/dev/null", {}, [] { return ::open("/dev/null", O_RDONLY) < 0 ? 1 : 7; });
  // A sandbox can allow ptrace and forbid the look into memory that paths are read by.
  return result.ok() && result->exit_code == 7 && !result->calls.empty();
}

#endif

}  // namespace lookbook
