// The names behind the class and attribute ids of one bundle.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lookbook/v1/catalog.pb.h"

namespace lookbook {

// Immutable.
class ClassNames {
 public:
  ClassNames() = default;
  explicit ClassNames(const v1::ListClassesResponse& response);

  const std::string& bundle_id() const { return bundle_id_; }

  // "class 7" and "attribute 7" when the bundle knows no such id.
  std::string ClassName(uint32_t id) const;
  std::string AttributeName(uint32_t id) const;

  // An id in digits, or a name in any case. Where a name lists alternatives
  // ("top, t-shirt, sweatshirt"), one of them is enough if no other class has it.
  // InvalidArgument names the text and what else it could have been.
  absl::StatusOr<uint32_t> FindClass(absl::string_view text) const;
  absl::StatusOr<uint32_t> FindAttribute(absl::string_view text) const;

 private:
  using Names = std::map<uint32_t, std::string>;
  static absl::StatusOr<uint32_t> Find(const Names& names, absl::string_view what,
                                       absl::string_view text);

  std::string bundle_id_;
  Names classes_;
  Names attributes_;
};

// |a ∩ b| / |a ∪ b| of two sets of ids; 0 when both are empty. Repeated ids count once.
double Jaccard(const std::vector<uint32_t>& a, const std::vector<uint32_t>& b);

}  // namespace lookbook
