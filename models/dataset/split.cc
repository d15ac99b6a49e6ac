#include "models/dataset/split.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "models/dataset/random.h"
#include "models/dataset/stratify.h"
#include "nlohmann/json.hpp"

namespace lookbook {
namespace {

using Json = nlohmann::json;

constexpr char kGrouped[] = "group_near_duplicates";
constexpr std::array<const char*, 3> kPartNames = {"train", "validation", "test"};

struct SplitSpec {
  bool stratified = false;
  std::vector<double> shares;  // Train, validation[, test]; add up to 1.
};

absl::Status BadSplit(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("split \"", text, "\": ", why,
                   "; allowed: \"all\", \"random 80/20\", \"stratified 80/10/10\" and the like"));
}

absl::StatusOr<SplitSpec> ParseSplit(absl::string_view text) {
  if (text == "all") return SplitSpec{false, {1.0}};
  const std::vector<absl::string_view> words = absl::StrSplit(text, ' ', absl::SkipEmpty());
  if (words.size() != 2) return BadSplit(text, "expected a method and percentages");
  if (words[0] != "random" && words[0] != "stratified") return BadSplit(text, "unknown method");
  SplitSpec spec = {words[0] == "stratified", {}};
  int sum = 0;
  for (absl::string_view word : absl::StrSplit(words[1], '/')) {
    int percent = 0;
    if (!absl::SimpleAtoi(word, &percent) || percent < 1 || percent > 99) {
      return BadSplit(text, "each part is a whole percentage from 1 to 99");
    }
    sum += percent;
    spec.shares.push_back(percent / 100.0);
  }
  if (spec.shares.size() < 2 || spec.shares.size() > 3)
    return BadSplit(text, "expected two or three parts");
  if (sum != 100) return BadSplit(text, absl::StrCat("the parts add up to ", sum, ", not 100"));
  return spec;
}

// Images that are dealt together: one, or a group. In the order of their first image.
struct Hands {
  std::vector<std::vector<int64_t>> images;
  std::vector<int64_t> sizes;
};

Hands MakeHands(int64_t count, absl::Span<const int64_t> groups) {
  Hands out;
  absl::flat_hash_map<int64_t, size_t> hand_of;
  for (int64_t i = 0; i < count; ++i) {
    const auto [hand, is_new] = hand_of.emplace(groups.empty() ? i : groups[i], out.images.size());
    if (is_new) out.images.emplace_back();
    out.images[hand->second].push_back(i);
  }
  for (const std::vector<int64_t>& images : out.images) out.sizes.push_back(std::ssize(images));
  return out;
}

// The classes of a hand's images together.
std::vector<std::vector<int>> ClassesOf(const Hands& hands, const FashionData& data) {
  std::vector<std::vector<int>> out;
  for (const std::vector<int64_t>& images : hands.images) {
    std::vector<int>& classes = out.emplace_back();
    for (const int64_t image : images) {
      const std::vector<int>& more = data.images[image].classes;
      classes.insert(classes.end(), more.begin(), more.end());
    }
    std::sort(classes.begin(), classes.end());
    classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
  }
  return out;
}

// Cuts a shuffled list at the rounded running sums, so that the sizes are exact to one, or to a
// group.
std::vector<int> DealAtRandom(absl::Span<const int64_t> sizes, absl::Span<const double> shares,
                              uint64_t seed) {
  const int64_t count = std::accumulate(sizes.begin(), sizes.end(), int64_t{0});
  std::vector<int64_t> order(sizes.size());
  std::iota(order.begin(), order.end(), 0);
  Random(seed).Shuffle(&order);
  std::vector<int> part(sizes.size());
  double share = shares[0];
  int p = 0;
  int64_t dealt = 0;
  for (const int64_t hand : order) {
    while (p + 1 < static_cast<int>(shares.size()) && dealt >= std::llround(share * count))
      share += shares[++p];
    part[hand] = p;
    dealt += sizes[hand];
  }
  return part;
}

std::vector<int64_t>* PartOf(Split* split, int part) {
  const std::array<std::vector<int64_t>*, 3> parts = {&split->train, &split->validation,
                                                      &split->test};
  return parts[part];
}

// Reads one part's ids into part_of_image, which holds -1 where no part was seen.
absl::Status ReadPart(const Json& document, int part,
                      const absl::flat_hash_map<std::string, int64_t>& index,
                      std::vector<int>* part_of_image) {
  const auto ids = document.find(kPartNames[part]);
  if (ids == document.end() || !ids->is_array()) {
    return absl::InvalidArgumentError(absl::StrCat("split: no list \"", kPartNames[part], "\""));
  }
  for (const Json& id : *ids) {
    if (!id.is_string()) {
      return absl::InvalidArgumentError(
          absl::StrCat("split: ", kPartNames[part], " holds what is no image id"));
    }
    const auto image = index.find(id.get_ref<const std::string&>());
    if (image == index.end()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "split: image ", id.get_ref<const std::string&>(), " is not in the data set"));
    }
    if ((*part_of_image)[image->second] >= 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("split: image ", image->first, " comes twice"));
    }
    (*part_of_image)[image->second] = part;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Split> MakeSplit(absl::string_view text, const FashionData& data, int64_t seed,
                                absl::Span<const int64_t> groups) {
  LB_ASSIGN_OR_RETURN(const SplitSpec spec, ParseSplit(text));
  const auto count = static_cast<int64_t>(data.images.size());
  if (count == 0) return absl::InvalidArgumentError("split: the data set has no image");
  if (!groups.empty() && std::ssize(groups) != count) {
    return absl::InvalidArgumentError(
        absl::StrCat("split: ", groups.size(), " groups for ", count, " images"));
  }
  const Hands hands = MakeHands(count, groups);
  const std::vector<int> part_of_hand =
      spec.stratified
          ? Stratify(ClassesOf(hands, data), static_cast<int>(data.labels.classes.size()),
                     spec.shares, seed, hands.sizes)
          : DealAtRandom(hands.sizes, spec.shares, seed);
  std::vector<int> part(count);
  for (size_t hand = 0; hand < hands.images.size(); ++hand) {
    for (const int64_t image : hands.images[hand]) part[image] = part_of_hand[hand];
  }
  Split split;
  split.near_duplicates_grouped = !groups.empty();
  for (int64_t i = 0; i < count; ++i) PartOf(&split, part[i])->push_back(i);
  if (split.train.empty())
    return BadSplit(text, absl::StrCat("nothing to train on among ", count, " images"));
  return split;
}

std::string SplitToJson(const Split& split, const FashionData& data) {
  const auto ids = [&](const std::vector<int64_t>& images) {
    Json list = Json::array();
    for (int64_t image : images) list.push_back(data.images[image].id);
    return list;
  };
  Json document = {{"train", ids(split.train)},
                   {"validation", ids(split.validation)},
                   {"test", ids(split.test)}};
  // Only where it is so: other splits keep their text, and with it their hash.
  if (split.near_duplicates_grouped) document[kGrouped] = true;
  return document.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

absl::StatusOr<Split> SplitFromJson(absl::string_view json, const FashionData& data) {
  const Json document = Json::parse(json.begin(), json.end(), nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) return absl::InvalidArgumentError("split: not a JSON object");
  absl::flat_hash_map<std::string, int64_t> index;
  for (size_t i = 0; i < data.images.size(); ++i)
    index[data.images[i].id] = static_cast<int64_t>(i);
  std::vector<int> part(data.images.size(), -1);
  for (int p = 0; p < static_cast<int>(kPartNames.size()); ++p) {
    LB_RETURN_IF_ERROR(ReadPart(document, p, index, &part));
  }
  Split split;
  split.near_duplicates_grouped = document.value(kGrouped, Json(false)) == Json(true);
  for (size_t i = 0; i < part.size(); ++i) {
    if (part[i] < 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          "split: image ", data.images[i].id, " is in no part: this split is of another data set"));
    }
    PartOf(&split, part[i])->push_back(static_cast<int64_t>(i));
  }
  return split;
}

}  // namespace lookbook
