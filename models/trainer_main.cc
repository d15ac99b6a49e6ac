// lookbook-train: see models/commands.
#include <stdlib.h>
#include <unistd.h>

#include "base/stop_signal.h"
#include "models/commands/command_line.h"

namespace {

// libgomp's threads spin while they wait for each other. Where other programs want the cores too,
// that costs ten times what it saves: the same training ran at 75 images/s spinning and at 840
// waiting. It reads the setting when it is loaded, before main(), so the program starts itself
// again with it. A setting of the user's stands.
void WaitWithoutSpinning(char** argv) {
  if (getenv("OMP_WAIT_POLICY") != nullptr || getenv("GOMP_SPINCOUNT") != nullptr) return;
  setenv("OMP_WAIT_POLICY", "passive", 1);
  execv("/proc/self/exe", argv);  // Returns only when it failed: then it is slow, but right.
}

}  // namespace

int main(int argc, char** argv) {
  WaitWithoutSpinning(argv);
  lookbook::InstallStopSignals();
  return lookbook::ParseAndRun(argc, argv);
}
