// What a model says of pictures, one line each.
#pragma once

#include <string>
#include <vector>

#include "models/dataset/fashion_data.h"
#include "models/indexing/corpus_embedder.h"

namespace lookbook {

// RFC 4180. Columns: file, error, predicted, [predicted attributes,] then the score of every class
// and attribute, each under "class: NAME" or "attribute: NAME". Predicted = score > threshold of
// the class, 0.5 for attributes; names are joined by "|", with "\" before each "|" and "\" of a
// name. Names and errors are CsvTextFields. A picture that cannot be read has its error and no
// scores. `images` in their order; `corpus` is EmbedImages of them; without attribute
// scores there are no columns of attributes. REQUIRES: one threshold a class.
std::string PredictionsToCsv(const LabelSpace& labels, const std::vector<float>& thresholds,
                             const std::vector<ImageRecord>& images, const EmbeddedCorpus& corpus);

// The ".jpg", ".jpeg" and ".png" files (in any case) of `folder` and the folders in it, sorted; ids
// are paths below `folder`. NotFound: no such folder. InvalidArgument: it holds no picture.
absl::StatusOr<std::vector<ImageRecord>> ListPictures(const std::string& folder);

}  // namespace lookbook
