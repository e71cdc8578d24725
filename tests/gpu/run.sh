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
  all [SECONDS]   the steps below, what matters most first, until so much time (560) has passed: a line for each, and
                  what failed. Called again, it goes on with what is left. Logs lie in KVASIR_GPU_FOLDER.
  device          the GPU's name, memory and driver
  smoke           every operation once, in small, against the scalar backend
  check [PART]    all shapes, golden models, and the text of a small model against the CPU's; PART is one of
                  rows, attention, exact-products, fast-products, large-products, golden, text
  model [SHAPE]   make a model with random weights in a published shape (v2-lite), to measure with
  bench [SHAPE]   how fast it reads prompts, and answers at growing depths
  profile [SHAPE] how long each kernel takes in both
  split [SHAPE]   how fast it is where most experts stay in RAM
  processor [SHAPE] how fast the processor alone is, with growing numbers of threads and at growing depths
  sanitize TOOL   small shapes under compute-sanitizer: memcheck, racecheck or synccheck
Each step ends within ten minutes or is stopped. KVASIR_GPU_FOLDER is the folder of made models and logs (/tmp/kvasir-gpu).
TEXT
}

folder=${KVASIR_GPU_FOLDER:-/tmp/kvasir-gpu}

# A bundle holds the programs beside this script, and what they read unless it is a folder of the source tree.
if [[ -d $here/bin ]]; then
  root=$(cd "$here/.." && pwd) bin=$here/bin
  export LD_LIBRARY_PATH=$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
else
  root=$(cd "$here/../.." && pwd) bin=$root/build/gpu/bin
fi
golden=$root/tests/golden starter=$root/resources/models/kvasir-starter-0.1.gguf
[[ ! -d $here/golden ]] || golden=$here/golden starter=$here/kvasir-starter-0.1.gguf

# In the caller's process group, so that who stops the script stops this too.
limit() { timeout --foreground --kill-after=5 590 "$@"; }

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
  mkdir -p "$1/bin" "$1/lib"
  cp "$bin"/kvasir-gpu-check "$bin"/kvasir-bench "$bin"/libkvasir_cuda.so "$1/bin"
  strip "$1"/bin/*
  copy_libraries "$1/lib" "$1"/bin/*
  cp "$here/run.sh" "$1"
  # A folder of the source tree travels with it, and with what the checks read.
  if [[ $(realpath "$1/..") != "$root" ]]; then
    mkdir -p "$1/golden"
    cp "$golden"/deepseek2-* "$golden"/heldout-511-tokens.txt "$1/golden"
    cp "$starter" "$1"
  fi
  du -sh "$1"
}

device() {
  if command -v nvidia-smi >/dev/null; then
    nvidia-smi --query-gpu=driver_version,memory.used,clocks.max.sm,power.limit --format=csv
  fi
  "$bin/kvasir-gpu-check" --only device
}

check() {  # options of kvasir-gpu-check
  limit "$bin/kvasir-gpu-check" --golden "$golden" --model "$starter" "$@"
}

smoke() { check --only operations --small --rounds 1; }

sanitize() {  # tool
  local sanitizer
  sanitizer=$(command -v compute-sanitizer || echo /usr/local/cuda/bin/compute-sanitizer)
  [[ -x $sanitizer ]] || { echo "There is no compute-sanitizer here."; exit 77; }
  limit "$sanitizer" --tool "$1" --error-exitcode 1 --print-limit 20 \
    "$bin/kvasir-gpu-check" --only operations --small --rounds 1
}

model_file() { echo "$folder/kvasir-$1.gguf"; }

model() {  # shape
  mkdir -p "$folder"
  [[ -f $(model_file "$1") ]] || limit "$bin/kvasir-bench" make-model --shape "$1" "$(model_file "$1")"
}

measure() {  # shape options…
  limit "$bin/kvasir-bench" --model "$(model_file "$1")" "${@:2}"
}

# Decode is measured behind the prompt, so that prompts and answers want runs of their own.
bench() {  # shape
  measure "$1" --backend cuda --prompt-tokens 4096 --generate-tokens 8 --depth 0,16384 --repeat 5
  measure "$1" --backend cuda --prompt-tokens 8 --generate-tokens 256 --depth 0,4096,16384 --repeat 5
}

profile() {  # shape
  measure "$1" --backend cuda --prompt-tokens 4096 --generate-tokens 32 --profile
  measure "$1" --backend cuda --prompt-tokens 8 --generate-tokens 32 --depth 16384 --profile
}

split() {  # shape
  measure "$1" --backend cuda --vram-mib 6000 --prompt-tokens 512 --generate-tokens 32 --repeat 3
}

processor() {  # shape
  grep -m 1 "model name" /proc/cpuinfo
  grep -m 1 -owE "avx2|avx_vnni|avx512f|avx512_vnni|avx512_bf16|amx_int8" /proc/cpuinfo | sort -u | paste -sd ' '
  local threads type
  for ((threads = 2; threads <= $(nproc); threads *= 2)); do
    measure "$1" --threads "$threads" --prompt-tokens 512 --generate-tokens 32 --repeat 3
  done
  for type in f16 q8_0; do
    measure "$1" --kv-type "$type" --prompt-tokens 512 --generate-tokens 32 --depth 4096,16384
  done
}

# A step of `all` in a process of its own, whose end is no other's. A build's logs lie apart, with the exit codes of the
# steps that need not be done again.
step() {  # seconds step…
  local seconds=$1 name="${*:2}" left=$((budget - SECONDS)) begun=$SECONDS code=0
  local log=$logs/${name// /-}
  [[ ! -f $log.code ]] || return 0
  ((seconds < left)) || seconds=$left
  ((seconds >= 10)) || { echo "left out  $name"; return; }
  timeout --kill-after=5 "$seconds" "$here/run.sh" "${@:2}" >"$log.log" 2>&1 || code=$?
  ((code == 124 && seconds < $1)) || echo "$code" >"$log.code"
  echo "$(verdict "$code" "$seconds")  $name, $((SECONDS - begun)) s: $(summary "$code" "$log.log")"
}

verdict() {  # code seconds
  case $1 in
    0) echo "ok      " ;;
    77) echo "skipped " ;;
    124 | 137) echo "STOPPED after $2 s" ;;
    *) echo "FAILED ($1)" ;;
  esac
}

# The last line; of failures also which kinds of check, or what else was told, and the first few details.
summary() {  # code log
  tail -n 1 "$2" | cut -c 1-150
  (($1 == 0)) && return
  { grep -iE "failed|error|=====" "$2" | grep -v " may be: " | head -n 5 || true
    grep " may be: " "$2" | head -n 2 || true; } | cut -c 1-150 | sed 's/^/    /'
}

show() {  # step
  cut -c 1-110 "$logs/$1.log" 2>/dev/null | head -n 40 || true
}

all() {  # seconds
  budget=$1
  logs=$folder/logs-$(cat "$bin/kvasir-gpu-check" "$bin/libkvasir_cuda.so" | sha256sum | cut -c 1-8)
  mkdir -p "$logs"
  step 60 device
  show device
  [[ $(cat "$logs/device.code") == 0 ]] || return 1
  step 90 smoke
  # The scalar backend computes on one thread: these share the processor, and the GPU, which has little to do.
  local part tool
  for part in golden rows attention exact-products fast-products large-products text; do
    step 240 check "$part" &
  done
  step 240 model v2-lite &
  wait
  for part in bench profile split processor; do
    step 120 "$part" v2-lite
    show "$part-v2-lite"
  done
  for tool in memcheck racecheck synccheck; do step 120 sanitize "$tool"; done
  echo "Logs: $logs"
}

case ${1:-help} in
  build) build "${2:-native}" ;;
  bundle) bundle "${2:?a folder, please}" "${3:?the compute capability, please}" ;;
  all) all "${2:-560}" ;;
  device | smoke) "$1" ;;
  check) check ${2:+--only "$2"} "${@:3}" ;;
  model | bench | profile | split | processor) "$1" "${2:-v2-lite}" ;;
  sanitize) sanitize "${2:?a tool, please}" ;;
  *) usage ;;
esac
