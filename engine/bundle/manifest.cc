#include "engine/bundle/manifest.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/bundle/bundle_error.h"
#include "engine/bundle/calibration.h"
#include "engine/bundle/file_list.h"
#include "engine/index/index_spec.h"

namespace lookbook {
namespace {

constexpr uint32_t kMaxImageSize = 4096;
constexpr uint32_t kMinImageSize = 8;
constexpr uint32_t kMaxScaleFactor = 64;
constexpr uint32_t kMaxDim = 1 << 16;
// Without fractions and with "Z": one moment has one spelling.
constexpr char kCreatedFormat[] = "%Y-%m-%dT%H:%M:%SZ";
constexpr size_t kCreatedLength = 20;  // Of the years 1000 to 9999: a bundle id has room for them.

struct ResizeName {
  ResizeMode mode;
  const char* name;
};
constexpr ResizeName kResizeNames[] = {
    {ResizeMode::kSquish, "squish"}, {ResizeMode::kPad, "pad"}, {ResizeMode::kCrop, "crop"}};

struct InterpolationName {
  Interpolation interpolation;
  const char* name;
};
constexpr InterpolationName kInterpolationNames[] = {{Interpolation::kArea, "area"},
                                                     {Interpolation::kBilinear, "bilinear"}};

template <typename... Parts>
absl::Status Bad(const Parts&... message) {
  return BundleError("manifest", kManifestFile, ": ", message...);
}

absl::Status CheckChannels(const google::protobuf::RepeatedField<float>& values,
                           absl::string_view field, bool positive) {
  if (values.size() != 3)
    return Bad("preprocess.", field, " has ", values.size(), " values, not 3");
  for (float value : values) {
    if (!std::isfinite(value) || (positive && value <= 0)) {
      return Bad("preprocess.", field, " holds ", value, positive ? ", which is not above 0" : "");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckHead(const Manifest& manifest) {
  if (manifest.format_version() != kBundleFormatVersion) {
    return Bad("format_version ", manifest.format_version(), " is not ", kBundleFormatVersion,
               ", the one that this build reads");
  }
  LB_RETURN_IF_ERROR(ParseCreated(manifest.created()).status());
  if (!manifest.has_preprocess()) return Bad("preprocess is missing");
  LB_RETURN_IF_ERROR(ToPreprocessSpec(manifest.preprocess()).status());
  if (manifest.embedding_dim() < 1 || manifest.embedding_dim() > kMaxDim) {
    return Bad("embedding_dim ", manifest.embedding_dim(), " is not in 1 to ", kMaxDim);
  }
  if (manifest.metric() != "inner_product") {
    return Bad("metric \"", manifest.metric(), "\" is not \"inner_product\"");
  }
  if (manifest.item_count() == 0) return Bad("item_count is 0");
  return absl::OkStatus();
}

absl::Status CheckClasses(const Manifest& manifest) {
  if (manifest.classes().empty()) return Bad("classes is empty");
  std::set<uint32_t> ids;
  for (const auto& entry : manifest.classes()) {
    if (!ids.insert(entry.id()).second) return Bad("classes: id ", entry.id(), " stands twice");
    if (entry.name().empty()) return Bad("classes: id ", entry.id(), " has no name");
    if (!(entry.threshold() >= 0 && entry.threshold() <= 1)) {
      return Bad("classes: id ", entry.id(), " has threshold ", entry.threshold(),
                 ", not in 0 to 1");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckAttributes(const Manifest& manifest) {
  if (manifest.scores_attributes() && manifest.attributes().empty()) {
    return Bad("scores_attributes is set, but attributes is empty");
  }
  std::set<uint32_t> ids;
  for (const auto& entry : manifest.attributes()) {
    if (!ids.insert(entry.id()).second) return Bad("attributes: id ", entry.id(), " stands twice");
    if (entry.name().empty()) return Bad("attributes: id ", entry.id(), " has no name");
  }
  return absl::OkStatus();
}

bool IsSha256(absl::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f');
         });
}

absl::Status CheckFiles(const Manifest& manifest) {
  std::set<std::string> names;
  const std::string* last = nullptr;
  for (const auto& file : manifest.files()) {
    if (!IsSafeFileName(file.name()))
      return Bad("files: the name \"", absl::CHexEscape(file.name()), "\" is refused");
    if (file.name() == kManifestFile || file.name() == kSignatureFile)
      return Bad("files lists ", file.name(), " itself");
    if (last != nullptr && file.name() <= *last) {
      return Bad("files is not sorted by name: ", file.name(), " after ", *last);
    }
    if (!IsSha256(file.sha256())) {
      return Bad("files: ", file.name(), " has sha256 \"", absl::CHexEscape(file.sha256()),
                 "\", not 64 lower-case hex digits");
    }
    names.insert(file.name());
    last = &file.name();
  }
  for (const std::string& name : {std::string(kModelFile), std::string(kItemsFile),
                                  std::string(kGoldenFile), manifest.index().file()}) {
    if (names.count(name) == 0) return Bad("files does not list \"", absl::CHexEscape(name), "\"");
  }
  return absl::OkStatus();
}

absl::Status CheckIndex(const Manifest& manifest) {
  const bundle::v1::Index& index = manifest.index();
  const absl::StatusOr<IndexSpec> spec = ParseIndexSpec(index.spec());
  if (!spec.ok()) return Bad("index.spec: ", spec.status().message());
  const absl::Status search = ParseSearchEffort(*spec, index.search()).status();
  if (!search.ok()) return Bad("index.search: ", search.message());
  if (!index.has_recall_at_10()) {
    if (!index.has_recall_queries() && !index.has_recall_source()) return absl::OkStatus();
    return Bad("index.recall_at_10 is missing beside recall_queries or recall_source");
  }
  if (!(index.recall_at_10() >= 0 && index.recall_at_10() <= 1)) {
    return Bad("index.recall_at_10 ", index.recall_at_10(), " is not in 0 to 1");
  }
  if (index.recall_queries() == 0) return Bad("index.recall_queries is 0");
  if (index.recall_source().empty()) return Bad("index.recall_source is empty");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Manifest> ParseManifest(absl::string_view json) {
  Manifest manifest;
  google::protobuf::util::JsonParseOptions options;  // Unknown fields are refused by default.
  const auto status = google::protobuf::util::JsonStringToMessage(
      google::protobuf::StringPiece(json.data(), json.size()), &manifest, options);
  if (!status.ok()) return Bad(std::string(status.message()));
  LB_RETURN_IF_ERROR(CheckHead(manifest));
  LB_RETURN_IF_ERROR(CheckClasses(manifest));
  LB_RETURN_IF_ERROR(CheckAttributes(manifest));
  LB_RETURN_IF_ERROR(CheckCalibration(manifest));
  LB_RETURN_IF_ERROR(CheckIndex(manifest));
  LB_RETURN_IF_ERROR(CheckFiles(manifest));
  return manifest;
}

absl::StatusOr<std::string> ManifestToJson(const Manifest& manifest) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.always_print_primitive_fields = true;  // "id": 0 is a value, not an absence.
  options.preserve_proto_field_names = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(manifest, &json, options);
  if (!status.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(kManifestFile, ": ", std::string(status.message())));
  }
  return json;
}

absl::StatusOr<absl::Time> ParseCreated(absl::string_view created) {
  absl::Time time;
  std::string error;
  if (created.size() != kCreatedLength || !absl::ascii_isdigit(created[0]) ||
      !absl::ParseTime(kCreatedFormat, created, absl::UTCTimeZone(), &time, &error) ||
      FormatCreated(time) != created) {
    return Bad("created \"", absl::CHexEscape(created),
               "\" is not of the form 2026-11-23T10:15:00Z");
  }
  return time;
}

std::string FormatCreated(absl::Time created) {
  return absl::FormatTime(kCreatedFormat, created, absl::UTCTimeZone());
}

absl::StatusOr<PreprocessSpec> ToPreprocessSpec(const bundle::v1::Preprocess& proto) {
  PreprocessSpec spec;
  if (proto.size() < kMinImageSize || proto.size() > kMaxImageSize) {
    return Bad("preprocess.size ", proto.size(), " is not in ", kMinImageSize, " to ",
               kMaxImageSize);
  }
  spec.size = static_cast<int>(proto.size());
  const auto resize =
      std::find_if(std::begin(kResizeNames), std::end(kResizeNames),
                   [&](const ResizeName& known) { return proto.resize() == known.name; });
  if (resize == std::end(kResizeNames)) {
    return Bad("preprocess.resize \"", absl::CHexEscape(proto.resize()),
               "\" is not squish, pad or crop");
  }
  spec.resize = resize->mode;
  const auto interpolation = std::find_if(
      std::begin(kInterpolationNames), std::end(kInterpolationNames),
      [&](const InterpolationName& known) { return proto.interpolation() == known.name; });
  if (interpolation == std::end(kInterpolationNames)) {
    return Bad("preprocess.interpolation \"", absl::CHexEscape(proto.interpolation()),
               "\" is not area or bilinear");
  }
  spec.interpolation = interpolation->interpolation;
  LB_RETURN_IF_ERROR(CheckChannels(proto.mean(), "mean", /*positive=*/false));
  LB_RETURN_IF_ERROR(CheckChannels(proto.std(), "std", /*positive=*/true));
  std::copy(proto.mean().begin(), proto.mean().end(), spec.mean.begin());
  std::copy(proto.std().begin(), proto.std().end(), spec.std.begin());
  spec.orientation = proto.orientation();
  if (proto.min_scale_factor() > kMaxScaleFactor) {
    return Bad("preprocess.min_scale_factor ", proto.min_scale_factor(), " is above ",
               kMaxScaleFactor);
  }
  spec.min_scale_factor = static_cast<int>(proto.min_scale_factor());
  return spec;
}

bundle::v1::Preprocess ToProto(const PreprocessSpec& spec) {
  bundle::v1::Preprocess proto;
  proto.set_size(static_cast<uint32_t>(spec.size));
  for (const ResizeName& known : kResizeNames) {
    if (known.mode == spec.resize) proto.set_resize(known.name);
  }
  for (const InterpolationName& known : kInterpolationNames) {
    if (known.interpolation == spec.interpolation) proto.set_interpolation(known.name);
  }
  proto.mutable_mean()->Add(spec.mean.begin(), spec.mean.end());
  proto.mutable_std()->Add(spec.std.begin(), spec.std.end());
  proto.set_orientation(spec.orientation);
  proto.set_min_scale_factor(static_cast<uint32_t>(spec.min_scale_factor));
  return proto;
}

}  // namespace lookbook
