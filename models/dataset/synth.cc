#include "models/dataset/synth.h"

#include <algorithm>
#include <fstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "engine/image/encode.h"
#include "models/dataset/garments.h"
#include "models/dataset/outfit.h"
#include "models/dataset/parallel.h"
#include "models/dataset/picture.h"
#include "models/dataset/random.h"
#include "models/dataset/rle.h"
#include "nlohmann/json.hpp"

namespace lookbook {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kMarkerFile[] = "synth.json";
constexpr char kCsvHeader[] = "ImageId,EncodedPixels,Height,Width,ClassId,AttributesIds\n";

absl::Status CheckRange(absl::string_view name, int64_t value, int64_t low, int64_t high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("synth: ", name, " ", value, " is not in ", low, " to ", high));
}

absl::Status CheckOptions(const SynthOptions& options) {
  if (options.output.empty()) return absl::InvalidArgumentError("synth: no output folder");
  constexpr int64_t kMaxPictures = 10'000'000;
  LB_RETURN_IF_ERROR(CheckRange("train", options.train, 1, kMaxPictures));
  LB_RETURN_IF_ERROR(CheckRange("holdout", options.holdout, 0, kMaxPictures));
  LB_RETURN_IF_ERROR(CheckRange("unlabelled", options.unlabelled, 0, kMaxPictures));
  LB_RETURN_IF_ERROR(CheckRange("size", options.size, kGarmentSide, 512));
  LB_RETURN_IF_ERROR(CheckRange("garments", options.garments, 0, 9));
  if (options.style != SynthStyle::kOutfits && options.garments != 0) {
    return absl::InvalidArgumentError(
        "synth: garments goes with outfits; the other styles show one garment");
  }
  LB_RETURN_IF_ERROR(CheckRange("jpeg_quality", options.jpeg_quality, 1, 100));
  return CheckRange("threads", options.threads, 1, 256);
}

struct Part {
  const char* name;
  uint64_t number;  // Part of the seed.
  int64_t count;
  bool labelled;
};

std::vector<Part> Parts(const SynthOptions& options) {
  return {{"train", 0, options.train, true},
          {"holdout", 1, options.holdout, true},
          {"test", 2, options.unlabelled, false}};
}

const char* StyleName(SynthStyle style) {
  switch (style) {
    case SynthStyle::kOutfits:
      return "outfits";
    case SynthStyle::kSingle:
      return "single";
    case SynthStyle::kPlain:
      return "plain";
  }
  return "?";
}

// Clears an earlier output away and makes the folders.
absl::Status PrepareFolder(const SynthOptions& options) {
  LB_RETURN_IF_ERROR(MakeDirectories(options.output));
  LB_ASSIGN_OR_RETURN(const std::vector<std::string> names, ListDirectory(options.output));
  if (!names.empty() && std::find(names.begin(), names.end(), kMarkerFile) == names.end()) {
    return absl::FailedPreconditionError(
        absl::StrCat(options.output, " holds ", names.front(), " but no ", kMarkerFile,
                     ": it was not made by synth and is left alone; choose another folder"));
  }
  for (const char* file : {"train.csv", "holdout.csv", "label_descriptions.json"}) {
    LB_RETURN_IF_ERROR(RemoveAll(JoinPath(options.output, file)));
  }
  const Json marker = {{"train", options.train},
                       {"holdout", options.holdout},
                       {"unlabelled", options.unlabelled},
                       {"size", options.size},
                       {"garments", options.garments},
                       {"style", StyleName(options.style)},
                       {"seed", options.seed},
                       {"jpeg_quality", options.jpeg_quality}};
  LB_RETURN_IF_ERROR(WriteFileAtomic(JoinPath(options.output, kMarkerFile), marker.dump(1) + "\n"));
  for (const Part& part : Parts(options)) {
    LB_RETURN_IF_ERROR(RemoveAll(JoinPath(options.output, part.name)));
    LB_RETURN_IF_ERROR(MakeDirectories(JoinPath(options.output, part.name)));
  }
  return absl::OkStatus();
}

Json LabelList(const std::vector<Label>& labels) {
  Json list = Json::array();
  for (const Label& label : labels) {
    list.push_back({{"id", label.id},
                    {"name", label.name},
                    {"supercategory", label.supercategory},
                    {"level", 1}});
  }
  return list;
}

absl::Status WriteDescriptions(const std::string& output, SynthStyle style) {
  LabelSpace labels = OutfitLabels();
  if (style == SynthStyle::kPlain) labels.attributes.clear();
  const Json document = {
      {"info", {{"description", "Outfits composed of Fashion-MNIST garments"}, {"version", "1"}}},
      {"categories", LabelList(labels.classes)},
      {"attributes", LabelList(labels.attributes)}};
  return WriteFileAtomic(JoinPath(output, "label_descriptions.json"), document.dump(1) + "\n");
}

// Without the fsync of WriteFile: ten thousand of them would take longer than the pictures.
absl::Status WritePicture(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (file.fail()) return absl::UnavailableError(absl::StrCat(path, " cannot be written"));
  return absl::OkStatus();
}

// One line of the CSV per piece.
std::string CsvRows(const std::string& id, absl::Span<const OutfitPiece> outfit,
                    const Picture& picture) {
  std::string rows;
  for (size_t i = 0; i < outfit.size(); ++i) {
    absl::StrAppend(&rows, id, ",", EncodeRle(picture.masks[i]), ",", picture.image.height, ",",
                    picture.image.width, ",", outfit[i].garment_class, ",");
    if (outfit[i].color >= 0) absl::StrAppend(&rows, outfit[i].color);
    rows += "\n";
  }
  return rows;
}

ImageRecord RecordOf(const std::string& id, absl::Span<const OutfitPiece> outfit) {
  ImageRecord record;
  record.id = id;
  for (const OutfitPiece& piece : outfit) {
    record.classes.push_back(piece.garment_class);
    if (piece.color < 0) continue;
    record.attributes.push_back(piece.color);
    record.attributes_known = true;
  }
  for (std::vector<int>* columns : {&record.classes, &record.attributes}) {
    std::sort(columns->begin(), columns->end());
    columns->erase(std::unique(columns->begin(), columns->end()), columns->end());
  }
  return record;
}

// The pictures of one part; text and records by picture, filled by threads.
class PartWriter {
 public:
  PartWriter(const SynthOptions& options, const Part& part, const GarmentSet& garments)
      : options_(options),
        part_(part),
        garments_(garments),
        rows_(part.count),
        records_(part.count) {}

  absl::Status Run() {
    ParallelOptions parallel = {"synth", options_.threads, nullptr};
    if (options_.progress) {
      parallel.progress = [this](int64_t done, int64_t total) {
        options_.progress(part_.name, done, total);
      };
    }
    return ParallelFor(part_.count, parallel, [this](int64_t i) { return Write(i); });
  }

  absl::Status WriteCsv() const {
    std::string csv = kCsvHeader;
    for (const std::string& rows : rows_) csv += rows;
    return WriteFileAtomic(JoinPath(options_.output, absl::StrCat(part_.name, ".csv")), csv);
  }

  const std::vector<ImageRecord>& records() const { return records_; }

 private:
  absl::Status Write(int64_t index) {
    Random random(MixSeed(
        {static_cast<uint64_t>(options_.seed), part_.number, static_cast<uint64_t>(index)}));
    std::vector<OutfitPiece> outfit;
    LB_ASSIGN_OR_RETURN(const Picture picture, Draw(index, &random, &outfit));
    LB_ASSIGN_OR_RETURN(const std::string jpeg, EncodeJpeg(picture.image, options_.jpeg_quality));
    const std::string id = absl::StrFormat("%s_%06d", part_.name, index);
    rows_[index] = CsvRows(id, outfit, picture);
    records_[index] = RecordOf(id, outfit);
    return WritePicture(JoinPath(JoinPath(options_.output, part_.name), id + ".jpg"), jpeg);
  }

  absl::StatusOr<Picture> Draw(int64_t index, Random* random, std::vector<OutfitPiece>* outfit) {
    const int size = options_.size;
    switch (options_.style) {
      case SynthStyle::kOutfits:
        *outfit = DrawOutfit(options_.garments, random);
        return DrawPicture(*outfit, garments_, size, random);
      case SynthStyle::kSingle:
        *outfit = {{static_cast<int>(random->Below(kGarmentClasses)),
                    static_cast<int>(random->Below(kGarmentColors.size()))}};
        return DrawSingle(outfit->front(), garments_, size, random);
      case SynthStyle::kPlain:
        *outfit = {{garments_.label(index), -1}};
        return DrawPlain(garments_, index, size);
    }
    return absl::InternalError("synth: unknown style");
  }

  const SynthOptions& options_;
  const Part& part_;
  const GarmentSet& garments_;
  std::vector<std::string> rows_;
  std::vector<ImageRecord> records_;
};

// Every plain picture is a garment of its own.
absl::Status CheckEnough(const SynthOptions& options, const GarmentSet& train,
                         const GarmentSet& test) {
  if (options.style != SynthStyle::kPlain) return absl::OkStatus();
  LB_RETURN_IF_ERROR(CheckRange("train", options.train, 1, train.size()));
  LB_RETURN_IF_ERROR(CheckRange("holdout", options.holdout, 0, test.size()));
  return CheckRange("unlabelled", options.unlabelled, 0, test.size());
}

}  // namespace

SynthOptions TinySynthOptions(std::string output) {
  SynthOptions options;
  options.output = std::move(output);
  options.train = 120;
  options.holdout = 40;
  options.unlabelled = 10;
  return options;
}

absl::StatusOr<SynthSummary> SynthesizeOutfits(const SynthOptions& options) {
  LB_RETURN_IF_ERROR(CheckOptions(options));
  LB_ASSIGN_OR_RETURN(const GarmentSet train,
                      GarmentSet::Load(options.garment_source, GarmentPart::kTrain));
  LB_ASSIGN_OR_RETURN(const GarmentSet test,
                      GarmentSet::Load(options.garment_source, GarmentPart::kTest));
  LB_RETURN_IF_ERROR(CheckEnough(options, train, test));
  LB_RETURN_IF_ERROR(PrepareFolder(options));
  LB_RETURN_IF_ERROR(WriteDescriptions(options.output, options.style));

  const std::vector<Part> parts = Parts(options);
  std::vector<PartWriter> writers;
  for (const Part& part : parts)
    writers.emplace_back(options, part, part.number == 0 ? train : test);
  SynthSummary summary;
  for (size_t i = 0; i < parts.size(); ++i) {
    LB_RETURN_IF_ERROR(writers[i].Run());
    summary.pictures += parts[i].count;
  }
  for (size_t i = 0; i < parts.size(); ++i) {
    if (!parts[i].labelled) continue;
    LB_RETURN_IF_ERROR(writers[i].WriteCsv());
    for (const ImageRecord& record : writers[i].records())
      summary.garments += std::ssize(record.classes);
  }
  summary.train = MeasureLabels(writers[0].records(), kGarmentClasses);
  summary.holdout = MeasureLabels(writers[1].records(), kGarmentClasses);
  return summary;
}

}  // namespace lookbook
