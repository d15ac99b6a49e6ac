// A SetEvaluation for programs and for people.
#pragma once

#include <string>

#include "models/evaluate/set_evaluation.h"

namespace lookbook {

// Raise it when evaluating comes to other numbers for the same model and pictures, or
// EvaluationToJson() has another form: kept work folders are then evaluated anew.
inline constexpr int kEvaluationFormat = 2;

// {"split", "images", "values": {…}, "retrieval": {…}, "gallery": {"items", "own_items", and as in
// "retrieval"}, "chance": {…}, "classes": [{…}], "pairs": [{…}]}, indented; "gallery" where there
// is one. "pairs" are CoOccurrences with the classes' ids. NaN becomes null.
std::string EvaluationToJson(const SetEvaluation& evaluation);

// For a terminal: headline numbers beside what chance gives, then one line a class.
std::string EvaluationTable(const SetEvaluation& evaluation);

}  // namespace lookbook
