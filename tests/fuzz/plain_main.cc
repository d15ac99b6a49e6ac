// Runs a fuzz target without libFuzzer, so that it is built and run with every compiler and cannot
// rot: each file of the corpora, then mutations of them by a seed. An input that ends the process
// is left in ./crash.
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "base/files.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" {
size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);
// Of targets that know the form of their input.
__attribute__((weak)) size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                                     unsigned seed);
}

namespace lookbook {

// Of plain_mutate.cc.
void SeedMutations(unsigned seed);

namespace {

constexpr size_t kMaxSize = 32 << 10;

struct Options {
  std::vector<std::string> corpora;
  int64_t runs = 5000;
  double seconds = 2;
  unsigned seed = 1;
};

std::string current_input;

// Async-signal-safe.
void LeaveInput(int signal) {
  const int file = ::open("crash", O_CREAT | O_TRUNC | O_WRONLY, 0644);
  const ssize_t written = ::write(file, current_input.data(), current_input.size());
  static constexpr char kSaid[] = "the input is in ./crash\n";
  const ssize_t said = ::write(STDERR_FILENO, kSaid, sizeof(kSaid) - 1);
  if (written < 0 || said < 0) ::_exit(1);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void Run(const std::string& input) {
  current_input = input;
  // Exactly as large as the input, so that a sanitizer sees a read beyond it.
  const std::vector<uint8_t> bytes(input.begin(), input.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

std::vector<std::string> ReadCorpora(const std::vector<std::string>& folders) {
  std::vector<std::string> paths;
  for (const std::string& folder : folders) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file()) paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());  // The order of a folder is the file system's.
  std::vector<std::string> inputs;
  for (const std::string& path : paths) inputs.push_back(ReadFile(path).value());
  return inputs;
}

std::string Mutated(std::string input, std::minstd_rand* random) {
  const size_t size = std::min(input.size(), kMaxSize);
  input.resize(kMaxSize);
  auto* const data = reinterpret_cast<uint8_t*>(input.data());
  input.resize(LLVMFuzzerCustomMutator != nullptr
                   ? LLVMFuzzerCustomMutator(data, size, kMaxSize, (*random)())
                   : LLVMFuzzerMutate(data, size, kMaxSize));
  return input;
}

int64_t RunMutations(const Options& options, const std::vector<std::string>& inputs) {
  const auto end =
      std::chrono::steady_clock::now() + std::chrono::duration<double>(options.seconds);
  std::minstd_rand random(options.seed);
  SeedMutations(options.seed);
  int64_t runs = 0;
  for (; runs < options.runs && std::chrono::steady_clock::now() < end; ++runs) {
    std::string input = inputs[random() % inputs.size()];
    for (unsigned changes = 1 + random() % 4; changes > 0; --changes) {
      input = Mutated(std::move(input), &random);
    }
    Run(input);
  }
  return runs;
}

void LeaveInputAtCrash() {
  std::signal(SIGABRT, &LeaveInput);
#if !defined(__SANITIZE_ADDRESS__)  // Its own handlers say more, and then abort.
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) std::signal(signal, &LeaveInput);
#endif
}

int RunAll(const Options& options) {
  LeaveInputAtCrash();
  const std::vector<std::string> inputs = ReadCorpora(options.corpora);
  if (inputs.empty()) {
    std::fprintf(stderr, "there is no file in the corpora\n");
    return 2;
  }
  Run("");
  for (const std::string& input : inputs) Run(input);
  const int64_t runs = RunMutations(options, inputs);
  std::printf("%zu files and %lld mutations passed\n", inputs.size(), static_cast<long long>(runs));
  return 0;
}

}  // namespace
}  // namespace lookbook

int main(int argc, char** argv) {
  CLI::App app("Runs a fuzz target over corpora and mutations of their files.");
  lookbook::Options options;
  app.add_option("CORPUS", options.corpora, "Folders of inputs")
      ->required()
      ->check(CLI::ExistingDirectory);
  app.add_option("--runs", options.runs, "Mutations, at most")->capture_default_str();
  app.add_option("--seconds", options.seconds, "Time for them, at most")->capture_default_str();
  app.add_option("--seed", options.seed, "Of the mutations")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return lookbook::RunAll(options);
}
