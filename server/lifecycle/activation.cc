#include "server/lifecycle/activation.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/logging.h"
#include "base/prefix.h"
#include "base/reason.h"
#include "base/status_macros.h"
#include "server/lifecycle/memory_room.h"

namespace lookbook {
namespace {

constexpr size_t kMostRetiring = 2;  // Bundles in memory beside the live one and the next.
constexpr int64_t kMebibyte = 1 << 20;

absl::Status StoppedError() { return absl::CancelledError("the server stops changing bundles"); }

// One run of Activate().
class Run {
 public:
  Run(const ActivationParts& parts, const ServedRoot& root, const BundleChoice& choice,
      const std::function<bool()>& stopped)
      : parts_(parts), root_(root), choice_(choice), stopped_(stopped) {}

  absl::StatusOr<Activated> Do() {
    absl::StatusOr<CurrentFile> target = ResolveBundle(root_.path, choice_);
    if (!target.ok()) return Refused(target.status());
    const std::string live = LiveId();
    if (target->bundle_id == live) {
      LB_RETURN_IF_ERROR(Point(*target));
      return Activated{live, "", false, 0};
    }
    if (absl::Status status = Prepare(*target); !status.ok()) return Refused(std::move(status));
    LB_ASSIGN_OR_RETURN(std::shared_ptr<const Bundle> bundle,
                        parts_.loader->Open(root_.name, DirectoryOf(*target)));  // Counts itself.
    if (absl::Status status = Point(*target); !status.ok()) return Refused(std::move(status));
    parts_.retirement->Add(root_.name, live,
                           parts_.loader->Set(root_.name, std::move(bundle), root_.pipeline));
    return Activated{target->bundle_id, live, true, 0};
  }

 private:
  std::string DirectoryOf(const CurrentFile& target) const {
    return JoinPath(root_.path, target.bundle_id);
  }

  std::string LiveId() const {
    const std::shared_ptr<const Bundle> live = root_.pipeline->bundle();
    return live == nullptr ? "" : live->id;
  }

  // Everything that can be known before this process opens the bundle.
  absl::Status Prepare(const CurrentFile& target) {
    if (WritesCurrent()) LB_RETURN_IF_ERROR(CheckCurrentWritable(root_.path, target));
    if (!parts_.retirement->AwaitFewerThan(kMostRetiring, stopped_)) return StoppedError();
    LB_RETURN_IF_ERROR(CheckMemory(DirectoryOf(target)));
    if (parts_.check) LB_RETURN_IF_ERROR(parts_.check(DirectoryOf(target), stopped_));
    return stopped_() ? StoppedError() : absl::OkStatus();
  }

  absl::Status CheckMemory(const std::string& directory) const {
    if (!parts_.memory_room) return absl::OkStatus();
    LB_ASSIGN_OR_RETURN(const int64_t room, parts_.memory_room());
    LB_ASSIGN_OR_RETURN(const int64_t bytes, BundleBytes(directory));
    const int64_t needed = MemoryToLoad(bytes);
    if (needed <= room) return absl::OkStatus();
    return WithReason(
        absl::ResourceExhaustedError(absl::StrCat(directory, " takes up to ", needed / kMebibyte,
                                                  " MiB beside the live bundle, and ",
                                                  room / kMebibyte, " MiB are available")),
        "memory");
  }

  // What is chosen by CURRENT stands there, and whoever changed it meanwhile wins.
  bool WritesCurrent() const { return choice_.kind != BundleChoice::Kind::kCurrent; }

  absl::Status Point(const CurrentFile& target) const {
    return WritesCurrent() ? PointCurrentAt(root_.path, target) : absl::OkStatus();
  }

  absl::Status Refused(absl::Status status) const {
    static const auto* const not_tried =
        new std::set<std::string>{"bad_bundle_id", "unknown_bundle_id", "no_previous", "read_only"};
    const std::string reason = GetReason(status);
    if (!absl::IsCancelled(status) && not_tried->count(reason) == 0) {
      parts_.metrics->BundleLoaded(root_.name, reason);
    }
    return WithPrefix(absl::StrCat("bundle ", root_.name), status);
  }

  const ActivationParts& parts_;
  const ServedRoot& root_;
  const BundleChoice& choice_;
  const std::function<bool()>& stopped_;
};

}  // namespace

absl::StatusOr<Activated> Activate(const ActivationParts& parts, const ServedRoot& root,
                                   const BundleChoice& choice,
                                   const std::function<bool()>& stopped) {
  const absl::Time begin = parts.clock->Now();
  absl::StatusOr<Activated> result = Run(parts, root, choice, stopped).Do();
  if (!result.ok()) {
    LogWarning("bundle not activated", {{"bundle", root.name}, {"status", result.status()}});
    return result;
  }
  result->seconds = absl::ToDoubleSeconds(parts.clock->Now() - begin);
  if (result->changed) {
    LogInfo("bundle activated", {{"bundle", root.name},
                                 {"bundle_id", result->bundle_id},
                                 {"replaced", result->replaced_id},
                                 {"seconds", result->seconds}});
  }
  return result;
}

}  // namespace lookbook
