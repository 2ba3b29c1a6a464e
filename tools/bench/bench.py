"""Runs the programs below bench/ on Orochi and on the peers, interleaved, and prints medians, ratios and memory.

A program prints its result on stdout and one line of JSON on stderr: {"seconds": time of its own hot part} or
{"bytes": growth of resident memory}. bench/startup measures the whole process of `-c pass`. Results of all runtimes must
be equal. A ratio says how many times better than CPython: its seconds (or bytes) divided by ours. The programs of
bench/threads take --threads N and do the same work in each; their figure is the work of N threads against that of one.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BENCH = os.path.join(ROOT, "bench")
BASE = "cpython"  # ratios are against this one


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def programs(names):
    """(group/name, path) of every program that a name selects: a group, group/name, or name."""
    found = []
    for group in sorted(os.listdir(BENCH)):
        folder = os.path.join(BENCH, group)
        if os.path.isdir(folder) and not group.startswith(("_", ".")):
            for file in sorted(os.listdir(folder)):
                if file.endswith(".py") and not file.startswith("_"):
                    found.append((group + "/" + file[:-3], os.path.join(folder, file)))
    if not names:
        return found
    chosen = []
    for name in names:
        matches = [one for one in found if name in (one[0], one[0].split("/")[0], one[0].split("/")[1])]
        if not matches:
            sys.exit("bench: no program or group %s" % name)
        chosen += [one for one in matches if one not in chosen]
    return chosen


class Failure(Exception):
    pass


def run_once(runtime, name, path, timeout, arguments=()):
    """(measure, unit, stdout, peak KiB) of one run."""
    startup = name.startswith("startup/")
    command = [runtime] + (["-c", "pass"] if startup else [path]) + list(arguments)
    out, err = os.path.join(WORK, "stdout"), os.path.join(WORK, "stderr")
    with open(out, "wb") as stdout, open(err, "wb") as stderr:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, cwd=WORK)
        peak = 0
        if hasattr(os, "wait4"):
            if startup:
                pid, status, usage = os.wait4(process.pid, 0)
            else:
                while True:
                    pid, status, usage = os.wait4(process.pid, os.WNOHANG)
                    if pid:
                        break
                    if time.perf_counter() - began > timeout:
                        process.kill()
                    time.sleep(0.01)
            peak = usage.ru_maxrss
            process.returncode = os.waitstatus_to_exitcode(status)
        else:
            process.wait()
        elapsed = time.perf_counter() - began
    with open(out, encoding="utf-8", errors="replace") as file:
        result = file.read()
    with open(err, encoding="utf-8", errors="replace") as file:
        said = file.read().strip().split("\n")
    if process.returncode != 0:
        raise Failure("exit status %d: %s" % (process.returncode, said[-1]))
    if startup:
        return elapsed, "seconds", result, peak
    try:
        measure = json.loads(said[-1])
    except ValueError:
        raise Failure("no measure: " + said[-1]) from None
    unit = "bytes" if "bytes" in measure else "seconds"
    return measure[unit], unit, result, peak


def measure(name, path, runtimes, options):
    """{runtime: (median, unit, peak)} or {runtime: message}; runtimes take turns."""
    runs = options.runs * 4 if name.startswith("startup/") else options.runs
    if name.startswith("memory/"):
        runs = min(runs, 3)
    values = {label: [] for label, _ in runtimes}
    results, failures, peaks, units = {}, {}, {}, {}
    for turn in range(runs):
        for label, runtime in runtimes:
            if label in failures:
                continue
            try:
                value, unit, result, peak = run_once(runtime, name, path, options.timeout)
            except (Failure, OSError) as problem:
                failures[label] = str(problem)
                continue
            values[label].append(value)
            units[label] = unit
            peaks[label] = max(peak, peaks.get(label, 0))
            if results.setdefault(label, result) != result:
                failures[label] = "two runs gave different results"
    reference = results.get(BASE)
    for label in results:
        if label not in failures and reference is not None and results[label] != reference:
            failures[label] = "another result than CPython's: %r, not %r" % (results[label][:60], reference[:60])
    return {
        label: failures[label] if label in failures else (median(values[label]), units[label], peaks[label])
        for label in values
    }


def measure_scaling(name, path, runtimes, options):
    """bench/threads: how much more work several threads do than one; the group's programs take --threads."""
    line, bad, ours = "%-28s" % name, None, None
    for label, runtime in runtimes:
        times = {1: [], options.threads: []}
        try:
            for turn in range(options.runs):
                for threads in times:
                    times[threads].append(run_once(runtime, name, path, options.timeout, ["--threads", str(threads)])[0])
        except (Failure, OSError) as problem:
            line += "%14s%10s" % ("-", "-")
            bad = "    %s: %s" % (label, problem) if label == "orochi" else bad
            continue
        one, many = median(times[1]), median(times[options.threads])
        ratio = options.threads * one / many
        line += "%14s%10.2f" % (show(one, "seconds"), ratio)
        if label == "orochi":
            ours = ratio
    print(line)
    if bad:
        print(bad)
    sys.stdout.flush()
    return ours


def main_scaling(chosen, runtimes, options):
    print("%-28s" % ("%d threads, median of %d" % (options.threads, options.runs)) +
          "".join("%14s%10s" % (label, "scaling") for label, _ in runtimes))
    ratios = [measure_scaling(name, path, runtimes, options) for name, path in chosen]
    good = [ratio for ratio in ratios if ratio]
    if good:
        print("threads: geometric mean of scaling %.2f, least %.2f" % (
            math.exp(sum(map(math.log, good)) / len(good)), min(good)))
    return len(good) != len(ratios)


def show(value, unit):
    if unit == "bytes":
        return "%.0f MB" % (value / 1e6)
    return "%.3f s" % value if value >= 0.1 else "%.1f ms" % (value * 1e3)


def main():
    parser = argparse.ArgumentParser(prog="dev bench", description="Orochi beside its peers")
    parser.add_argument("names", nargs="*", help="groups or programs below bench/ (default: all)")
    parser.add_argument("--orochi", default=sys.executable, help="the executable to measure")
    parser.add_argument("--against", help="another build of Orochi, measured too")
    parser.add_argument("--peers", default=os.path.join(os.environ.get("OROCHI_PEERS", "/opt/orochi-peers"), "bin"))
    parser.add_argument("--runs", type=int, default=5, help="runs of each program on each runtime (default: 5)")
    parser.add_argument("--threads", type=int, default=2, help="threads for bench/threads (default: 2)")
    parser.add_argument("--only-orochi", action="store_true", help="leave the peers out")
    parser.add_argument("--timeout", type=float, default=120, help="seconds for one run")
    parser.add_argument("--json", metavar="FILE", help="also write the figures there")
    options = parser.parse_args()

    runtimes = [("orochi", os.path.abspath(options.orochi))]
    if options.against:
        runtimes.append(("before", os.path.abspath(options.against)))
    for label in ("cpython", "pypy"):
        path = os.path.join(options.peers, label)
        if os.path.exists(path) and not options.only_orochi:
            runtimes.append((label, path))
    labels = [label for label, _ in runtimes]
    base = BASE if BASE in labels else labels[-1]
    chosen = programs(options.names)
    scaling = [one for one in chosen if one[0].startswith("threads/")]
    chosen = [one for one in chosen if one not in scaling]
    bad = 0
    if scaling:
        bad += main_scaling(scaling, runtimes, options)
        if not chosen:
            return 1 if bad else 0
    if base == "orochi":
        print("no peers in %s: only Orochi is measured" % options.peers)

    print("%-28s" % "median of %d" % options.runs + "".join("%14s" % label for label in labels) +
          "%12s%s%18s" % ("x " + base, "%12s" % "x before" if options.against else "", "peak / " + base))
    ratios, before_ratios, figures = {}, [], {}
    for name, path in chosen:
        row = measure(name, path, runtimes, options)
        figures[name] = row
        line = "%-28s" % name
        for label in labels:
            line += "%14s" % ("-" if isinstance(row[label], str) else show(row[label][0], row[label][1]))
        mine, other = row["orochi"], row[base]
        if not isinstance(mine, str) and not isinstance(other, str):
            ratio = other[0] / mine[0] if mine[0] > 0 else float("nan")
            if ratio > 0:
                ratios.setdefault(name.split("/")[0], []).append(ratio)
            line += "%12.2f" % ratio
            if options.against:
                before = row["before"]
                if isinstance(before, str) or mine[0] <= 0:
                    line += "%12s" % "-"
                else:
                    before_ratios.append(before[0] / mine[0])
                    line += "%12.3f" % before_ratios[-1]
            if mine[2] and other[2]:
                line += "%18.2f" % (mine[2] / other[2])
        print(line)
        for label in labels:
            if isinstance(row[label], str):
                print("    %s: %s" % (label, row[label]))
                bad += label == "orochi"
        sys.stdout.flush()
    everything = []
    for group, values in sorted(ratios.items()):
        everything += values
        print("%-28s%s" % (group + ": geometric mean", "%.2f x %s" % (math.exp(sum(map(math.log, values)) / len(values)), base)))
    if len(ratios) > 1:
        print("%-28s%.2f x %s" % ("all: geometric mean", math.exp(sum(map(math.log, everything)) / len(everything)), base))
    if before_ratios:
        print("%-28s%.3f" % ("against: geometric mean", math.exp(sum(map(math.log, before_ratios)) / len(before_ratios))))
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(figures, file, indent=1)
    return 1 if bad else 0


if __name__ == "__main__":
    WORK = os.path.join(ROOT, "build", "bench")
    os.makedirs(WORK, exist_ok=True)
    sys.exit(main())
