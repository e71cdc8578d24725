#include "engine/runtime/cuda_library.h"

#include <dlfcn.h>

#include <array>
#include <filesystem>
#include <string>
#include <string_view>

namespace kvasir::engine {
namespace {

constexpr const char* kFileName = "libkvasir_cuda.so";
/// Where an installed program has it, from the program's folder.
constexpr const char* kLibraryFolder = "../" KVASIR_LIBRARY_FOLDER "/kvasir";

}  // namespace

Result<const CudaModule*> load_cuda_module() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return fail(ErrorCode::Device, "The program's folder can't be found: " + error.message() + ".");
  const auto folder = program.parent_path();
  for (const auto& path : {folder / kFileName, folder / kLibraryFolder / kFileName}) {
    if (!std::filesystem::exists(path, error)) continue;
    void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    const char* const reason = library == nullptr ? dlerror() : nullptr;
    if (reason != nullptr)
      return fail(ErrorCode::Device,
                  "The part for NVIDIA GPUs could not be loaded: " + std::string(reason) + ".");
    const auto module = reinterpret_cast<const CudaModule* (*)()>(dlsym(library, "kvasir_cuda_module"));
    if (module == nullptr || std::string_view(module()->build_id) != KVASIR_BUILD_ID)
      return fail(ErrorCode::Device,
                  path.string() + " belongs to another version of Kvasir. Install it again.");
    return module();
  }
  return fail(ErrorCode::Device, "This build of Kvasir has no part for NVIDIA GPUs.");
}

}  // namespace kvasir::engine
