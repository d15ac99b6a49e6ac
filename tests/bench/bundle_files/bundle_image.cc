#include "tests/bench/bundle_files/bundle_image.h"

#include <filesystem>
#include <fstream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/files.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "engine/bundle/file_list.h"

namespace lookbook {
namespace {

// Unsynced: nothing here has to survive.
absl::Status WritePlain(const std::string& path, const std::string& bytes) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  file.close();
  return file ? absl::OkStatus() : absl::InternalError(absl::StrCat("cannot write ", path));
}

}  // namespace

Manifest BundleImage::ReadManifest() const { return *ParseManifest(files.at(kManifestFile)); }

void BundleImage::Seal(const Manifest& manifest) {
  SealText(*ManifestToJson(manifest), manifest.created());
}

void BundleImage::SealText(const std::string& json, const std::string& created) {
  files[kManifestFile] = json;
  const std::string sha256 = Sha256Hex(json);
  const absl::Time time = ParseCreated(created).value_or(absl::FromUnixSeconds(1795428900));
  id = MakeBundleId(time, sha256);
  current = absl::StrCat(id, " ", sha256, "\n");
}

void BundleImage::FillFiles(Manifest* manifest) const {
  manifest->clear_files();
  for (const auto& [name, bytes] : files) {
    if (name == kManifestFile) continue;
    auto* entry = manifest->add_files();
    entry->set_name(name);
    entry->set_bytes(bytes.size());
    entry->set_sha256(Sha256Hex(bytes));
  }
}

absl::StatusOr<BundleImage> ReadBundleImage(const std::string& root) {
  BundleImage image;
  LB_ASSIGN_OR_RETURN(image.current, ReadFile(JoinPath(root, kCurrentFile)));
  LB_ASSIGN_OR_RETURN(const CurrentFile current, ReadCurrent(root));
  image.id = current.bundle_id;
  const std::string directory = JoinPath(root, image.id);
  LB_ASSIGN_OR_RETURN(const std::vector<BundleFile> files, ListBundleFiles(directory));
  for (const BundleFile& file : files) {
    LB_ASSIGN_OR_RETURN(image.files[file.name], ReadFile(JoinPath(directory, file.name)));
  }
  return image;
}

absl::Status WriteBundleImage(const BundleImage& image, const std::string& root,
                              bool with_current) {
  const std::string directory = JoinPath(root, image.id);
  LB_RETURN_IF_ERROR(MakeDirectories(directory));
  for (const auto& [name, bytes] : image.files)
    LB_RETURN_IF_ERROR(WritePlain(JoinPath(directory, name), bytes));
  return with_current ? WritePlain(JoinPath(root, kCurrentFile), image.current) : absl::OkStatus();
}

}  // namespace lookbook
