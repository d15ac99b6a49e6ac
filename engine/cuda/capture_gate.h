// Recording a CUDA graph and what must not happen meanwhile.
#pragma once

#include <shared_mutex>

namespace lookbook {

// While any stream of the process records, waiting for a whole device and giving its memory back
// are refused and void the recording: those hold this shared, a recording holds it alone. Capturing
// is rare (a bundle that is loaded), and so are they (an error, want of memory).
inline std::shared_mutex& CaptureGate() {
  static std::shared_mutex* const gate = new std::shared_mutex();
  return *gate;
}

}  // namespace lookbook
