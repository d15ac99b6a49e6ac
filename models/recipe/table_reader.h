// Reads a TOML table strictly: every key must be asked for, have the right type and lie in its
// range.
#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace lookbook {

// One table of a document. All readers of a document share one status: the first problem is kept,
// later calls do nothing, so that a caller reads key after key and looks once. A key that is absent
// leaves its value as it was. Every message begins "FILE:LINE: PATH.KEY: ". Not thread-safe.
class TableReader {
 public:
  // `table`, `status` must outlive the reader. `path` is "" for the document itself, "data.augment"
  // for a part.
  TableReader(const toml::table& table, std::string path, std::string file, absl::Status* status);

  bool Has(absl::string_view key) const;
  bool IsTable(absl::string_view key) const;
  void Text(absl::string_view key, std::string* value);
  // One of `allowed`; a value in `later` belongs to a feature that this version lacks, which the
  // message says.
  void Choice(absl::string_view key, const std::vector<std::string>& allowed,
              const std::vector<std::string>& later, std::string* value);
  // Both bounds are inclusive.
  void Integer(absl::string_view key, int64_t low, int64_t high, int64_t* value);
  void Integer(absl::string_view key, int low, int high, int* value);
  void Number(absl::string_view key, double low, double high, double* value);
  void Flag(absl::string_view key, bool* value);
  // [low, high] as an array of two ascending numbers within the bounds.
  void Range(absl::string_view key, double low, double high, double* first, double* second);

  // Calls `read` with a reader of the part `key`, then its Finish().
  template <typename Fn>
  void Table(absl::string_view key, Fn&& read) {
    const toml::table* part = FindTable(key);
    if (part == nullptr) return;
    TableReader reader(*part, PathOf(key), file_, status_);
    read(reader);
    reader.Finish();
  }

  // The elements of array `key`, each a table (read as above) or, where `text` is given, a string.
  template <typename TableFn, typename TextFn>
  void Array(absl::string_view key, TableFn&& read_table, TextFn&& read_text) {
    const toml::array* array = FindArray(key);
    if (array == nullptr) return;
    for (size_t i = 0; i < array->size() && status_->ok(); ++i) {
      const toml::node& node = (*array)[i];
      const std::string path = PathOf(key) + "[" + std::to_string(i) + "]";
      if (const toml::table* table = node.as_table()) {
        TableReader reader(*table, path, file_, status_);
        read_table(reader);
        reader.Finish();
      } else if (!node.is_string() || !read_text(**node.as_string())) {
        FailAt(node, path, "is not one of the values that are understood here");
      }
    }
  }

  // Keys of features that this version lacks: an error that says so, when one is there.
  void Later(const std::vector<std::string>& keys);
  // Where `counts` is false a key of `keys` would do nothing: an error "has no effect: WHY".
  void OnlyWhere(bool counts, const std::vector<std::string>& keys, absl::string_view why);
  // Fails with the line of `key`, or of the table where it has none.
  void Fail(absl::string_view key, absl::string_view message);
  // Every key that was never asked for is unknown.
  void Finish();

  bool ok() const { return status_->ok(); }

 private:
  const toml::node* Find(absl::string_view key);
  const toml::table* FindTable(absl::string_view key);
  const toml::array* FindArray(absl::string_view key);
  std::string PathOf(absl::string_view key) const;
  void FailAt(const toml::node& node, absl::string_view path, absl::string_view message);

  const toml::table& table_;
  const std::string path_;
  const std::string file_;
  absl::Status* status_;
  std::vector<std::string> asked_;
};

// The document, or InvalidArgument "FILE:LINE: …" for a syntax error or for what may nest too deep
// (base/toml_depth.h).
absl::Status ParseToml(absl::string_view text, absl::string_view file, toml::table* table);

}  // namespace lookbook
