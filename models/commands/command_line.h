// lookbook-train's subcommands. Each Add… registers one with its flags and examples; ParseAndRun
// runs the one chosen.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "models/commands/pipeline.h"

namespace lookbook {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;     // Flags, a recipe or data that must be changed.
inline constexpr int kExitDiverged = 4;  // The training ran away, or collapsed.
inline constexpr int kExitInterrupted = 130;

// What a subcommand does once its flags are read.
using CommandRun = std::function<absl::Status()>;
using CommandList = std::vector<std::pair<CLI::App*, CommandRun>>;

void AddSynthCommand(CLI::App& app, CommandList* commands);
void AddEdaCommand(CLI::App& app, CommandList* commands);
void AddPrepareCommand(CLI::App& app, CommandList* commands);
void AddPipelineCommands(CLI::App& app,
                         CommandList* commands);  // train, export, index, calibrate, publish, run
void AddEvaluateCommand(CLI::App& app, CommandList* commands);
void AddCompareCommand(CLI::App& app, CommandList* commands);
void AddReproduceCommand(CLI::App& app, CommandList* commands);
void AddPredictCommand(CLI::App& app, CommandList* commands);
void AddReportCommand(CLI::App& app, CommandList* commands);
void AddSignCommand(CLI::App& app, CommandList* commands);
void AddVerifyCommand(CLI::App& app, CommandList* commands);

// --recipe, --data and --out, which all steps share.
void AddPipelineFlags(CLI::App& command, PipelineOptions* options);

// --device and --precision: where a training computes, in place of what the recipe says.
void AddComputeFlags(CLI::App& command, std::string* device, std::string* precision);

// --threads, 1 to 1,024; `*threads` is the default.
void AddThreadsFlag(CLI::App& command, int* threads);

int ExitCode(const absl::Status& status);

// Runs the command that was parsed, as ParseAndRun does; what it throws is reported like a status.
int RunParsed(const CommandList& commands);

// The whole program but for signals: prints errors to standard error and returns the exit code.
int ParseAndRun(int argc, const char* const* argv);

}  // namespace lookbook
