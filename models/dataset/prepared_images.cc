#include "models/dataset/prepared_images.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "base/exception_fence.h"
#include "base/files.h"
#include "base/mutex.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "models/dataset/mapped_file.h"
#include "models/dataset/model_pixels.h"
#include "models/dataset/parallel.h"
#include "nlohmann/json.hpp"

namespace lookbook {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(UnreadableImage, row, why)

namespace {

using Json = nlohmann::json;

constexpr char kFormat[] = "lookbook prepared images 2";
constexpr size_t kHeaderBytes = 4096;
constexpr int64_t kPieceBytes = 64 << 20;
constexpr int kMaxSide = 8192;

size_t BytesOf(int side) { return size_t{3} * side * side; }

absl::string_view ModeName(ResizeMode mode) {
  switch (mode) {
    case ResizeMode::kSquish:
      return "squish";
    case ResizeMode::kPad:
      return "pad";
    case ResizeMode::kCrop:
      return "crop";
  }
  return "";
}

// Size and time of change of a file, and nothing for one that is not there.
std::string StateOf(const std::string& path) {
  struct stat facts = {};
  if (::stat(path.c_str(), &facts) != 0) return "";
  return absl::StrCat(facts.st_size, " ", facts.st_mtim.tv_sec, ".", facts.st_mtim.tv_nsec);
}

void AddStates(absl::Span<const ImageRecord> images, Sha256* hash) {
  for (const ImageRecord& image : images)
    hash->Update(absl::StrCat(image.id, " ", StateOf(image.path), "\n"));
}

// Writes one file front to back, hashing; the header comes last, into the room left for it.
class Writer {
 public:
  explicit Writer(std::string path) : path_(std::move(path)) {}
  ~Writer() {
    if (file_ == nullptr) return;
    std::fclose(file_);
    ::unlink(path_.c_str());
  }

  absl::Status Open() {
    file_ = std::fopen(path_.c_str(), "wb");
    if (file_ == nullptr) return Failure();
    return Put(std::string(kHeaderBytes, ' '));
  }
  absl::Status Append(absl::string_view bytes) {
    hash_.Update(bytes);
    return Put(bytes);
  }
  std::string HexDigest() { return hash_.HexDigest(); }
  absl::Status Finish(const std::string& header) {
    if (std::fseek(file_, 0, SEEK_SET) != 0) return Failure();
    LB_RETURN_IF_ERROR(Put(header));
    if (std::fclose(std::exchange(file_, nullptr)) != 0) return Failure();
    return SyncPath(path_);
  }

 private:
  absl::Status Put(absl::string_view bytes) {
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_) == bytes.size()) return absl::OkStatus();
    return Failure();
  }
  absl::Status Failure() const {
    return absl::UnavailableError(absl::StrCat(path_, ": ", std::strerror(errno)));
  }

  const std::string path_;
  std::FILE* file_ = nullptr;
  Sha256 hash_;
};

// Decodes rows [begin, end) into `out`, and adds those that it cannot to `unreadable`.
absl::Status DecodePiece(absl::Span<const ImageRecord> images, int64_t begin, int64_t end,
                         const PreprocessSpec& spec, const PrepareOptions& options,
                         std::string* out, std::vector<UnreadableImage>* unreadable) {
  const size_t bytes = BytesOf(spec.size);
  auto* const pixels = reinterpret_cast<uint8_t*>(out->data());
  Mutex mutex;  // Guards *unreadable.
  ParallelOptions parallel = {"prepare", options.threads, nullptr};
  if (options.progress) {
    parallel.progress = [&](int64_t done, int64_t) {
      options.progress(begin + done, static_cast<int64_t>(images.size()));
    };
  }
  return ParallelFor(end - begin, parallel, [&](int64_t i) -> absl::Status {
    const auto place = absl::MakeSpan(pixels + i * bytes, bytes);
    const absl::Status status = ReadModelPixels(images[begin + i].path, spec, place);
    if (status.ok() || absl::IsResourceExhausted(status)) return status;
    FillWithMean(spec, place);
    MutexLock lock(&mutex);
    unreadable->push_back({begin + i, std::string(status.message())});
    return absl::OkStatus();
  });
}

absl::Status WritePieces(absl::Span<const ImageRecord> images, const PreprocessSpec& spec,
                         const PrepareOptions& options, Writer* writer,
                         std::vector<UnreadableImage>* unreadable) {
  const auto count = static_cast<int64_t>(images.size());
  const auto bytes = static_cast<int64_t>(BytesOf(spec.size));
  const int64_t step = std::max<int64_t>(1, kPieceBytes / bytes);
  std::string piece;
  for (int64_t begin = 0; begin < count; begin += step) {
    const int64_t end = std::min(count, begin + step);
    piece.resize((end - begin) * bytes);
    LB_RETURN_IF_ERROR(DecodePiece(images, begin, end, spec, options, &piece, unreadable));
    LB_RETURN_IF_ERROR(writer->Append(piece));
  }
  std::sort(unreadable->begin(), unreadable->end(),
            [](const UnreadableImage& a, const UnreadableImage& b) { return a.row < b.row; });
  return absl::OkStatus();
}

absl::Status WriteAll(const std::string& temporary, const PreparedFile& file,
                      absl::Span<const ImageRecord> images, const PreprocessSpec& spec,
                      const PrepareOptions& options) {
  Writer writer(temporary);
  LB_RETURN_IF_ERROR(writer.Open());
  std::vector<UnreadableImage> unreadable;
  LB_RETURN_IF_ERROR(WritePieces(images, spec, options, &writer, &unreadable));
  const std::string trailer =
      Json{{"unreadable", unreadable}}.dump(-1, ' ', false, Json::error_handler_t::replace);
  LB_RETURN_IF_ERROR(writer.Append(trailer));
  std::string header = Json{
      {"format", kFormat},
      {"key", file.key},
      {"images", images.size()},
      {"side", spec.size},
      {"trailer_bytes", trailer.size()},
      {"sha256",
       writer.HexDigest()}}.dump();
  header.push_back('\n');
  header.resize(kHeaderBytes, ' ');
  return writer.Finish(header);
}

absl::Status Damaged(const PreparedFile& file, absl::string_view why) {
  return absl::DataLossError(absl::StrCat(file.path, " is damaged: ", why));
}

struct Header {
  int64_t trailer_bytes = 0;
  std::string sha256;
};

absl::StatusOr<Header> ReadHeader(const PreparedFile& file, absl::string_view bytes, int64_t images,
                                  int side) {
  if (bytes.size() < kHeaderBytes) return Damaged(file, "its header is cut");
  const absl::string_view line = bytes.substr(0, kHeaderBytes);
  const Json json = Json::parse(line.begin(), line.end(), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return Damaged(file, "its header is not JSON");
  try {
    if (json.at("format") != kFormat || json.at("key") != file.key || json.at("images") != images ||
        json.at("side") != side) {
      return absl::FailedPreconditionError(
          absl::StrCat(file.path, " is stale: made of other data, or for another size"));
    }
    return Header{json.at("trailer_bytes").get<int64_t>(), json.at("sha256").get<std::string>()};
  } catch (const Json::exception& e) {
    return Damaged(file, e.what());
  }
}

absl::StatusOr<std::vector<UnreadableImage>> ReadTrailer(const PreparedFile& file,
                                                         absl::string_view text) {
  const Json json = Json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  try {
    return json.at("unreadable").get<std::vector<UnreadableImage>>();
  } catch (const Json::exception& e) {
    return Damaged(file, e.what());
  }
}

}  // namespace

std::string PixelsKey(const FashionData& data, const PreprocessSpec& spec) {
  Sha256 hash;
  hash.Update(absl::StrCat(kFormat, "\n", data.sha256, "\n", spec.size, " ", ModeName(spec.resize),
                           " ", static_cast<int>(spec.interpolation), " ", spec.orientation, " ",
                           spec.min_scale_factor, " ", absl::StrJoin(spec.mean, " "), "\n"));
  AddStates(data.images, &hash);
  return hash.HexDigest();
}

std::string PicturesKey(absl::Span<const ImageRecord> images) {
  Sha256 hash;
  AddStates(images, &hash);
  return hash.HexDigest();
}

PreparedFile PreparedFileFor(const std::string& folder, const std::string& csv,
                             const FashionData& data, const PreprocessSpec& spec) {
  const std::string name =
      absl::StrCat(absl::StripSuffix(csv, ".csv"), "-", spec.size, "-", ModeName(spec.resize));
  return {JoinPath(folder, absl::StrCat(name, ".images")), PixelsKey(data, spec)};
}

absl::Status WritePreparedImages(const PreparedFile& file, absl::Span<const ImageRecord> images,
                                 const PreprocessSpec& spec, const PrepareOptions& options) {
  if (spec.size < 1 || spec.size > kMaxSide) {
    return absl::InvalidArgumentError(
        absl::StrCat("prepared images: size ", spec.size, " is not in 1 to ", kMaxSide));
  }
  LB_RETURN_IF_ERROR(MakeDirectories(file.path.substr(0, file.path.rfind('/'))));
  const std::string temporary = absl::StrCat(file.path, ".tmp.", ::getpid());
  LB_RETURN_IF_ERROR(CatchToStatus(
      "preparing images", [&] { return WriteAll(temporary, file, images, spec, options); }));
  return RenameDurably(temporary, file.path);
}

absl::StatusOr<PreparedImages> OpenPreparedImages(const PreparedFile& file, int64_t images,
                                                  int side) {
  LB_ASSIGN_OR_RETURN(const std::shared_ptr<const MappedFile> mapped, MappedFile::Open(file.path));
  const absl::string_view bytes = mapped->bytes();
  LB_ASSIGN_OR_RETURN(const Header header, ReadHeader(file, bytes, images, side));
  const int64_t pixel_bytes = images * static_cast<int64_t>(BytesOf(side));
  const int64_t behind = static_cast<int64_t>(bytes.size() - kHeaderBytes);
  if (header.trailer_bytes < 0 || behind - pixel_bytes != header.trailer_bytes) {
    return Damaged(file, absl::StrCat("it has ", behind, " bytes behind its header, not ",
                                      pixel_bytes, " + ", header.trailer_bytes));
  }
  if (Sha256Hex(bytes.substr(kHeaderBytes)) != header.sha256)
    return Damaged(file, "its SHA-256 is another");
  PreparedImages prepared;
  LB_ASSIGN_OR_RETURN(prepared.unreadable,
                      ReadTrailer(file, bytes.substr(kHeaderBytes + pixel_bytes)));
  prepared.cache = ImageCache::View(
      images, side, reinterpret_cast<const uint8_t*>(bytes.data()) + kHeaderBytes, mapped);
  return prepared;
}

absl::StatusOr<PreparedImages> OpenOrPrepareImages(const PreparedFile& file,
                                                   absl::Span<const ImageRecord> images,
                                                   const PreprocessSpec& spec,
                                                   const PrepareOptions& options) {
  const auto count = static_cast<int64_t>(images.size());
  absl::StatusOr<PreparedImages> found = OpenPreparedImages(file, count, spec.size);
  if (found.ok()) return found;
  const bool replaceable =
      absl::IsFailedPrecondition(found.status()) || absl::IsDataLoss(found.status());
  if (!replaceable && !absl::IsNotFound(found.status())) return found.status();
  if (replaceable && options.note) {
    options.note(absl::StrCat(found.status().message(), "; it is made again"));
  }
  LB_RETURN_IF_ERROR(WritePreparedImages(file, images, spec, options));
  LB_ASSIGN_OR_RETURN(PreparedImages prepared, OpenPreparedImages(file, count, spec.size));
  prepared.made = true;
  return prepared;
}

}  // namespace lookbook
