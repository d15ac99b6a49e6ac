#include "tests/bench/bundle_files/mutant.h"

#include <algorithm>
#include <random>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/bench/bundle_files/manifest_edits.h"

namespace lookbook {
namespace {

using Random = std::mt19937_64;

size_t Below(Random* random, size_t bound) { return (*random)() % bound; }

// Names of files that are there and not empty.
std::vector<std::string> NamesOf(const BundleImage& image) {
  std::vector<std::string> names;
  for (const auto& [name, bytes] : image.files) {
    if (!bytes.empty()) names.push_back(name);
  }
  return names;
}

std::string Pick(const std::vector<std::string>& names, Random* random) {
  return names[Below(random, names.size())];
}

std::string FlipBit(std::string* bytes, Random* random) {
  const size_t at = Below(random, bytes->size()), bit = Below(random, 8);
  (*bytes)[at] = static_cast<char>((*bytes)[at] ^ (1 << bit));
  return absl::StrCat("bit ", bit, " of byte ", at);
}

std::string CutShort(std::string* bytes, Random* random) {
  bytes->resize(Below(random, bytes->size()));
  return absl::StrCat("cut to ", bytes->size());
}

std::string Extend(std::string* bytes, Random* random) {
  const size_t more = 1 + Below(random, 4096);
  bytes->append(more, static_cast<char>((*random)()));
  return absl::StrCat(more, " bytes more");
}

// Leaves nothing as it was.
std::string InvertBlock(std::string* bytes, Random* random) {
  const size_t at = Below(random, bytes->size());
  const size_t size = std::min(bytes->size() - at, 1 + Below(random, 512));
  for (size_t i = at; i < at + size; ++i) (*bytes)[i] = static_cast<char>(~(*bytes)[i]);
  return absl::StrCat(size, " bytes from ", at, " inverted");
}

std::string Damage(std::string* bytes, Random* random) {
  switch (Below(random, 8)) {
    case 0:
      return CutShort(bytes, random);
    case 1:
      return Extend(bytes, random);
    case 2:
      return InvertBlock(bytes, random);
    default:
      return FlipBit(bytes, random);
  }
}

std::string DamageCurrent(const BundleImage& other, BundleImage* image, Random* random) {
  if (Below(random, 4) == 0) {
    image->current = other.current;  // Names a bundle that is not there.
    return "CURRENT of another root";
  }
  return absl::StrCat("CURRENT: ", Damage(&image->current, random));
}

std::string TakeFromOther(const BundleImage& other, BundleImage* image, Random* random) {
  std::vector<std::string> names;
  for (const auto& [name, bytes] : other.files) {
    if (image->files.count(name) > 0 && image->files.at(name) != bytes) names.push_back(name);
  }
  const std::string name = Pick(names, random);
  image->files[name] = other.files.at(name);
  return absl::StrCat(name, " of another bundle");
}

std::string Exchange(BundleImage* image, Random* random) {
  const std::vector<std::string> names = NamesOf(*image);
  const std::string first = Pick(names, random);
  std::string second = first;
  while (image->files.at(second) == image->files.at(first)) second = Pick(names, random);
  std::swap(image->files.at(first), image->files.at(second));
  return absl::StrCat(first, " and ", second, " exchanged");
}

std::string AddFile(BundleImage* image, Random* random) {
  const std::string name = Pick({"notes.txt", "items.sqlite-wal", "items.sqlite-journal", ".hidden",
                                 "golden/more.jpg", "more/model.ts", "manifest.json.bak"},
                                random);
  image->files[name] = std::string(Below(random, 100), 'x');
  return absl::StrCat(name, " added");
}

std::string LoseFile(BundleImage* image, Random* random) {
  const std::string name = Pick(NamesOf(*image), random);
  image->files.erase(name);
  return absl::StrCat(name, " lost");
}

std::string MakeRaw(const BundleImage& other, BundleImage* image, Random* random) {
  switch (Below(random, 10)) {
    case 0:
      return DamageCurrent(other, image, random);
    case 1:
      return TakeFromOther(other, image, random);
    case 2:
      return Exchange(image, random);
    case 3:
      return AddFile(image, random);
    case 4:
      return LoseFile(image, random);
    default: {
      const std::string name = Pick(NamesOf(*image), random);
      return absl::StrCat(name, ": ", Damage(&image->files.at(name), random));
    }
  }
}

std::string EditManifest(const std::vector<ManifestEdit>& edits, BundleImage* image,
                         Random* random) {
  Manifest manifest = image->ReadManifest();
  const ManifestEdit& edit = edits[Below(random, edits.size())];
  edit.apply(&manifest);
  image->Seal(manifest);
  return edit.what;
}

std::string MakeFree(BundleImage* image, Random* random) {
  if (Below(random, 4) != 0) return EditManifest(FreeEdits(), image, random);
  const Manifest manifest = image->ReadManifest();
  image->SealText(
      absl::StrCat("\n ", image->files.at(kManifestFile), std::string(1 + Below(random, 100), ' ')),
      manifest.created());
  return "white space around the manifest";
}

std::string MakeContent(BundleImage* image, Random* random) {
  Manifest manifest = image->ReadManifest();
  std::vector<std::string> names = NamesOf(*image);
  names.erase(std::find(names.begin(), names.end(), std::string(kManifestFile)));
  const std::string name = Pick(names, random);
  std::string* bytes = &image->files.at(name);
  std::string what = absl::StrCat(name, ", sealed: ", Damage(bytes, random));
  for (size_t more = Below(random, 4); more > 0 && !bytes->empty(); --more)
    absl::StrAppend(&what, ", ", FlipBit(bytes, random));
  image->FillFiles(&manifest);
  image->Seal(manifest);
  return what;
}

}  // namespace

const char* MutantKindName(MutantKind kind) {
  switch (kind) {
    case MutantKind::kRaw:
      return "raw";
    case MutantKind::kRule:
      return "rule";
    case MutantKind::kContent:
      return "content";
    case MutantKind::kFree:
      return "free";
  }
  return "";
}

Mutant MakeMutant(const BundleImage& good, const BundleImage& other, uint64_t n, uint64_t seed) {
  std::seed_seq numbers{seed, n};
  Random random(numbers);
  Mutant mutant;
  mutant.image = good;
  const size_t draw = n % 10;
  if (draw < 6) {
    mutant.kind = MutantKind::kRaw;
    mutant.what = MakeRaw(other, &mutant.image, &random);
  } else if (draw < 7) {
    mutant.kind = MutantKind::kRule;
    mutant.what = EditManifest(RuleEdits(), &mutant.image, &random);
  } else if (draw < 9) {
    mutant.kind = MutantKind::kContent;
    mutant.what = MakeContent(&mutant.image, &random);
  } else {
    mutant.kind = MutantKind::kFree;
    mutant.what = MakeFree(&mutant.image, &random);
  }
  return mutant;
}

}  // namespace lookbook
