#include "models/indexing/corpus_embedder.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/prefix.h"
#include "base/reason.h"
#include "base/status_macros.h"
#include "engine/image/decode.h"
#include "engine/image/thumbnail.h"
#include "models/dataset/parallel.h"

namespace lookbook {
namespace {

struct PreparedImage {
  std::vector<float> tensor;
  std::string thumbnail;
};

absl::StatusOr<PreparedImage> Prepare(const std::string& path, const PreprocessSpec& spec,
                                      bool thumbnail) {
  DecodeOptions options;
  options.min_short_side = spec.MinDecodedSide();
  options.apply_orientation = spec.orientation;
  LB_ASSIGN_OR_RETURN(const uint64_t size, FileSize(path));
  if (size > options.limits.max_bytes) {
    return InvalidArgument("image_too_large",
                           absl::StrCat(size, " bytes are more than ", options.limits.max_bytes));
  }
  LB_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  LB_ASSIGN_OR_RETURN(const DecodedImage decoded, DecodeImage(bytes, options));
  PreparedImage out;
  out.tensor.resize(spec.TensorSize());
  LB_RETURN_IF_ERROR(Preprocess(decoded.image, spec, absl::MakeSpan(out.tensor)));
  if (thumbnail) {
    LB_ASSIGN_OR_RETURN(out.thumbnail, MakeThumbnail(decoded.image));
  }
  return out;
}

// False: the machine or the caller, not the file, is why it was not read. The next image would fare
// no better, or this one would be fine a second later: an index must not silently lack it.
bool IsPicturesFault(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return false;
    default:
      return true;
  }
}

// One batch of the corpus; images that cannot be read are noted, not fatal.
absl::Status EmbedBatch(absl::Span<const ImageRecord> images, int64_t first, int64_t count,
                        const PreprocessSpec& spec, const Embedder& embedder, bool thumbnails,
                        EmbeddedCorpus* out) {
  std::vector<float> tensors;
  tensors.reserve(count * spec.TensorSize());
  for (int64_t i = first; i < first + count; ++i) {
    absl::StatusOr<PreparedImage> prepared = Prepare(images[i].path, spec, thumbnails);
    if (!prepared.ok() && !IsPicturesFault(prepared.status())) {
      return WithPrefix(images[i].id, prepared.status());
    }
    if (!prepared.ok()) {
      out->unreadable.push_back(absl::StrCat(images[i].id, ": ", prepared.status().message()));
      continue;
    }
    tensors.insert(tensors.end(), prepared->tensor.begin(), prepared->tensor.end());
    out->images.push_back(i);
    if (thumbnails) out->thumbnails.push_back(std::move(prepared->thumbnail));
  }
  if (out->images.empty()) return absl::OkStatus();
  LB_ASSIGN_OR_RETURN(Embeddings embeddings, embedder.Embed(tensors));
  out->vectors = std::move(embeddings.vectors);
  out->scores = std::move(embeddings.scores);
  out->attribute_scores = std::move(embeddings.attribute_scores);
  return absl::OkStatus();
}

template <typename T>
void AppendTo(std::vector<T>&& from, std::vector<T>* to) {
  to->insert(to->end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

void Append(EmbeddedCorpus&& from, EmbeddedCorpus* to) {
  AppendTo(std::move(from.images), &to->images);
  AppendTo(std::move(from.vectors), &to->vectors);
  AppendTo(std::move(from.scores), &to->scores);
  AppendTo(std::move(from.attribute_scores), &to->attribute_scores);
  AppendTo(std::move(from.thumbnails), &to->thumbnails);
  AppendTo(std::move(from.unreadable), &to->unreadable);
}

}  // namespace

absl::StatusOr<EmbeddedCorpus> EmbedImages(absl::Span<const ImageRecord> images,
                                           const PreprocessSpec& spec, const Embedder& embedder,
                                           const CorpusOptions& options) {
  if (images.empty()) return absl::InvalidArgumentError("no image to embed");
  if (options.batch < 1)
    return absl::InvalidArgumentError(absl::StrCat("batch ", options.batch, " is below 1"));
  const int64_t total = static_cast<int64_t>(images.size());
  const int64_t batch = std::min(options.batch, embedder.MaxBatch());
  std::vector<EmbeddedCorpus> parts((total + batch - 1) / batch);
  ParallelOptions parallel{.name = "embed", .threads = options.threads};
  if (options.progress) {
    parallel.progress = [&](int64_t done, int64_t) {
      options.progress(std::min(done * batch, total), total);
    };
  }
  LB_RETURN_IF_ERROR(ParallelFor(static_cast<int64_t>(parts.size()), parallel, [&](int64_t part) {
    const int64_t first = part * batch;
    return EmbedBatch(images, first, std::min(batch, total - first), spec, embedder,
                      options.thumbnails, &parts[part]);
  }));
  EmbeddedCorpus out;
  for (EmbeddedCorpus& part : parts) Append(std::move(part), &out);
  if (out.images.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("none of ", total, " images can be read; ", out.unreadable.front()));
  }
  return out;
}

}  // namespace lookbook
