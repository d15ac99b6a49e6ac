// A run as its report sees it, small enough to be known by heart.
#pragma once

#include <string>
#include <vector>

#include "engine/image/encode.h"
#include "models/report/page.h"
#include "models/study/run_study.h"
#include "tests/support/image_files.h"

namespace lookbook {

inline constexpr char kHostile[] = "</script><script>alert('x')</script><img src=x onerror=y>";

inline HistoryEntry EntryAt(int64_t step, const std::string& stage, double map) {
  HistoryEntry entry;
  entry.stage = stage;
  entry.step = step;
  entry.train_loss = 1 / static_cast<double>(step);
  entry.health = "green";
  entry.validation.part = "validation";
  entry.validation.images = 40;
  entry.validation.map = map;
  entry.train = TrainSampleResult{.images = 120, .map = map + 0.1, .f1_macro = 0.5};
  return entry;
}

inline StudyQuery QueryOf(const std::string& id, double overlap) {
  const std::string jpeg = *EncodeJpeg(SolidImage(8, 8, 200, 10, 10), 80);
  return {.picture = {.id = id, .path = id + ".jpg", .file = jpeg, .labels = {"shirt", "bag"}},
          .overlap = overlap,
          .answers = {{{.id = "near", .file = jpeg, .labels = {"bag", "hat"}}, 0.75f},
                      {{.id = "far", .labels = {"hat"}}, 0.25f}}};
}

inline RunStudy SmallRun() {
  RunStudy run;
  run.folder = "out/small";
  run.recipe = "small";
  run.data = "data/outfits";
  run.state = RunState::kPublished;
  run.train_seconds = 90;
  run.bundle_id = "20260101T000000Z-0123456789ab";
  run.history = {EntryAt(10, "first", 0.25), EntryAt(20, "second", 0.5)};
  EvaluationFacts facts;
  facts.split = "holdout";
  facts.images = 100;
  facts.values = {{"map", 0.625},         {"f1_macro", 0.4375},   {"f1_macro_tuned", 0.5125},
                  {"recall_at_1", 0.75},  {"ndcg_at_10", 0.8125}, {"wap_at_10", kNotMeasured},
                  {"std_sqrt_d", 0.6125}, {"hub_share", 0.0225}};
  facts.random = {{"map", 0.1625}, {"recall_at_1", 0.0375}};
  facts.frequency = {{"map", 0.1625}, {"recall_at_1", 0.0875}};
  facts.classes = {{1, "shirt", 60, 0.875, 0.75, 0.8, 0.375},
                   {2, "bag", 20, 0.375, 0.125, 0.225, 0.25},
                   {3, "hat", 0, kNotMeasured, 0, 0, 0.5}};
  run.evaluation = facts;
  run.calibration = CalibrationResult{.source = "validation",
                                      .queries = 40,
                                      .pairs = 4000,
                                      .knots = {{0.5f, 0.1f}, {0.9f, 0.8f}},
                                      .ece_before = 0.4125,
                                      .ece_after = 0.0375,
                                      .reliability = {{0.2, 0.25, 200}, {0.7, 0.65, 200}},
                                      .reliability_first = {{0.5, 0.25, 10}, {0.75, 0.625, 30}},
                                      .thresholds = {0.375f, 0.25f, 0.5f},
                                      .novelty_similarity = 0.6125f};
  run.neighbors = {.queries = 100, .overlap = 0.5625, .items = 1200};
  run.neighbors.best = {QueryOf("q_best", 1)};
  run.neighbors.worst = {QueryOf("q_worst", 0)};
  run.neighbors.fixed = {QueryOf("q_fixed", 0.5)};
  run.unlabelled = {.folder = "data/outfits/test", .pictures = 200};
  run.unlabelled.shown = {{.id = "t1.jpg", .labels = {{"shirt", 0.9f, true}, {"bag", 0.2f, false}}},
                          {.id = "t2.jpg", .error = "not a JPEG"}};
  return run;
}

// All blocks of one kind in a section.
template <typename Block>
std::vector<Block> BlocksOf(const ReportSection& section) {
  std::vector<Block> out;
  for (const ReportBlock& block : section.blocks) {
    if (std::holds_alternative<Block>(block)) out.push_back(std::get<Block>(block));
  }
  return out;
}

// The section's chart of that title; an empty one when there is none.
inline ReportChart ChartOf(const ReportSection& section, const std::string& title) {
  for (const ReportChart& chart : BlocksOf<ReportChart>(section)) {
    if (chart.title == title) return chart;
  }
  return {};
}

}  // namespace lookbook
