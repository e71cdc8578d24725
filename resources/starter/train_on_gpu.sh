#!/usr/bin/env bash
# The whole recipe on one machine with a GPU: generate, encode, train, export. Nothing is fetched from a network.
#
#   resources/starter/train_on_gpu.sh CORPUS WORK
#
# CORPUS is the folder that prepare.py wrote (15 MiB), WORK takes everything else; WORK/out holds what is to be kept.
# Called again with the same WORK, it goes on where it stopped: each stage leaves a mark when it is done, and training goes
# on from its checkpoint. Where commands may run for so long only, set SITTING (minutes of training in one call): it exits
# with 75 while there is more to train.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
corpus=${1:?folder of prepare.py}
work=${2:?working folder}

: "${PYTHON:=python3}"
: "${TOKENS:=300e6}"            # synthetic ones
: "${SHAPE:=starter}"
: "${BUDGET:=--minutes 15}"     # of training, or --tokens N
: "${SITTING:=}"
: "${HOLD_OUT:=500}"           # one document of so many is kept apart
: "${TRAIN_OPTIONS:=}"
: "${VERSION:=1.0}"
: "${PART_SIZE:=15M}"           # of the parts in which the model is handed back
export PYTHONUNBUFFERED=1

mkdir -p "$work/out"
log=$work/out/log.txt

# stage NAME LIMIT COMMAND…: once, and for at most so long.
stage() {
  local name=$1 limit=$2 status=0
  shift 2
  [[ -e $work/$name.done ]] && return
  echo "== $name ($(date +%T))" | tee -a "$log"
  timeout "$limit" "$@" 2>&1 | tee -a "$log" || status=${PIPESTATUS[0]}
  ((status == 0)) || { echo "$name ended with $status" | tee -a "$log"; exit "$status"; }
  touch "$work/$name.done"
}

stage generate 5m "$PYTHON" "$here/generate.py" --out "$work/made" --tokens "$TOKENS"
stage encode 5m "$PYTHON" "$here/encode.py" --out "$work/tokens" --hold-out "$HOLD_OUT" "$corpus"/*.jsonl.xz "$work"/made/*.jsonl.xz
# shellcheck disable=SC2086 # options are words
stage train 30m "$PYTHON" "$here/train.py" --data "$work/tokens" --out "$work/run" --shape "$SHAPE" $BUDGET \
  ${SITTING:+--sitting "$SITTING"} $TRAIN_OPTIONS
stage export 2m "$PYTHON" "$here/export.py" "$work/run/checkpoint.pt" "$here/vocabulary.txt" --version "$VERSION" \
  --out "$work/kvasir-starter-$VERSION.gguf"

split -b "$PART_SIZE" "$work/kvasir-starter-$VERSION.gguf" "$work/out/kvasir-starter-$VERSION.gguf.part-"
(cd "$work" && sha256sum "kvasir-starter-$VERSION.gguf") >"$work/out/sha256.txt"
echo "Done. Put it together: cat kvasir-starter-$VERSION.gguf.part-* > kvasir-starter-$VERSION.gguf; sha256sum -c sha256.txt" | tee -a "$log"
