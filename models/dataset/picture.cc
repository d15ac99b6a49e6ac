#include "models/dataset/picture.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <opencv2/imgproc.hpp>
#include <utility>

#include "base/exception_fence.h"
#include "base/status_macros.h"
#include "models/dataset/opencv_threads.h"

namespace lookbook {
namespace {

constexpr int kCells = 3;  // A side of the grid.
constexpr int kSandal = 5, kBag = 8;
constexpr uint8_t kBackgroundMax =
    6;                           // Brightest value that counts as the garment photo's background.
constexpr int kSpeckPixels = 6;  // Isolated spots of fewer pixels are compression noise, not cloth.
constexpr double kMinVisible = 1.0 / 3;  // Of each piece's own area.
constexpr int kLayoutTries = 16;

// One piece at its size in the picture.
struct Sprite {
  cv::Mat alpha;  // uint8, 255 inside.
  cv::Mat shade;  // uint8, 255 = the colour at full strength.
  int side = 0;
  std::array<float, 3> rgb = {};
  int x = 0, y = 0;  // Of the top left corner.
};

// Clears spots of few pixels, unless there is nothing else.
void RemoveSpecks(cv::Mat* inside) {
  cv::Mat labels, statistics, centroids;
  const int count =
      cv::connectedComponentsWithStats(*inside, labels, statistics, centroids, 8, CV_32S);
  for (int label = 1; label < count && count > 2; ++label) {
    if (statistics.at<int>(label, cv::CC_STAT_AREA) < kSpeckPixels)
      inside->setTo(0, labels == label);
  }
}

// 255 where the garment is. Dark spots inside count as garment, except in sandals and bags, where
// one looks through.
cv::Mat Silhouette(absl::Span<const uint8_t> pixels, bool has_holes) {
  cv::Mat inside(kGarmentSide + 2, kGarmentSide + 2, CV_8U, cv::Scalar(0));
  for (int y = 0; y < kGarmentSide; ++y) {
    for (int x = 0; x < kGarmentSide; ++x) {
      if (pixels[y * kGarmentSide + x] > kBackgroundMax) inside.at<uint8_t>(y + 1, x + 1) = 255;
    }
  }
  RemoveSpecks(&inside);
  if (!has_holes) {
    cv::Mat outside = inside.clone();  // Its frame of one pixel joins everything outside.
    cv::floodFill(outside, cv::Point(0, 0), cv::Scalar(255));
    inside |= ~outside;
  }
  return inside(cv::Rect(1, 1, kGarmentSide, kGarmentSide)).clone();
}

// The set holds negatives: cloth becomes bright again, around one mean brightness, so that a colour
// stays that colour.
cv::Mat Shade(absl::Span<const uint8_t> pixels, const cv::Mat& silhouette) {
  const cv::Mat grey(kGarmentSide, kGarmentSide, CV_8U, const_cast<uint8_t*>(pixels.data()));
  const double mean = cv::mean(grey, silhouette)[0];
  cv::Mat shade(kGarmentSide, kGarmentSide, CV_8U, cv::Scalar(200));
  for (int y = 0; y < kGarmentSide; ++y) {
    for (int x = 0; x < kGarmentSide; ++x) {
      if (silhouette.at<uint8_t>(y, x) == 0) continue;
      const double value = 200 + 0.85 * (mean - grey.at<uint8_t>(y, x));
      shade.at<uint8_t>(y, x) = cv::saturate_cast<uint8_t>(std::max(value, 50.0));
    }
  }
  return shade;
}

bool HasHoles(int garment_class) { return garment_class == kSandal || garment_class == kBag; }

// A garment of the piece's class, `low` to `high` times as large as the picture.
Sprite MakeSprite(const OutfitPiece& piece, const GarmentSet& garments, int size, double low,
                  double high, Random* random) {
  const std::vector<int64_t>& candidates = garments.of_class(piece.garment_class);
  const absl::Span<const uint8_t> pixels =
      garments.pixels(candidates[random->Below(candidates.size())]);
  const cv::Mat silhouette = Silhouette(pixels, HasHoles(piece.garment_class));
  Sprite sprite;
  sprite.side = static_cast<int>(std::lround(size * random->Uniform(low, high)));
  sprite.rgb = kGarmentColors[piece.color].rgb;
  const cv::Size target(sprite.side, sprite.side);
  cv::resize(silhouette, sprite.alpha, target, 0, 0, cv::INTER_LINEAR);
  cv::resize(Shade(pixels, silhouette), sprite.shade, target, 0, 0, cv::INTER_LINEAR);
  return sprite;
}

// Puts each sprite near the centre of a cell of its own, wholly inside the picture.
void LayOut(int size, std::vector<Sprite>* sprites, Random* random) {
  std::vector<int> cells(kCells * kCells);
  std::iota(cells.begin(), cells.end(), 0);
  random->Shuffle(&cells);
  const double cell_side = static_cast<double>(size) / kCells;
  const auto place = [&](int cell, int side) {
    const double centre = (cell + 0.5 + random->Uniform(-0.2, 0.2)) * cell_side;
    return std::clamp(static_cast<int>(std::lround(centre - side / 2.0)), 0, size - side);
  };
  for (size_t i = 0; i < sprites->size(); ++i) {
    Sprite& sprite = (*sprites)[i];
    sprite.x = place(cells[i] % kCells, sprite.side);
    sprite.y = place(cells[i] / kCells, sprite.side);
  }
}

// Which sprite is seen at each pixel, -1 = the ground; and the smallest visible share of a sprite's
// own area.
double FindOwners(int size, absl::Span<const Sprite> sprites, std::vector<int8_t>* owner) {
  owner->assign(static_cast<size_t>(size) * size, -1);
  std::vector<int64_t> area(sprites.size(), 0), visible(sprites.size(), 0);
  for (size_t i = 0; i < sprites.size(); ++i) {
    const Sprite& sprite = sprites[i];
    for (int y = 0; y < sprite.side; ++y) {
      const uint8_t* alpha = sprite.alpha.ptr<uint8_t>(y);
      int8_t* row = &(*owner)[static_cast<size_t>(sprite.y + y) * size + sprite.x];
      for (int x = 0; x < sprite.side; ++x) {
        if (alpha[x] < 128) continue;
        ++area[i];
        ++visible[i];
        if (row[x] >= 0) --visible[row[x]];
        row[x] = static_cast<int8_t>(i);
      }
    }
  }
  double least = 1;
  for (size_t i = 0; i < sprites.size(); ++i) {
    least = std::min(least, static_cast<double>(visible[i]) / std::max<int64_t>(area[i], 1));
  }
  return least;
}

// A gradient between two pale colours in a random direction, and noise.
Image Ground(int size, Random* random) {
  std::array<std::array<float, 3>, 2> ends;
  for (auto& color : ends) {
    const double grey = random->Uniform(165, 235);
    for (float& channel : color) channel = static_cast<float>(grey + random->Uniform(-12, 12));
  }
  const double angle = random->Uniform(0, 2 * M_PI);
  const auto dx = static_cast<float>(std::cos(angle) / size),
             dy = static_cast<float>(std::sin(angle) / size);
  Image image = {size, size, std::vector<uint8_t>(static_cast<size_t>(size) * size * 3)};
  uint8_t* out = image.rgb.data();
  for (int y = 0; y < size; ++y) {
    for (int x = 0; x < size; ++x) {
      const float t = std::clamp(0.5f + dx * (x - size / 2) + dy * (y - size / 2), 0.0f, 1.0f);
      uint64_t bits = random->Bits();
      for (int c = 0; c < 3; ++c, bits >>= 16) {
        const float noise =
            static_cast<float>((bits & 0xff) + (bits >> 8 & 0xff)) / 510 - 0.5f;  // A triangle.
        *out++ =
            cv::saturate_cast<uint8_t>(ends[0][c] + t * (ends[1][c] - ends[0][c]) + 24 * noise);
      }
    }
  }
  return image;
}

void Paint(const Sprite& sprite, Image* image) {
  for (int y = 0; y < sprite.side; ++y) {
    const uint8_t* alpha = sprite.alpha.ptr<uint8_t>(y);
    const uint8_t* shade = sprite.shade.ptr<uint8_t>(y);
    uint8_t* out = &image->rgb[(static_cast<size_t>(sprite.y + y) * image->width + sprite.x) * 3];
    for (int x = 0; x < sprite.side; ++x) {
      const float a = alpha[x] / 255.0f;
      for (int c = 0; c < 3; ++c, ++out) {
        *out = cv::saturate_cast<uint8_t>(*out + a * (sprite.rgb[c] * shade[x] - *out));
      }
    }
  }
}

std::vector<Mask> MakeMasks(int size, size_t count, absl::Span<const int8_t> owner) {
  std::vector<Mask> masks(count, {size, size, std::vector<uint8_t>(owner.size(), 0)});
  for (size_t pixel = 0; pixel < owner.size(); ++pixel) {
    if (owner[pixel] >= 0) masks[owner[pixel]].on[pixel] = 1;
  }
  return masks;
}

Picture PaintAll(int size, absl::Span<const Sprite> sprites, absl::Span<const int8_t> owner,
                 Random* random) {
  Picture picture;
  picture.image = Ground(size, random);
  for (const Sprite& sprite : sprites) Paint(sprite, &picture.image);
  picture.masks = MakeMasks(size, sprites.size(), owner);
  return picture;
}

}  // namespace

absl::StatusOr<Picture> DrawPicture(absl::Span<const OutfitPiece> outfit,
                                    const GarmentSet& garments, int size, Random* random) {
  return CatchToStatus("drawing an outfit", [&]() -> absl::StatusOr<Picture> {
    UseOneOpenCvThread();
    std::vector<Sprite> sprites;
    for (const OutfitPiece& piece : outfit)
      sprites.push_back(MakeSprite(piece, garments, size, 0.36, 0.46, random));
    std::vector<int8_t> owner;
    double visible = 0;
    for (int i = 0; i < kLayoutTries && visible < kMinVisible; ++i) {
      LayOut(size, &sprites, random);
      visible = FindOwners(size, sprites, &owner);
    }
    if (visible < kMinVisible)
      return absl::InternalError("drawing an outfit: no layout shows every piece");
    return PaintAll(size, sprites, owner, random);
  });
}

absl::StatusOr<Picture> DrawSingle(const OutfitPiece& piece, const GarmentSet& garments, int size,
                                   Random* random) {
  return CatchToStatus("drawing a garment", [&]() -> absl::StatusOr<Picture> {
    UseOneOpenCvThread();
    Sprite sprite = MakeSprite(piece, garments, size, 0.75, 1.0, random);
    sprite.x = static_cast<int>(random->Below(size - sprite.side + 1));
    sprite.y = static_cast<int>(random->Below(size - sprite.side + 1));
    std::vector<int8_t> owner;
    FindOwners(size, {sprite}, &owner);
    return PaintAll(size, {sprite}, owner, random);
  });
}

absl::StatusOr<Picture> DrawPlain(const GarmentSet& garments, int64_t garment, int size) {
  return CatchToStatus("drawing a garment", [&]() -> absl::StatusOr<Picture> {
    UseOneOpenCvThread();
    const absl::Span<const uint8_t> pixels = garments.pixels(garment);
    const cv::Mat grey(kGarmentSide, kGarmentSide, CV_8U, const_cast<uint8_t*>(pixels.data()));
    const cv::Mat inside = Silhouette(pixels, HasHoles(garments.label(garment)));
    cv::Mat resized, mask;
    cv::resize(grey, resized, cv::Size(size, size), 0, 0, cv::INTER_LINEAR);
    cv::resize(inside, mask, cv::Size(size, size), 0, 0, cv::INTER_LINEAR);
    Picture picture;
    picture.image = {size, size, std::vector<uint8_t>(static_cast<size_t>(size) * size * 3)};
    picture.masks = {{size, size, std::vector<uint8_t>(static_cast<size_t>(size) * size)}};
    for (int i = 0; i < size * size; ++i) {
      std::fill_n(&picture.image.rgb[3 * i], 3, resized.data[i]);
      picture.masks[0].on[i] = mask.data[i] >= 128;
    }
    return picture;
  });
}

}  // namespace lookbook
