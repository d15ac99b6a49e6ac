#include "models/recipe/table_reader.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "base/toml_depth.h"

namespace lookbook {
namespace {

std::string_view View(absl::string_view text) { return {text.data(), text.size()}; }

// node::value<double>() gives nothing for a whole number that is no double exactly. REQUIRES:
// is_number().
double NumberOf(const toml::node& node) {
  if (const auto* whole = node.as_integer()) return static_cast<double>(whole->get());
  return node.as_floating_point()->get();
}

bool Contains(const std::vector<std::string>& values, absl::string_view value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

}  // namespace

TableReader::TableReader(const toml::table& table, std::string path, std::string file,
                         absl::Status* status)
    : table_(table), path_(std::move(path)), file_(std::move(file)), status_(status) {}

bool TableReader::Has(absl::string_view key) const { return table_.contains(View(key)); }

bool TableReader::IsTable(absl::string_view key) const { return table_[View(key)].is_table(); }

std::string TableReader::PathOf(absl::string_view key) const {
  return path_.empty() ? std::string(key) : absl::StrCat(path_, ".", key);
}

void TableReader::FailAt(const toml::node& node, absl::string_view path,
                         absl::string_view message) {
  if (!status_->ok()) return;
  *status_ = absl::InvalidArgumentError(absl::StrCat(file_, ":", node.source().begin.line, ": ",
                                                     path.empty() ? "" : absl::StrCat(path, ": "),
                                                     message));
}

void TableReader::OnlyWhere(bool counts, const std::vector<std::string>& keys,
                            absl::string_view why) {
  if (counts) return;
  for (const std::string& key : keys) {
    if (ok() && Has(key)) Fail(key, absl::StrCat("has no effect: ", why));
  }
}

void TableReader::Fail(absl::string_view key, absl::string_view message) {
  const toml::node* node = table_.get(View(key));
  FailAt(node != nullptr ? *node : static_cast<const toml::node&>(table_),
         key.empty() ? path_ : PathOf(key), message);
}

const toml::node* TableReader::Find(absl::string_view key) {
  asked_.emplace_back(key);
  return status_->ok() ? table_.get(View(key)) : nullptr;
}

const toml::table* TableReader::FindTable(absl::string_view key) {
  const toml::node* node = Find(key);
  if (node == nullptr) return nullptr;
  if (!node->is_table()) Fail(key, "must be a table");
  return node->as_table();
}

const toml::array* TableReader::FindArray(absl::string_view key) {
  const toml::node* node = Find(key);
  if (node == nullptr) return nullptr;
  if (!node->is_array()) Fail(key, "must be an array");
  return node->as_array();
}

void TableReader::Text(absl::string_view key, std::string* value) {
  const toml::node* node = Find(key);
  if (node == nullptr) return;
  if (!node->is_string()) return Fail(key, "must be a string");
  *value = **node->as_string();
}

void TableReader::Choice(absl::string_view key, const std::vector<std::string>& allowed,
                         const std::vector<std::string>& later, std::string* value) {
  std::string text = *value;
  Text(key, &text);
  if (!status_->ok() || !Has(key)) return;
  if (Contains(later, text)) {
    return Fail(key, absl::StrCat("\"", text, "\" is not supported by this version; it knows: ",
                                  absl::StrJoin(allowed, ", ")));
  }
  if (!Contains(allowed, text)) {
    return Fail(key, absl::StrCat("\"", text, "\" is not one of: ", absl::StrJoin(allowed, ", ")));
  }
  *value = text;
}

void TableReader::Integer(absl::string_view key, int64_t low, int64_t high, int64_t* value) {
  const toml::node* node = Find(key);
  if (node == nullptr) return;
  if (!node->is_integer()) return Fail(key, "must be a whole number");
  const int64_t number = **node->as_integer();
  if (number < low || number > high) {
    return Fail(key, absl::StrCat(number, " is not within ", low, " to ", high));
  }
  *value = number;
}

void TableReader::Integer(absl::string_view key, int low, int high, int* value) {
  int64_t number = *value;
  Integer(key, int64_t{low}, int64_t{high}, &number);
  *value = static_cast<int>(number);
}

void TableReader::Number(absl::string_view key, double low, double high, double* value) {
  const toml::node* node = Find(key);
  if (node == nullptr) return;
  if (!node->is_number()) return Fail(key, "must be a number");
  const double number = NumberOf(*node);
  if (!(number >= low && number <= high)) {
    return Fail(key, absl::StrCat(number, " is not within ", low, " to ", high));
  }
  *value = number;
}

void TableReader::Flag(absl::string_view key, bool* value) {
  const toml::node* node = Find(key);
  if (node == nullptr) return;
  if (!node->is_boolean()) return Fail(key, "must be true or false");
  *value = **node->as_boolean();
}

void TableReader::Range(absl::string_view key, double low, double high, double* first,
                        double* second) {
  const toml::array* array = FindArray(key);
  if (array == nullptr) return;
  if (array->size() != 2 || !(*array)[0].is_number() || !(*array)[1].is_number()) {
    return Fail(key, "must be an array of two numbers");
  }
  const double a = NumberOf((*array)[0]);
  const double b = NumberOf((*array)[1]);
  if (!(a >= low && a <= b && b <= high)) {
    return Fail(key, absl::StrCat("[", a, ", ", b, "] is not an ascending pair within ", low,
                                  " to ", high));
  }
  *first = a;
  *second = b;
}

void TableReader::Later(const std::vector<std::string>& keys) {
  for (const std::string& key : keys) {
    if (Find(key) != nullptr) Fail(key, "is not supported by this version");
  }
}

void TableReader::Finish() {
  // The document keeps its keys sorted; the first unknown one in the file is reported.
  const toml::node* first = nullptr;
  std::string name;
  for (const auto& [key, node] : table_) {
    if (Contains(asked_, absl::string_view(key.str().data(), key.str().size()))) continue;
    if (first != nullptr && first->source().begin.line <= node.source().begin.line) continue;
    first = &node;
    name = std::string(key.str());
  }
  if (first == nullptr) return;
  std::sort(asked_.begin(), asked_.end());
  FailAt(*first, PathOf(name),
         absl::StrCat("unknown key; known here: ", absl::StrJoin(asked_, ", ")));
}

absl::Status ParseToml(absl::string_view text, absl::string_view file, toml::table* table) {
  LB_RETURN_IF_ERROR(CheckTomlDepth(text, file));
  try {
    *table = toml::parse(View(text), View(file));
    return absl::OkStatus();
  } catch (const toml::parse_error& e) {
    return absl::InvalidArgumentError(
        absl::StrCat(std::string(file), ":", e.source().begin.line, ": ",
                     absl::string_view(e.description().data(), e.description().size())));
  }
}

}  // namespace lookbook
