// Makes the two data sets that scripts/bench_data measures: pictures of real sizes, and labels of
// real number.
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numbers>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "engine/image/encode.h"
#include "models/dataset/parallel.h"
#include "models/dataset/random.h"

namespace lookbook {
namespace {

constexpr int kClasses = 46;
constexpr int kAttributes = 92;
constexpr int kRunsAMask = 170;  // About 1.6 kB of text.
constexpr int kSmallFiles = 50;
constexpr int kSmallWidth = 120, kSmallHeight = 160;

struct Options {
  std::string out;
  int64_t pictures = 2000;
  int64_t images = 45'623;
  int64_t rows = 330'000;
  int threads = 1;
};

absl::Status WriteDescriptions(const std::string& folder) {
  nlohmann::json classes = nlohmann::json::array(), attributes = nlohmann::json::array();
  for (int i = 0; i < kClasses; ++i) {
    classes.push_back({{"id", i}, {"name", absl::StrCat("class ", i)}, {"supercategory", "all"}});
  }
  for (int i = 0; i < kAttributes; ++i) {
    attributes.push_back(
        {{"id", i}, {"name", absl::StrCat("attribute ", i)}, {"supercategory", "all"}});
  }
  const nlohmann::json json = {{"categories", classes}, {"attributes", attributes}};
  return WriteFile(JoinPath(folder, "label_descriptions.json"), json.dump());
}

// Ascending runs within width × height.
std::string MaskText(int width, int height, Random* random) {
  const int64_t step = int64_t{width} * height / (kRunsAMask + 1);
  std::string text;
  for (int64_t i = 0; i < kRunsAMask; ++i) {
    absl::StrAppend(&text, i == 0 ? "" : " ", 1 + i * step + random->Below(step / 2), " ",
                    1 + random->Below(step / 2));
  }
  return text;
}

// One segment. Classes fall off as one over their rank; a fifth of the rows carry attributes.
std::string Row(const std::string& id, int width, int height, Random* random) {
  static const std::vector<double> weights = [] {
    std::vector<double> out;
    for (int i = 0; i < kClasses; ++i) out.push_back(1.0 / (i + 1));
    return out;
  }();
  std::vector<uint64_t> attributes;
  if (random->Chance(0.2)) {
    for (int i = 0; i < 3; ++i) attributes.push_back(random->Below(kAttributes));
  }
  return absl::StrCat(id, ",", MaskText(width, height, random), ",", height, ",", width, ",",
                      random->Weighted(weights), ",\"", absl::StrJoin(attributes, ","), "\"\n");
}

// Blocks of colour under noise: about as many bytes a pixel as a photograph.
Image Photograph(int width, int height, Random* random) {
  Image image = {width, height, std::vector<uint8_t>(size_t{3} * width * height)};
  const double fx = random->Uniform(1, 5), fy = random->Uniform(1, 5),
               phase = random->Uniform(0, 6);
  uint32_t noise = static_cast<uint32_t>(random->Bits()) | 1;
  std::vector<int> wave(width);
  for (int y = 0; y < height; ++y) {
    if (y % 8 == 0) {
      for (int x = 0; x < width; ++x) {
        const double angle = 2 * std::numbers::pi * (fx * (x / 8 * 8) / width + fy * y / height);
        wave[x] = x % 8 == 0 ? static_cast<int>(128 + 80 * std::sin(angle + phase)) : wave[x - 1];
      }
    }
    uint8_t* rgb = &image.rgb[size_t{3} * width * y];
    for (int x = 0; x < width; ++x, rgb += 3) {
      noise = noise * 1664525 + 1013904223;
      const int level = wave[x] + static_cast<int>(noise >> 29) - 4;
      rgb[0] = static_cast<uint8_t>(level);
      rgb[1] = static_cast<uint8_t>(level / 2 + 60);
      rgb[2] = static_cast<uint8_t>(255 - level);
    }
  }
  return image;
}

absl::Status WritePlainly(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (file.fail()) return absl::UnavailableError(absl::StrCat(path, " cannot be written"));
  return absl::OkStatus();
}

// The first is as large as the largest of iMaterialist; the others' areas are log-normal around 1.6
// megapixels, mostly upright.
std::array<int, 2> SizeOf(int64_t index, Random* random) {
  if (index == 0) return {5214, 3676};
  double normal = -6;
  for (int i = 0; i < 12; ++i) normal += random->Uniform();
  const double pixels = std::clamp(1.6e6 * std::exp(0.9 * normal), 3e4, 19.2e6);
  const double aspect = random->Uniform(0.55, 1.0);
  return {static_cast<int>(std::sqrt(pixels * aspect)),
          static_cast<int>(std::sqrt(pixels / aspect))};
}

absl::Status MakePictures(const Options& options) {
  const std::string folder = JoinPath(options.out, "pictures");
  LB_RETURN_IF_ERROR(MakeDirectories(JoinPath(folder, "train")));
  LB_RETURN_IF_ERROR(WriteDescriptions(folder));
  std::vector<std::string> rows(options.pictures);
  LB_RETURN_IF_ERROR(ParallelFor(
      options.pictures, {"pictures", options.threads, nullptr}, [&](int64_t i) -> absl::Status {
        Random random(MixSeed({1, static_cast<uint64_t>(i)}));
        const auto [width, height] = SizeOf(i, &random);
        const std::string id = absl::StrFormat("p%06d", i);
        LB_ASSIGN_OR_RETURN(const std::string jpeg,
                            EncodeJpeg(Photograph(width, height, &random), 85));
        for (int k = 0; k < 7; ++k) rows[i] += Row(id, width, height, &random);
        return WritePlainly(JoinPath(folder, absl::StrCat("train/", id, ".jpg")), jpeg);
      }));
  return WritePlainly(JoinPath(folder, "train.csv"),
                      absl::StrCat("ImageId,EncodedPixels,Height,Width,ClassId,AttributesIds\n",
                                   absl::StrJoin(rows, "")));
}

absl::Status LinkImages(const Options& options, const std::string& train) {
  for (int64_t i = 0; i < options.images; ++i) {
    const std::string path = JoinPath(train, absl::StrFormat("i%06d.jpg", i));
    if (i < kSmallFiles) {
      Random random(MixSeed({2, static_cast<uint64_t>(i)}));
      LB_ASSIGN_OR_RETURN(const std::string jpeg,
                          EncodeJpeg(Photograph(kSmallWidth, kSmallHeight, &random), 85));
      LB_RETURN_IF_ERROR(WritePlainly(path, jpeg));
      continue;
    }
    const std::string first = JoinPath(train, absl::StrFormat("i%06d.jpg", i % kSmallFiles));
    if (::link(first.c_str(), path.c_str()) != 0 && errno != EEXIST)
      return absl::UnavailableError(absl::StrCat(path, ": ", std::strerror(errno)));
  }
  return absl::OkStatus();
}

absl::Status MakeLabels(const Options& options) {
  const std::string folder = JoinPath(options.out, "labels");
  LB_RETURN_IF_ERROR(MakeDirectories(JoinPath(folder, "train")));
  LB_RETURN_IF_ERROR(WriteDescriptions(folder));
  LB_RETURN_IF_ERROR(LinkImages(options, JoinPath(folder, "train")));
  std::ofstream csv(JoinPath(folder, "train.csv"), std::ios::binary | std::ios::trunc);
  csv << "ImageId,EncodedPixels,Height,Width,ClassId,AttributesIds\n";
  Random random(3);
  for (int64_t row = 0; row < options.rows; ++row) {
    const std::string id = absl::StrFormat("i%06d", row * options.images / options.rows);
    csv << Row(id, kSmallWidth, kSmallHeight, &random);
  }
  csv.close();
  return csv.fail() ? absl::UnavailableError("train.csv cannot be written") : absl::OkStatus();
}

absl::Status Run(const Options& options) {
  LB_RETURN_IF_ERROR(MakePictures(options));
  return MakeLabels(options);
}

}  // namespace
}  // namespace lookbook

int main(int argc, char** argv) {
  CLI::App app("Writes OUT/pictures and OUT/labels for scripts/bench_data.");
  lookbook::Options options;
  app.add_option("--out", options.out)->required();
  app.add_option("--pictures", options.pictures, "JPEGs of real sizes")->capture_default_str();
  app.add_option("--images", options.images, "Images that the rows name")->capture_default_str();
  app.add_option("--rows", options.rows, "Rows of the CSV")->capture_default_str();
  app.add_option("--threads", options.threads)->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = lookbook::Run(options);
  if (status.ok()) return 0;
  std::fprintf(stderr, "real_scale_data: %s\n", std::string(status.message()).c_str());
  return 1;
}
