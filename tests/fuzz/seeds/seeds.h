// The corpora of pictures, made to order: each seed shows a reader one thing that files may say.
#pragma once

#include <string>
#include <vector>

namespace lookbook {

struct Seed {
  std::string target;  // "jpeg"
  std::string name;
  std::string bytes;
};
using Seeds = std::vector<Seed>;

// For image_header, jpeg, png and exif. A file that cannot be made is an exception that says why.
void AddPictureSeeds(Seeds* seeds);

}  // namespace lookbook
