#include "engine/bundle/bundle_writer.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/prefix.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "engine/bundle/bundle_error.h"
#include "engine/bundle/file_list.h"

namespace lookbook {
namespace {

constexpr int kNameAttempts = 1000;

// A descriptor of `directory` that holds its lock; -1 when another process or writer has it, or it
// is gone. The kernel drops the lock when its holder dies, however that happens.
int LockFolder(const std::string& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return -1;
  struct stat info;
  const bool locked =
      ::flock(fd, LOCK_EX | LOCK_NB) == 0 && ::fstat(fd, &info) == 0 && info.st_nlink > 0;
  if (locked) return fd;
  ::close(fd);
  return -1;
}

absl::Status SweepAbandoned(const std::string& root) {
  LB_ASSIGN_OR_RETURN(const std::vector<std::string> names, ListDirectory(root));
  for (const std::string& name : names) {
    if (!absl::EndsWith(name, ".tmp")) continue;
    const std::string path = JoinPath(root, name);
    const int lock = LockFolder(path);
    if (lock < 0) continue;  // Its writer lives, or it is no folder.
    const absl::Status removed = RemoveAll(path);
    ::close(lock);
    LB_RETURN_IF_ERROR(removed);
  }
  return absl::OkStatus();
}

// Every folder between `directory` and its files, and `directory` itself.
absl::Status SyncFolders(const std::string& directory, const std::vector<BundleFile>& files) {
  std::set<std::string> folders = {""};
  for (const BundleFile& file : files) {
    for (size_t slash = file.name.find('/'); slash != std::string::npos;
         slash = file.name.find('/', slash + 1)) {
      folders.insert(file.name.substr(0, slash));
    }
  }
  for (const std::string& folder : folders)
    LB_RETURN_IF_ERROR(SyncPath(JoinPath(directory, folder)));
  return absl::OkStatus();
}

}  // namespace

BundleWriter::BundleWriter(std::string root, std::string directory, int lock)
    : root_(std::move(root)), directory_(std::move(directory)), lock_(lock) {}

BundleWriter::~BundleWriter() {
  if (!published_)
    RemoveAll(directory_).IgnoreError();  // What stays is swept by the next Create().
  ::close(lock_);
}

absl::StatusOr<std::unique_ptr<BundleWriter>> BundleWriter::Create(const std::string& bundle_root) {
  LB_RETURN_IF_ERROR(IoError(MakeDirectories(bundle_root)));
  LB_RETURN_IF_ERROR(IoError(SweepAbandoned(bundle_root)));
  for (int attempt = 0; attempt < kNameAttempts; ++attempt) {
    const std::string directory =
        JoinPath(bundle_root, absl::StrCat("new-", ::getpid(), "-", attempt, ".tmp"));
    if (::mkdir(directory.c_str(), 0777) != 0) {
      if (errno == EEXIST) continue;
      return IoError(absl::ErrnoToStatus(errno, absl::StrCat("make folder ", directory)));
    }
    // Another writer's sweep can come between the two calls: then the folder is gone, or about to
    // be.
    const int lock = LockFolder(directory);
    if (lock >= 0)
      return std::unique_ptr<BundleWriter>(new BundleWriter(bundle_root, directory, lock));
  }
  return IoError(
      absl::UnavailableError(absl::StrCat("no folder can be made and locked in ", bundle_root)));
}

absl::StatusOr<std::string> BundleWriter::Seal(Manifest manifest, absl::Time created) {
  LB_ASSIGN_OR_RETURN(const std::vector<BundleFile> files, ListBundleFiles(directory_));
  manifest.set_format_version(kBundleFormatVersion);
  manifest.set_created(FormatCreated(created));
  manifest.clear_files();
  for (const BundleFile& file : files) {
    const std::string path = JoinPath(directory_, file.name);
    LB_RETURN_IF_ERROR(IoError(SyncPath(path)));
    absl::StatusOr<std::string> sha256 = Sha256OfFile(path);
    if (!sha256.ok()) return IoError(sha256.status());
    auto* entry = manifest.add_files();
    entry->set_name(file.name);
    entry->set_bytes(file.bytes);
    entry->set_sha256(*std::move(sha256));
  }
  LB_ASSIGN_OR_RETURN(const std::string json, ManifestToJson(manifest));
  LB_RETURN_IF_ERROR(
      ParseManifest(json).status());  // Nothing is published that a loader would refuse.
  LB_RETURN_IF_ERROR(IoError(WriteFile(JoinPath(directory_, kManifestFile), json)));
  LB_RETURN_IF_ERROR(IoError(SyncFolders(directory_, files)));
  return Sha256Hex(json);
}

absl::StatusOr<std::string> BundleWriter::Publish(Manifest manifest, absl::Time created,
                                                  bool activate) {
  if (published_)
    return absl::FailedPreconditionError(absl::StrCat(directory_, " was published already"));
  LB_ASSIGN_OR_RETURN(const std::string sha256, Seal(std::move(manifest), created));
  const std::string id = MakeBundleId(created, sha256);
  LB_RETURN_IF_ERROR(CheckBundleId(id, sha256));
  const std::string target = JoinPath(root_, id);
  // rename(2) would replace an empty folder without a word.
  if (PathExists(target)) return absl::AlreadyExistsError(absl::StrCat(target, " exists"));
  LB_RETURN_IF_ERROR(IoError(RenameDurably(directory_, target)));
  directory_ = target;
  published_ = true;
  if (!activate) return id;
  const absl::Status status = WriteCurrent(root_, {id, sha256});
  if (status.ok()) return id;
  return WithReason(
      WithPrefix(absl::StrCat("bundle ", id, " is complete, but could not be made the current one"),
                 status),
      "io");
}

}  // namespace lookbook
