// kvasir-gpu-check: whether a backend computes what the others do. No Qt: it must run on machines that have
// little beside a GPU.
#include "tests/gpu/backend_under_test.h"
#include "tests/gpu/check_options.h"
#include "tests/gpu/check_report.h"
#include "tests/gpu/model_checks.h"
#include "tests/gpu/operation_checks.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <random>
#include <string>

using namespace kvasir::engine;
using namespace kvasir::engine::test;

namespace {

constexpr int kExitFailed = 1;
constexpr int kExitBadUsage = 2;
constexpr int kExitSkipped = 77;  // ctest's SKIP_RETURN_CODE

constexpr const char* kUsage =
    "kvasir-gpu-check [--seed N] [--rounds N] [--small] [--golden FOLDER] [--model FILE] [--only PART]\n"
    "  --seed N         of the random shapes and values; a new one where it is not given\n"
    "  --rounds N       random shapes for each kind of check (3)\n"
    "  --small          small shapes, one way to compute for each type: for a backend that is slow\n"
    "  --golden FOLDER  tests/golden of the source tree\n"
    "  --model FILE     also compare a model's text with the CPU's\n"
    "  --only PART      device, which is only named; rows, attention, exact-products, fast-products,\n"
    "                   large-products, or all of these: operations; golden; text\n"
    "Exit code: 0 all is well, 1 something is not, 2 bad usage, 77 there is no device.\n";

/// Operations that are checked together. An error of the device ends the process, and with it the part.
struct OperationPart {
  const char* name;
  void (*check)(OperationContext&);
};
constexpr OperationPart kOperations[] = {{"rows", check_rows},
                                         {"attention", check_attention},
                                         {"exact-products", check_exact_products},
                                         {"fast-products", check_fast_products},
                                         {"large-products", check_large_products}};
constexpr const char* kAllOperations = "operations";

struct CommandLine {
  CheckOptions options;
  std::string only;

  bool wants(const char* part) const { return only.empty() || only == part; }
};

bool is_part(const std::string& name) {
  return name == "device" || name == "golden" || name == "text" || name == kAllOperations ||
         std::ranges::find(kOperations, name, &OperationPart::name) != std::end(kOperations);
}

CommandLine parse(int argc, char** argv) {
  CommandLine line;
  line.options.seed = std::random_device()();
  line.options.golden_folder = KVASIR_GOLDEN_DIR;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    const bool last = i + 1 == argc;
    if (option == "--small")
      line.options.small = true;
    else if (option == "--seed" && !last)
      line.options.seed = static_cast<uint32_t>(std::strtoul(argv[++i], nullptr, 10));
    else if (option == "--rounds" && !last)
      line.options.rounds = static_cast<unsigned>(std::strtoul(argv[++i], nullptr, 10));
    else if (option == "--golden" && !last)
      line.options.golden_folder = argv[++i];
    else if (option == "--model" && !last)
      line.options.model = argv[++i];
    else if (option == "--only" && !last && is_part(argv[i + 1]))
      line.only = argv[++i];
    else {
      std::fputs(kUsage, stderr);
      std::exit(kExitBadUsage);
    }
  }
  return line;
}

}  // namespace

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);  // what was found is there also where the program is stopped
  const CommandLine line = parse(argc, argv);
  const auto device = device_under_test();
  if (!device) {
    std::printf("Skipped: %s\n", device.error().message.c_str());
    return kExitSkipped;
  }
  constexpr double kGiB = 1 << 30;
  std::printf("%s, compute capability %d.%d, %.1f of %.1f GiB free, --seed %u\n", device->name.c_str(),
              device->compute_capability / 10, device->compute_capability % 10,
              static_cast<double>(device->free_bytes) / kGiB, static_cast<double>(device->total_bytes) / kGiB,
              line.options.seed);
  if (line.only == "device") return 0;

  CheckReport report;
  if (line.wants("golden")) check_golden_models(line.options, report);
  for (const OperationPart& part : kOperations) {
    if (!line.wants(part.name) && !line.wants(kAllOperations)) continue;
    OperationContext context(line.options, report);
    part.check(context);
  }
  if (line.wants("text") && !line.options.model.empty()) check_model_text(line.options, report);
  std::printf("%u of %u checks failed, --seed %u\n", report.failures(), report.checks(), line.options.seed);
  return report.failed() ? kExitFailed : 0;
}
