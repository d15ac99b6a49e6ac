// A study as text: Markdown for documents, columns for a terminal.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/evaluate/comparison.h"
#include "models/study/study_row.h"

namespace lookbook {

struct StudyComparison {
  std::string a, b;  // Rows.
  Comparison comparison;
};

struct Study {
  std::string data;     // Which set, and the part whose images ask.
  int64_t queries = 0;  // Images.
  // Of them: those that share more than three classes with nothing, and those without anything of
  // Jaccard index 0.5. They stand outside "strict" and "J50".
  int64_t excluded_strict = 0;
  int64_t excluded_j50 = 0;
  std::vector<std::string> settings;  // What was replaced in all recipes, one line each.
  std::vector<StudyRow> rows;         // In the order of the tables.
  std::vector<StudyComparison> pairs;
};

// "same as X". REQUIRES: row.same_as is not empty.
std::string SameAsText(const StudyRow& row);

// Markdown. T1: every row's figures; mAP, F1 macro, R@1 J50 and nDCG@10 with their 95 % intervals.
std::string TableOfResults(const Study& study);
// T2: AP and F1 of each class with its support, commonest first, and the means of the commonest
// third, the middle and the rarest third.
std::string TableOfClasses(const Study& study);
// T3: images a second, peak memory, size of the model.
std::string TableOfCosts(const Study& study);
// Which differences are more than luck.
std::string TableOfPairs(const Study& study);
// All four with their titles and what the rows mean.
std::string StudyToMarkdown(const Study& study);

// The main columns of T1 for a terminal.
std::string StudyText(const Study& study);

}  // namespace lookbook
