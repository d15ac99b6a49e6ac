// `lookbook search` at work: asks for every picture and item, prints each answer in order.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/class_names.h"
#include "client/query_result.h"
#include "client/query_source.h"
#include "client/search_client.h"
#include "client/search_flags.h"
#include "client/terminal.h"
#include "client/true_labels.h"

namespace lookbook {

// Not thread-safe; runs once.
class SearchRun {
 public:
  SearchRun(const SearchFlags& flags, TextStyle style) : flags_(flags), style_(style) {}

  // Returns the exit code of the program. A query that fails is reported and the
  // others go on; without a connection the rest is given up.
  int Run();

 private:
  int RunAgainstServer(const std::vector<QuerySource>& sources);
  absl::Status LoadNames();
  QueryResult Ask(const QuerySource& source) const;  // On any thread.
  absl::Status AskInto(const QuerySource& source, QueryResult& result) const;
  bool Show(QueryResult result);
  void Print(const QueryResult& result);
  void WriteSheet();
  void Note(int exit_code);

  const SearchFlags flags_;
  const TextStyle style_;
  std::unique_ptr<SearchClient> client_;
  ClassNames names_;
  TrueLabels labels_;
  v1::SearchRequest request_;         // What all queries share.
  std::vector<QueryResult> results_;  // Kept for the contact sheet alone.
  int printed_ = 0;
  int exit_code_ = 0;  // The gravest so far.
};

}  // namespace lookbook
