// A value made of files, made again when they change.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/sha256.h"
#include "base/snapshot.h"
#include "base/status_macros.h"

namespace lookbook {

// Files are compared by content: a clock or an exchanged link hides nothing. What cannot be read or
// made leaves the value as it is, so that one of two files that belong together and are replaced
// one after the other does no harm. A file that is half written and means something by itself, such
// as the first lines of a list, is taken for what it says: it should be replaced in one step.
//
// Get() is thread-safe; Refresh() is for one thread.
template <typename T>
class FromFiles {
 public:
  // The contents, always in the same order.
  using Read = std::function<absl::StatusOr<std::vector<std::string>>()>;
  using Make = std::function<absl::StatusOr<T>(const std::vector<std::string>&)>;

  static absl::StatusOr<std::unique_ptr<FromFiles>> Open(Read read, Make make) {
    auto made = std::unique_ptr<FromFiles>(new FromFiles(std::move(read), std::move(make)));
    LB_RETURN_IF_ERROR(made->Refresh().status());
    return made;
  }

  std::shared_ptr<const T> Get() const { return value_.Get(); }

  // Looks at the files. True: there is a new value. An error says why what they hold now was not
  // taken, once: it is tried again at every look, and reported again when it fails in another way.
  absl::StatusOr<bool> Refresh() {
    absl::StatusOr<std::vector<std::string>> contents = read_();
    if (!contents.ok()) return Complain(contents.status());
    std::string digest = DigestOf(*contents);
    if (digest == taken_) {
      complaint_.clear();
      return false;
    }
    absl::StatusOr<T> next = make_(*contents);
    if (!next.ok()) return Complain(next.status());
    value_.Swap(std::make_shared<const T>(*std::move(next)));
    taken_ = std::move(digest);
    complaint_.clear();
    return true;
  }

 private:
  FromFiles(Read read, Make make) : read_(std::move(read)), make_(std::move(make)) {}

  static std::string DigestOf(const std::vector<std::string>& contents) {
    Sha256 hash;
    for (const std::string& content : contents) {
      hash.Update(absl::StrCat(content.size(), ":"));
      hash.Update(content);
    }
    return hash.HexDigest();
  }

  absl::StatusOr<bool> Complain(const absl::Status& status) {
    if (complaint_ == status.message()) return false;
    complaint_ = std::string(status.message());
    return status;
  }

  const Read read_;
  const Make make_;
  Snapshot<T> value_;
  std::string taken_;      // Digest of what value_ was made of.
  std::string complaint_;  // What was reported last, while it lasts.
};

}  // namespace lookbook
