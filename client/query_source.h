// What `lookbook search` and `lookbook bench` ask about: files, folders of pictures, standard
// input, catalogue items.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lookbook/v1/search.pb.h"

namespace lookbook {

// The largest picture that the server takes.
inline constexpr size_t kMaxImageBytes = 16 * 1024 * 1024;

struct QuerySource {
  enum class Kind { kFile, kStdin, kItem };

  Kind kind = Kind::kFile;
  std::string name;     // The path, "(stdin)" or the item id.
  absl::Status status;  // Not OK: the argument leads nowhere; says why.
};

// One source per picture, in the order of `arguments`. A folder becomes all its
// *.jpg, *.jpeg and *.png files (in any case), folders below it included and
// linked folders not, sorted by path. "-" is standard input. An argument that
// cannot be read becomes one source whose status says so.
std::vector<QuerySource> ExpandPictures(const std::vector<std::string>& arguments);

// The same for `pictures`, then one source per item id.
std::vector<QuerySource> ListSources(const std::vector<std::string>& pictures,
                                     const std::vector<std::string>& items);

// The picture's bytes. NotFound: no such file. ResourceExhausted: larger than
// kMaxImageBytes. REQUIRES: `source` is OK and no item.
absl::StatusOr<std::string> ReadPicture(const QuerySource& source);

// Makes the source the request's query. `include_self`: an item may find itself. Errors are the
// source's and those of ReadPicture().
absl::Status FillQuery(const QuerySource& source, bool include_self, v1::SearchRequest& request);

}  // namespace lookbook
