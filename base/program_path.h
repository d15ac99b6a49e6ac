// Which file runs.
#pragma once

#include <string>

namespace lookbook {

// The real path of this process's program, however it was started; "/proc/self/exe", which execv()
// takes too, where the system does not say.
std::string ProgramPath();

}  // namespace lookbook
