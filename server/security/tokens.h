// Bearer tokens, known by their digests alone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace lookbook {

inline constexpr size_t kMaxTokens = 1000;

// Immutable.
class TokenSet {
 public:
  struct Entry {
    std::string name;    // Of the client; several entries may have the same.
    std::string digest;  // SHA-256 of its token, 64 lower-case hex digits.
  };
  explicit TokenSet(std::vector<Entry> entries) : entries_(std::move(entries)) {}

  // Whose token it is; nothing when it is nobody's. How long that takes says nothing of the tokens:
  // digests are compared, all of them, each in constant time.
  std::optional<std::string> NameOf(absl::string_view token) const;
  size_t size() const { return entries_.size(); }

 private:
  std::vector<Entry> entries_;
};

// One token a line, "NAME DIGEST": a name of 1 to 64 of A-Z, a-z, 0-9, "_", "-", ".", "@", spaces
// or tabs, the digest. Empty lines and those that begin with "#" do not count. `path` names the
// file in messages, which never quote a line: somebody may have put a token there.
//
// InvalidArgument, with "path:line": another form, a digest twice, more than kMaxTokens, or none.
absl::StatusOr<TokenSet> ParseTokens(absl::string_view text, const std::string& path);

}  // namespace lookbook
