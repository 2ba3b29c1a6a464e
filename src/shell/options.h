// The command line of `python`, as documented in "Command line and environment".
#pragma once

#include <string>

namespace orochi {

enum class RunKind { Interactive, Command, Module, File, Stdin, Version, Help, Error };

struct RunRequest {
  RunKind kind = RunKind::Interactive;
  std::string target;   // command text, module name or path
  int exit_status = 0;  // for Version, Help, Error
};

// Fills runtime/start.h's config from argv and the environment.
RunRequest parse_command_line(int argc, char** argv);

}  // namespace orochi
