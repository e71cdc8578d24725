#!/usr/bin/env bash
# Checks and measures Kvasir on a machine with an NVIDIA GPU, step by step: run.sh help
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

usage() {
  cat <<'TEXT'
run.sh STEP, one of:
  build           configure and build from the sources, for this machine's GPU (needs nvcc, CMake, Ninja, a C++20
                  compiler, and the headers of PCRE2, OpenSSL, xxHash, SQLite, spdlog, CLI11, nlohmann-json and expected)
  bundle DIR ARCH instead of it, on another machine that has these: the same for GPUs of compute capability ARCH
                  ("90-real"), with all that the other steps need, in DIR. They are then steps of DIR/run.sh.
  check           everything that is computed, against the scalar backend, golden models and the CPU
  sanitize        small shapes under compute-sanitizer: memory, races, barriers
  model [SHAPE]   make a model with random weights in a published shape (v2-lite), to measure with
  bench [SHAPE]   prefill and decode at growing depths of such a model
  profile [SHAPE] how long each kernel takes in decode
Each step ends within ten minutes or is stopped. KVASIR_MODELS is the folder of made models (/tmp).
TEXT
}

limit() { timeout --kill-after=10 590 "$@"; }

# A bundle holds the programs beside this script.
if [[ -d $here/bin ]]; then
  root=$here bin=$here/bin golden=$here/golden starter=$here/kvasir-starter-0.1.gguf
  export LD_LIBRARY_PATH=$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
else
  root=$(cd "$here/../.." && pwd)
  bin=$root/build/gpu/bin golden=$root/tests/golden starter=$root/resources/models/kvasir-starter-0.1.gguf
fi

build() {  # architecture
  cmake --preset gpu -S "$root" -DCMAKE_CUDA_ARCHITECTURES="$1"
  cmake --build "$root/build/gpu" --target kvasir-gpu-check kvasir-bench
}

# The C library is the machine's own; of the others it may have other versions.
copy_libraries() {  # folder program…
  local folder=$1
  shift
  ldd "$@" | awk '$2 == "=>" && $3 ~ /^\// {print $3}' | sort -u |
    grep -vE '/(libc|libm|libdl|librt|libpthread|ld-linux[^/]*)\.so' | xargs -I{} cp -L {} "$folder"
}

bundle() {  # folder architecture
  build "$2"
  mkdir -p "$1/bin" "$1/lib" "$1/golden"
  cp "$bin"/kvasir-gpu-check "$bin"/kvasir-bench "$bin"/libkvasir_cuda.so "$1/bin"
  strip "$1"/bin/*
  copy_libraries "$1/lib" "$1"/bin/*
  cp "$golden"/deepseek2-* "$golden"/heldout-511-tokens.txt "$1/golden"
  cp "$starter" "$here/run.sh" "$1"
  du -sh "$1"
}

check() { limit "$bin/kvasir-gpu-check" --golden "$golden" "$@"; }

sanitize() {
  local sanitizer tool
  sanitizer=$(command -v compute-sanitizer || echo /usr/local/cuda/bin/compute-sanitizer)
  [[ -x $sanitizer ]] || { echo "There is no compute-sanitizer here." >&2; exit 77; }
  for tool in ${*:-memcheck racecheck synccheck}; do
    echo "$tool:"
    limit "$sanitizer" --tool "$tool" --error-exitcode 1 \
      "$bin/kvasir-gpu-check" --golden "$golden" --only operations --small --rounds 1
  done
}

model_file() { echo "${KVASIR_MODELS:-/tmp}/kvasir-$1.gguf"; }

case ${1:-help} in
  build) build "${2:-native}" ;;
  bundle) bundle "${2:?a folder, please}" "${3:?the compute capability, please}" ;;
  check) check --model "$starter" "${@:2}" ;;
  sanitize) sanitize "${@:2}" ;;
  model) limit "$bin/kvasir-bench" make-model --shape "${2:-v2-lite}" "$(model_file "${2:-v2-lite}")" ;;
  bench)
    limit "$bin/kvasir-bench" --model "$(model_file "${2:-v2-lite}")" --backend cuda --depth 0,4096,16384 \
      --prompt-tokens 4096 --generate-tokens 128 --repeat 3
    ;;
  profile)
    limit "$bin/kvasir-bench" --model "$(model_file "${2:-v2-lite}")" --backend cuda --depth 0,16384 --prompt-tokens 4096 \
      --generate-tokens 64 --repeat 1 --profile
    ;;
  *) usage ;;
esac
