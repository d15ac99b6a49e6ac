// One line of a study's tables: a recipe's run, or something that every run must beat.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "models/evaluate/bootstrap.h"

namespace lookbook {

struct StudyClass {
  std::string name;
  int64_t support = 0;  // Queries that have it.
  double ap = 0;        // NaN without support.
  double f1 = 0;        // At 0.5.
};

struct StudyRow {
  std::string run;        // The recipe's name, or "chance", "label frequency", "raw pixels 8x8".
  bool baseline = false;  // No training: the next four are empty.
  std::string backbone;
  std::string init;
  std::string loss;    // LossText.
  std::string length;  // LengthText.
  int dim = 0;         // 0 = no embedding.
  int64_t parameters = 0;
  double train_seconds = 0;
  // What the guard said: "green", "red at 9 of 11"; empty without a training.
  std::string guard;
  std::string failure;  // Why there is no bundle; empty = there is one.
  std::string same_as;  // Another row's run, which this one repeats in all settings; empty = none.
  // By the names of EvaluationValues. What is absent was not measured.
  std::map<std::string, double> values;
  std::map<std::string, Interval> intervals;
  std::vector<StudyClass> classes;
  // 0 = not measured.
  double train_images_per_second = 0;
  double embed_images_per_second = 0;  // From files, all cores: decoding to scores.
  int64_t peak_rss_bytes = 0;          // Of the process that did the whole run.
  int64_t model_bytes = 0;
};

}  // namespace lookbook
