#include "server/security/tokens.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/sha256.h"

namespace lookbook {
namespace {

constexpr size_t kDigestDigits = 64;
constexpr size_t kMaxNameBytes = 64;

bool IsNameCharacter(char c) {
  return absl::ascii_isalnum(c) || c == '_' || c == '-' || c == '.' || c == '@';
}

bool IsName(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxNameBytes &&
         std::all_of(text.begin(), text.end(), IsNameCharacter);
}

bool IsDigest(absl::string_view text) {
  return text.size() == kDigestDigits &&
         std::all_of(text.begin(), text.end(), absl::ascii_isxdigit);
}

absl::Status Refuse(const std::string& path, size_t line, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(path, ":", line, ": ", what));
}

}  // namespace

std::optional<std::string> TokenSet::NameOf(absl::string_view token) const {
  const std::string digest = Sha256Hex(token);
  const Entry* found = nullptr;
  for (const Entry& entry : entries_) {
    if (CRYPTO_memcmp(entry.digest.data(), digest.data(), kDigestDigits) == 0) found = &entry;
  }
  if (found == nullptr) return std::nullopt;
  return found->name;
}

absl::StatusOr<TokenSet> ParseTokens(absl::string_view text, const std::string& path) {
  std::vector<TokenSet::Entry> entries;
  std::set<std::string> digests;
  size_t number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line[0] == '#') continue;
    const std::vector<absl::string_view> words =
        absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
    if (words.size() != 2 || !IsName(words[0]) || !IsDigest(words[1])) {
      return Refuse(path, number, "not NAME and the 64 hex digits of a token's SHA-256");
    }
    std::string digest = absl::AsciiStrToLower(words[1]);
    if (!digests.insert(digest).second) return Refuse(path, number, "a token that stands above");
    if (entries.size() == kMaxTokens) {
      return Refuse(path, number, absl::StrCat("more than ", kMaxTokens, " tokens"));
    }
    entries.push_back({std::string(words[0]), std::move(digest)});
  }
  if (entries.empty()) return Refuse(path, number, "no token: nobody could call");
  return TokenSet(std::move(entries));
}

}  // namespace lookbook
