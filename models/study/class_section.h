// The part of a run's report that speaks of each class. Internal to models/study.
#pragma once

#include <string>
#include <vector>

#include "models/report/page.h"
#include "models/study/evaluation_facts.h"

namespace lookbook {

ReportSection ClassSection(const EvaluationFacts& facts);

// Those with a positive by support, the commonest first; of equal ones in their order.
std::vector<EvaluatedClass> BySupport(const EvaluationFacts& facts);

// A third of them each, by support; the first ones get what is left over.
struct ClassGroup {
  std::string name;  // "head", "medium", "tail"
  std::vector<EvaluatedClass> classes;

  double Mean(double EvaluatedClass::*member) const;  // NaN without a class.
};
std::vector<ClassGroup> HeadMediumTail(const EvaluationFacts& facts);

}  // namespace lookbook
