// The commands of `lookbook`. Each Add…Command declares its flags and, when it is the one on the
// command line, runs it and sets `exit_code`. `style` is that of standard output.
#pragma once

#include <CLI/CLI.hpp>

#include "client/terminal.h"

namespace lookbook {

void AddSearchCommand(CLI::App& app, const TextStyle& style, int& exit_code);
void AddBenchCommand(CLI::App& app, const TextStyle& style, int& exit_code);
void AddInfoCommand(CLI::App& app, const TextStyle& style, int& exit_code);
void AddHealthCommand(CLI::App& app, const TextStyle& style, int& exit_code);
void AddItemCommand(CLI::App& app, const TextStyle& style, int& exit_code);
void AddClassesCommand(CLI::App& app, const TextStyle& style, int& exit_code);
void AddBundlesCommand(CLI::App& app, const TextStyle& style, int& exit_code);
void AddActivateCommand(CLI::App& app, const TextStyle& style, int& exit_code);
void AddRollbackCommand(CLI::App& app, const TextStyle& style, int& exit_code);
void AddLogLevelCommand(CLI::App& app, const TextStyle& style, int& exit_code);

}  // namespace lookbook
