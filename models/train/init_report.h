// What loading initial weights did.
#pragma once

#include <string>
#include <vector>

namespace lookbook {

// Names, each list sorted.
struct InitReport {
  std::vector<std::string> loaded;     // Tensors of the network that the file gave.
  std::vector<std::string> missing;    // Tensors of the network that keep their values.
  std::vector<std::string> left_over;  // Tensors of the file that nothing took.
};

}  // namespace lookbook
