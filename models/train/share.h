// A share whose parts are counted batch by batch.
#pragma once

#include <map>
#include <optional>
#include <string>

namespace lookbook {

// part / whole: of triplets, those that are active. Batches have unequal numbers of them, and some
// none, so that both are summed and divided once.
struct Share {
  double part = 0;
  double whole = 0;
};

// Nothing of nothing.
inline std::optional<double> ValueOf(const Share& share) {
  if (share.whole <= 0) return std::nullopt;
  return share.part / share.whole;
}

using Shares = std::map<std::string, Share>;

// Adds each of `more` to the share of that name.
inline void AddShares(const Shares& more, Shares* sums) {
  for (const auto& [name, share] : more) {
    (*sums)[name].part += share.part;
    (*sums)[name].whole += share.whole;
  }
}

// Writes each share's value under its name; one of nothing has none.
inline void ResolveShares(const Shares& shares, std::map<std::string, double>* values) {
  for (const auto& [name, share] : shares) {
    if (const auto value = ValueOf(share); value.has_value()) (*values)[name] = *value;
  }
}

}  // namespace lookbook
