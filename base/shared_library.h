// Code that is opened at run time.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace lookbook {

// Who may see the symbols of an opened library.
enum class SymbolScope {
  kOwn,     // The library alone: its copies of what the program has too do not mix with those.
  kShared,  // Every library that is opened later.
};

// Opens `path` for the rest of the process's life and resolves all of its symbols; the handle is
// dlsym's. NotFound: there is no such file. FailedPrecondition: the loader refused it; the message
// is the loader's, which names the library that is missing.
absl::StatusOr<void*> OpenSharedLibrary(const std::string& path, SymbolScope scope);

// The address of `name` in what OpenSharedLibrary() gave. NotFound names both.
absl::StatusOr<void*> FindSymbol(void* library, const std::string& path, const std::string& name);

// The file that holds the code or data at `address`, as the loader knows it. NotFound: none does.
absl::StatusOr<std::string> FileOfAddress(const void* address);

}  // namespace lookbook
