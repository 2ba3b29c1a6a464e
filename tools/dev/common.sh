# Sourced by the verbs in bin/: where things are, how many jobs fit, and the cheap "is it up to date?" check.
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
build=$root/build
presets="release debug asan tsan paranoid fuzz"

say() { echo "dev: $*" >&2; }
die() { echo "dev: $*" >&2; exit 1; }

# As many jobs as cores, but at least 1.5 GB of memory for each.
jobs() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/^MemTotal:/ {print int($2 / 1500000)}' /proc/meminfo)
  [[ $memory -ge 1 ]] || memory=1
  echo "${OROCHI_JOBS:-$((cores < memory ? cores : memory))}"
}

is_preset() { [[ " $presets " == *" ${1:-} "* ]]; }

# The sanitizers' options, for programs of the preset $1. A leak is no fault of a process that just ends.
sanitizer_environment() {
  local symbolizer
  symbolizer=$(command -v llvm-symbolizer-19 || true)
  case $1 in
    asan | fuzz)
      export ASAN_OPTIONS="detect_leaks=0:detect_stack_use_after_return=0:allocator_may_return_null=1:handle_segv=1${symbolizer:+:external_symbolizer_path=$symbolizer}${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
      export UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1${UBSAN_OPTIONS:+:$UBSAN_OPTIONS}" ;;
    tsan)
      local suppressions=$root/tests/tsan-suppressions.txt
      export TSAN_OPTIONS="halt_on_error=1:second_deadlock_stack=1:die_after_fork=0$([[ -e $suppressions ]] && echo ":suppressions=$suppressions")${symbolizer:+:external_symbolizer_path=$symbolizer}${TSAN_OPTIONS:+:$TSAN_OPTIONS}" ;;
  esac
}
