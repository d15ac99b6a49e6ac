// manifest.json of a bundle.
#include <google/protobuf/util/field_comparator.h>
#include <google/protobuf/util/message_differencer.h>

#include <limits>

#include "engine/bundle/calibration.h"
#include "engine/bundle/file_list.h"
#include "engine/bundle/manifest.h"
#include "tests/fuzz/fuzz_target.h"

namespace lookbook {
namespace {

// `evaluation` may hold any number, NaN too.
bool AreEqual(const google::protobuf::Message& a, const google::protobuf::Message& b) {
  google::protobuf::util::DefaultFieldComparator comparator;
  comparator.set_treat_nan_as_equal(true);
  google::protobuf::util::MessageDifferencer differencer;
  differencer.set_field_comparator(&comparator);
  return differencer.Compare(a, b);
}

void RequireCalibrated(const Manifest& manifest) {
  float last = 0;
  for (const float similarity : {-2.0f, -1.0f, -0.3f, 0.0f, 0.5f, 1.0f, 2.0f}) {
    const float probability = RelevanceProbability(manifest, similarity).value_or(last);
    Require(probability >= last && probability <= 1, "probabilities rise from 0 to 1");
    last = probability;
  }
  Require(NoveltyBound(manifest).has_value() == manifest.has_calibration(),
          "a calibrated bundle knows what is novel");
  double share = 0;
  for (const double bound : manifest.calibration().top1_similarity().upper_bounds()) {
    const double up_to = BaselineShare(manifest, bound).value_or(-1);
    Require(up_to >= share && up_to <= 1, "shares rise from 0 to 1");
    share = up_to;
  }
  constexpr double kNoBound = std::numeric_limits<double>::quiet_NaN();
  Require(!BaselineShare(manifest, kNoBound).has_value(), "only bounds have a share");
}

void RequireSound(const Manifest& manifest) {
  for (const auto& file : manifest.files()) {
    Require(IsSafeFileName(file.name()), "no file leaves the bundle's folder");
  }
  const absl::StatusOr<absl::Time> created = ParseCreated(manifest.created());
  Require(created.ok(), "the time of creation is one");
  Require(IsBundleId(MakeBundleId(*created, std::string(64, 'a'))), "it makes a bundle's name");
  const absl::StatusOr<PreprocessSpec> preprocess = ToPreprocessSpec(manifest.preprocess());
  Require(preprocess.ok(), "the preprocessing is one");
  Require(AreEqual(ToProto(*preprocess), manifest.preprocess()), "and is kept whole");
  RequireCalibrated(manifest);
}

void RequireSameAgain(const Manifest& manifest) {
  const absl::StatusOr<std::string> json = ManifestToJson(manifest);
  Require(json.ok(), "what was read can be written");
  const absl::StatusOr<Manifest> again = ParseManifest(*json);
  Require(again.ok(), "what was written can be read");
  Require(AreEqual(manifest, *again), "writing and reading change nothing");
}

void Check(absl::string_view json) {
  const absl::StatusOr<Manifest> manifest = ParseManifest(json);
  if (manifest.ok()) {
    RequireSound(*manifest);
    return RequireSameAgain(*manifest);
  }
  RequireCode(manifest.status(), absl::StatusCode::kDataLoss);
  Require(GetReason(manifest.status()) == "manifest", "a refusal says manifest");
}

}  // namespace
}  // namespace lookbook

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  lookbook::Check(lookbook::AsText(data, size));
  return 0;
}
