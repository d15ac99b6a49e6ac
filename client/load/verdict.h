// Whether a measurement says something about the server. When it does not, it has no figures.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "client/load/measure.h"

namespace lookbook {

struct Problem {
  enum class Kind {
    kInFlightCap,    // The generator left calls out.
    kLag,            // It sent calls late.
    kOwnCpu,         // It used most of the machine.
    kForeignLoad,    // Others used the machine.
    kNoAnswer,       // No call was answered.
    kServerChanged,  // Other answers at the end than at the beginning.
    kInterrupted,
  };

  Kind kind;
  std::string message;  // One line, for a person.
};

// Lower snake case, for JSON: "in_flight_cap".
const char* KindName(Problem::Kind kind);

// What is known about where the server runs, and so about whose CPU time is whose.
enum class ServerPlace {
  kKnownProcess,  // Here; its CPU time is counted.
  kThisMachine,   // Here; its CPU time cannot be told from that of others.
  kElsewhere,     // All that others use here is foreign.
};

struct VerdictLimits {
  absl::Duration lag = absl::Milliseconds(10);  // That one call in a hundred may exceed.
  double own_share = 0.8;                       // Of this machine's CPU.
  double foreign_share = 0.05;
};

// Everything that disturbed the measurement; empty when nothing did.
std::vector<Problem> FindProblems(const Measurement& measurement, ServerPlace place, int cores,
                                  const VerdictLimits& limits);

}  // namespace lookbook
