#include "app/cli/command.h"

#include <cstdio>
#include <exception>
#include <fstream>
#include <sstream>
#include <string>

namespace kvasir::app {
namespace {

int report(const CLI::App& command_line, const std::string& message, int exit_code) {
  std::fprintf(stderr, "%s: %s\n", command_line.get_name().c_str(), message.c_str());
  return exit_code;
}

}  // namespace

int run_command_line(CLI::App& command_line, int argc, char** argv) {
  try {
    command_line.parse(argc, argv);
    return kExitOk;
  } catch (const CLI::Success& help_or_version) {
    return command_line.exit(help_or_version);
  } catch (const CLI::ParseError& error) {
    return report(command_line, std::string(error.what()) + " (see --help)", kExitBadInput);
  } catch (const CommandFailed& failed) {
    return report(command_line, failed.message, failed.exit_code);
  } catch (const std::bad_alloc&) {
    return report(command_line, "there is not enough memory", kExitFailed);
  } catch (const std::exception& error) {
    return report(command_line, error.what(), kExitFailed);
  }
}

std::string read_text_file(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream bytes;
  if (!(stream && bytes << stream.rdbuf()) && !stream.eof())
    throw CommandFailed{kExitBadInput, path + " can't be read."};
  return bytes.str();
}

}  // namespace kvasir::app
