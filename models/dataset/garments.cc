#include "models/dataset/garments.h"

#include <zlib.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/status_macros.h"

namespace lookbook {
namespace {

// More than either file holds; a damaged header cannot ask for more memory than this.
constexpr uint32_t kMaxItems = 1'000'000;

struct CloseGz {
  void operator()(gzFile_s* file) const { gzclose(file); }
};

// A big-endian IDX file, gzipped or plain: zlib reads both.
class IdxFile {
 public:
  static absl::StatusOr<IdxFile> Open(const std::string& folder, const std::string& name) {
    std::string path = JoinPath(folder, name + ".gz");
    if (!PathExists(path)) path = JoinPath(folder, name);
    if (!PathExists(path)) {
      return absl::NotFoundError(absl::StrCat(
          path, "[.gz] is missing; on Debian the package dataset-fashion-mnist brings it"));
    }
    std::unique_ptr<gzFile_s, CloseGz> file(gzopen(path.c_str(), "rb"));
    if (file == nullptr) return absl::UnavailableError(absl::StrCat(path, " cannot be opened"));
    return IdxFile(std::move(path), std::move(file));
  }

  absl::Status Read(uint8_t* out, size_t bytes) {
    if (gzread(file_.get(), out, static_cast<unsigned>(bytes)) != static_cast<int>(bytes)) {
      return absl::DataLossError(absl::StrCat(path_, " is cut or damaged"));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<uint32_t> ReadWord() {
    uint8_t bytes[4];
    LB_RETURN_IF_ERROR(Read(bytes, sizeof(bytes)));
    return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | bytes[3];
  }

  absl::Status Expect(const char* what, uint32_t wanted) {
    LB_ASSIGN_OR_RETURN(const uint32_t value, ReadWord());
    if (value == wanted) return absl::OkStatus();
    return absl::DataLossError(
        absl::StrCat(path_, ": ", what, " is ", value, ", expected ", wanted));
  }

  absl::StatusOr<uint32_t> ReadCount() {
    LB_ASSIGN_OR_RETURN(const uint32_t count, ReadWord());
    if (count > 0 && count <= kMaxItems) return count;
    return absl::DataLossError(absl::StrCat(path_, ": a count of ", count, " items"));
  }

  // zlib checks its CRC, and misses a cut trailer, only at the end.
  absl::Status ExpectEnd() {
    uint8_t byte;
    const int count = gzread(file_.get(), &byte, 1);
    int error = Z_OK;
    gzerror(file_.get(), &error);
    if (count == 0 && error == Z_OK) return absl::OkStatus();
    return absl::DataLossError(absl::StrCat(path_, " is longer than its header says, or damaged"));
  }

 private:
  IdxFile(std::string path, std::unique_ptr<gzFile_s, CloseGz> file)
      : path_(std::move(path)), file_(std::move(file)) {}
  std::string path_;
  std::unique_ptr<gzFile_s, CloseGz> file_;
};

absl::StatusOr<std::vector<uint8_t>> ReadLabels(const std::string& folder,
                                                const std::string& name) {
  LB_ASSIGN_OR_RETURN(IdxFile file, IdxFile::Open(folder, name));
  LB_RETURN_IF_ERROR(file.Expect("the magic number", 0x801));
  LB_ASSIGN_OR_RETURN(const uint32_t count, file.ReadCount());
  std::vector<uint8_t> labels(count);
  LB_RETURN_IF_ERROR(file.Read(labels.data(), labels.size()));
  LB_RETURN_IF_ERROR(file.ExpectEnd());
  return labels;
}

absl::StatusOr<std::vector<uint8_t>> ReadPixels(const std::string& folder,
                                                const std::string& name) {
  LB_ASSIGN_OR_RETURN(IdxFile file, IdxFile::Open(folder, name));
  LB_RETURN_IF_ERROR(file.Expect("the magic number", 0x803));
  LB_ASSIGN_OR_RETURN(const uint32_t count, file.ReadCount());
  LB_RETURN_IF_ERROR(file.Expect("the height", kGarmentSide));
  LB_RETURN_IF_ERROR(file.Expect("the width", kGarmentSide));
  std::vector<uint8_t> pixels(size_t{count} * kGarmentPixels);
  LB_RETURN_IF_ERROR(file.Read(pixels.data(), pixels.size()));
  LB_RETURN_IF_ERROR(file.ExpectEnd());
  return pixels;
}

}  // namespace

absl::StatusOr<GarmentSet> GarmentSet::Load(const std::string& folder, GarmentPart part) {
  const std::string prefix = part == GarmentPart::kTrain ? "train" : "t10k";
  GarmentSet set;
  LB_ASSIGN_OR_RETURN(set.labels_, ReadLabels(folder, prefix + "-labels-idx1-ubyte"));
  LB_ASSIGN_OR_RETURN(set.pixels_, ReadPixels(folder, prefix + "-images-idx3-ubyte"));
  if (set.pixels_.size() != set.labels_.size() * kGarmentPixels) {
    return absl::DataLossError(absl::StrCat(folder, ": ", set.labels_.size(), " labels for ",
                                            set.pixels_.size() / kGarmentPixels, " garments"));
  }
  set.of_class_.resize(kGarmentClasses);
  for (int64_t i = 0; i < set.size(); ++i) {
    if (set.labels_[i] >= kGarmentClasses) {
      return absl::DataLossError(
          absl::StrCat(folder, ": garment ", i, " has class ", set.labels_[i]));
    }
    set.of_class_[set.labels_[i]].push_back(i);
  }
  for (int label = 0; label < kGarmentClasses; ++label) {
    if (set.of_class_[label].empty()) {
      return absl::DataLossError(absl::StrCat(folder, ": no garment of class ", label));
    }
  }
  return set;
}

}  // namespace lookbook
