// A study of two baselines, two runs and a failed one, with names that try to break out.
#pragma once

#include <limits>

#include "models/study/study_tables.h"

namespace lookbook {

inline Study SmallStudy() {
  Study out{.data = "data/outfits, holdout",
            .queries = 40,
            .excluded_strict = 30,
            .excluded_j50 = 3,
            .settings = {"network small_cnn", "pictures of 64 pixels"}};
  StudyRow chance{.run = "chance", .baseline = true};
  chance.values = {{"map", 0.259}, {"ndcg_at_10", 0.289}};
  StudyRow pixels{.run = "raw pixels 8x8", .baseline = true, .dim = 192};
  pixels.values = {{"map", std::numeric_limits<double>::quiet_NaN()}, {"ndcg_at_10", 0.401}};
  StudyRow bce{.run = "bce",
               .backbone = "small_cnn",
               .init = "He",
               .loss = "bce",
               .length = "10 epochs",
               .dim = 128,
               .parameters = 412345,
               .train_seconds = 84.4,
               .guard = "green",
               .train_images_per_second = 1012.4,
               .embed_images_per_second = 803.6,
               .peak_rss_bytes = int64_t{512} << 20,
               .model_bytes = 1700 * 1024};
  bce.values = {{"map", 0.7}, {"f1_macro", 0.6}, {"std_sqrt_d", 0.514}, {"hub_share", 0.016}};
  bce.intervals = {{"map", {0.7, 0.68, 0.72}}};
  bce.classes = {{"rare", 2, 0.25, 0.5}, {"shirt|blouse", 30, 0.9, 0.8}, {"dress", 10, 0.5, 0.4}};
  StudyRow other = bce;
  other.run = "supcon, \"J\"";
  other.loss = "bce -> bce + supcon(jaccard)";
  other.values["map"] = 0.75;
  other.classes[0].ap = std::numeric_limits<double>::quiet_NaN();
  StudyRow failed{.run = "triplet", .backbone = "small_cnn", .init = "He", .loss = "triplet"};
  failed.failure = "exit code 4: collapsed | twice\nred";
  out.rows = {chance, pixels, bce, other, failed};
  Comparison comparison{.a = "bce", .b = "supcon", .queries = 40};
  comparison.metrics = {{"map", {.a = 0.7, .b = 0.75, .difference = {0.05, 0.01, 0.09}, .p = 0.01}},
                        {"wap_at_10", {.a = 1, .b = 1, .difference = {0, -1, 1}, .p = 1}}};
  out.pairs = {{"bce", "supcon, \"J\"", comparison}};
  return out;
}

}  // namespace lookbook
