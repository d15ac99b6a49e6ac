#include "base/shared_library.h"

#include <dlfcn.h>

#include "absl/strings/str_cat.h"
#include "base/files.h"

namespace lookbook {
namespace {

std::string LoaderMessage() {
  const char* text = ::dlerror();
  return text != nullptr ? text : "the loader gives no reason";
}

}  // namespace

absl::StatusOr<void*> OpenSharedLibrary(const std::string& path, SymbolScope scope) {
  if (!PathExists(path)) return absl::NotFoundError(absl::StrCat(path, " is not there"));
  const int visible = scope == SymbolScope::kShared ? RTLD_GLOBAL : RTLD_LOCAL;
  void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_NODELETE | visible);
  if (library == nullptr) return absl::FailedPreconditionError(LoaderMessage());
  return library;
}

absl::StatusOr<void*> FindSymbol(void* library, const std::string& path, const std::string& name) {
  void* symbol = ::dlsym(library, name.c_str());
  if (symbol == nullptr) return absl::NotFoundError(absl::StrCat(path, " has no ", name));
  return symbol;
}

absl::StatusOr<std::string> FileOfAddress(const void* address) {
  Dl_info info = {};
  if (::dladdr(address, &info) == 0 || info.dli_fname == nullptr) {
    return absl::NotFoundError("no loaded file holds this address");
  }
  return std::string(info.dli_fname);
}

}  // namespace lookbook
