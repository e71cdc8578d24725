#include "app/logging/logging.h"

#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <vector>

namespace kvasir::app {
namespace {

constexpr size_t kLogFileBytes = size_t{1} << 20;
constexpr size_t kLogFiles = 4;

}  // namespace

void start_logging(const std::filesystem::path& folder) {
  auto to_terminal = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
  to_terminal->set_level(spdlog::level::warn);
  std::vector<spdlog::sink_ptr> sinks = {to_terminal};
  std::string problem;
  try {
    sinks.push_back(std::make_shared<spdlog::sinks::rotating_file_sink_mt>((folder / "kvasir.log").string(),
                                                                           kLogFileBytes, kLogFiles));
  } catch (const spdlog::spdlog_ex& error) {
    problem = error.what();
  }
  auto logger = std::make_shared<spdlog::logger>("kvasir", sinks.begin(), sinks.end());
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
  if (!problem.empty()) spdlog::warn("there is no log file: {}", problem);
}

}  // namespace kvasir::app
