"""Runs modules of CPython's own test suite, each in a process of its own, and compares every test with the committed lists.

Modules run in parallel with a memory limit and time limits. The driver is one loop over child processes: it reads the
results file each child appends to (run_module.py), so a test that takes too long is known by name; after a crash or a hang
the module is run again without the tests that are already known.

Committed below tests/conformance/: MODULE.pass (ids that pass; losing one fails), skip.txt (ids never run, with a reason),
cpython-counts.txt (what CPython passes, by --peer), modules.txt (what to run when nothing is named).
"""

import argparse
import fnmatch
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
LISTS = os.path.join(ROOT, "tests", "conformance")
REASONS = ("cpython-internal", "needs-capi")


def read_lines(path):
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().split("\n")
    except FileNotFoundError:
        return []
    return [line for line in lines if line.strip() and not line.startswith("#")]


def write_text(path, text):
    temporary = path + ".new"
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(temporary, path)


def read_skips():
    """{id: reason}; every row must name one of the two reasons."""
    skips = {}
    for line in read_lines(os.path.join(LISTS, "skip.txt")):
        parts = line.split(None, 1)
        reason = parts[1] if len(parts) > 1 else ""
        if not reason.startswith(REASONS):
            sys.exit("skip.txt: no reason (%s) for %s" % (" or ".join(REASONS), parts[0]))
        skips[parts[0]] = reason
    return skips


def read_counts():
    counts = {}
    for line in read_lines(os.path.join(LISTS, "cpython-counts.txt")):
        parts = line.split()
        counts[parts[0]] = tuple(int(part) for part in parts[1:4])
    return counts


class Run:
    """One module: its child process, what is known of its tests, and the limits."""

    def __init__(self, module, options, only, skips):
        self.module = module
        self.options = options
        self.outcomes = {}  # id -> (outcome, detail)
        self.current = None
        self.current_since = 0.0
        self.began = time.monotonic()
        self.seconds = 0.0
        self.restarts = 0
        self.finished = False
        self.offset = 0
        self.work = tempfile.mkdtemp(prefix="conf-")
        self.results = os.path.join(self.work, "results")
        self.skips = list(skips)  # all: ids of test_datetime, for one, begin with test.datetimetester
        self.only = None
        if only is not None:
            self.only = os.path.join(self.work, "only")
            write_text(self.only, "\n".join(only) + "\n")
        os.makedirs(options.out, exist_ok=True)
        self.log = os.path.join(options.out, module + ".log")
        open(self.log, "wb").close()
        self.process = None
        self.start()

    def start(self):
        skip = os.path.join(self.work, "skip")
        write_text(skip, "\n".join(list(self.outcomes) + self.skips) + "\n")
        scratch = os.path.join(self.work, "scratch%d" % self.restarts)
        os.mkdir(scratch)
        command = []
        if self.options.memory and shutil.which("prlimit"):
            command += ["prlimit", "--data=%d" % (self.options.memory << 20), "--core=0"]
        command += [self.options.python]
        command += self.options.python_args
        command += [os.path.join(HERE, "run_module.py"), self.module, self.results, "--skip", skip]
        if self.options.find_skips:
            command += ["--foreign", "yes"]
        if self.only:
            command += ["--only", self.only]
        environment = dict(os.environ)
        for name in ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP"):
            environment.pop(name, None)
        environment.update(TMPDIR=scratch, TMP=scratch, TEMP=scratch, PYTHONHASHSEED="0", LC_ALL="C.UTF-8", TERM="dumb")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=scratch, env=environment,
                start_new_session=True)
        self.process_began = time.monotonic()
        self.current = None
        self.current_since = self.process_began
        self.ended = False

    def read(self):
        """Take in the lines that are new in the results file."""
        try:
            with open(self.results, "rb") as file:
                file.seek(self.offset)
                data = file.read()
        except FileNotFoundError:
            return
        complete = data.rfind(b"\n") + 1
        self.offset += complete
        for line in data[:complete].decode("ascii", "replace").split("\n")[:-1]:
            outcome, name, detail = (line.split("\t") + ["", ""])[:3]
            if outcome == "start":
                self.current, self.current_since = name, time.monotonic()
            elif outcome == "end":
                self.ended, self.current = True, None
            else:
                self.note(name, outcome, detail)
                if name == self.current:
                    self.current = None
                self.current_since = time.monotonic()

    def note(self, name, outcome, detail):
        old = self.outcomes.get(name)
        if old is None or old[0] == "pass":  # an id that occurs twice is as good as its worse half
            self.outcomes[name] = (outcome, detail)

    def kill(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass

    def step(self):
        """One look at the child; true when the module is done."""
        status = self.process.poll()
        self.read()
        now = time.monotonic()
        if status is None:
            if now - self.current_since > self.options.test_timeout:
                self.stop_at("hang", "longer than %d s" % self.options.test_timeout)
            elif now - self.began > self.options.timeout:
                self.stop_at("hang", "the module took longer than %d s" % self.options.timeout)
                return self.finish()
            else:
                return False
        elif not self.ended:
            text = "signal %d" % -status if status < 0 else "exit status %d" % status
            self.kill()
            self.stop_at("crash", text)
        if self.ended:
            return self.finish()
        self.restarts += 1
        if self.restarts > self.options.restarts:
            self.note("test." + self.module + ".(rest)", "crash", "too many crashes, the rest did not run")
            return self.finish()
        self.start()
        return False

    def stop_at(self, outcome, detail):
        self.kill()
        self.process.wait()
        self.read()
        if self.ended:
            return
        if self.current:
            self.note(self.current, outcome, detail)
        else:  # between tests: nothing to leave out next time, so do not come back
            self.note("test." + self.module + ".(between-tests)", outcome, detail)
            self.restarts = self.options.restarts
        with open(self.log, "a") as log:
            log.write("\n=== %s: %s %s\n" % (self.current, outcome, detail))

    def finish(self):
        self.finished = True
        self.seconds = time.monotonic() - self.began
        self.kill()
        shutil.rmtree(self.work, ignore_errors=True)
        return True

    def ids(self, *outcomes):
        return sorted(name for name, (outcome, detail) in self.outcomes.items() if outcome in outcomes)


def save_results(run, folder):
    os.makedirs(folder, exist_ok=True)
    lines = ["%s %s %s" % (outcome, name, detail) for name, (outcome, detail) in sorted(run.outcomes.items())]
    write_text(os.path.join(folder, run.module + ".txt"), "\n".join(lines) + "\n")


def passed_by_peer(module):
    """The ids that CPython passed here, if --peer ran; None otherwise."""
    path = os.path.join(ROOT, "build", "conformance", "peer", module + ".txt")
    if not os.path.exists(path):
        return None
    return {line.split(" ")[1] for line in read_lines(path) if line.split(" ")[0] in ("pass", "xfail")}


def why_left_out(run, name):
    """The reason word for an id that CPython passes as itself and not as another implementation; None if it is not clear."""
    outcome, detail = run.outcomes.get(name, (None, ""))
    if outcome is None:  # its class or module did not run: they say why, or its definition stands under a guard
        for other, (what, text) in run.outcomes.items():
            if what in ("skip", "error") and ("(" in other or name.startswith(other + ".")):
                where = other.partition("(")[2].rstrip(")")
                if other.endswith(".(import)") or name.startswith((where or other) + "."):
                    outcome, detail = what, text
        if outcome is None and not run.ids("crash", "hang"):
            outcome = "skip"
    if outcome not in ("skip", "error"):
        return None
    internal = "internalcapi" in detail or "_testinternal" in detail
    if ("capi" in detail or "_test" in detail) and not internal:
        return "needs-capi"
    return "cpython-internal" if internal or outcome == "skip" else None


def write_skips(done):
    path = os.path.join(LISTS, "skip.txt")
    with open(path, encoding="utf-8") as file:
        lines = file.read().rstrip("\n").split("\n")
    known = {line.split(" ")[0] for line in lines if not line.startswith("#")}
    added = []
    for run in done:
        passed = set(run.ids("pass", "xfail"))
        for name in sorted((passed_by_peer(run.module) or set()) - passed - known):
            reason = why_left_out(run, name)
            detail = run.outcomes.get(name, ("absent", ""))
            if reason:
                added.append("%s %s: %s" % (name, reason, (detail[1] or "its class or module is left out").replace("_", " ")[:80]))
            else:
                print("    not clear:", name, detail)
    head = [line for line in lines if line.startswith("#")]
    rows = sorted([line for line in lines if not line.startswith("#")] + added)
    write_text(path, "\n".join(head + rows) + "\n")
    print("skip.txt: %d added" % len(added))


def choose_modules(options):
    """Names as given (test_int, int, test_codecmaps_*), or the committed list."""
    folder = options.tests
    names = options.modules
    if not names:
        if options.committed:
            names = [name[:-5] for name in os.listdir(LISTS) if name.endswith(".pass")]
        else:
            names = " ".join(read_lines(os.path.join(LISTS, "modules.txt"))).split()
    known = sorted({name[:-3] if name.endswith(".py") else name for name in os.listdir(folder) if name.startswith("test_")})
    chosen = []
    for name in names:
        if name.startswith("test."):
            name = name[5:]
        matches = fnmatch.filter(known, name) or fnmatch.filter(known, "test_" + name)
        if not matches and "." in name:
            matches = [name]
        if not matches:
            sys.exit("conformance: CPython's test suite has no module %s" % name)
        chosen += [match for match in matches if match not in chosen]
    return sorted(chosen)


def report(run, options, counts, totals):
    """Prints a module's line and what was lost or gained; returns whether it is as the lists say."""
    module = run.module
    passed = set(run.ids("pass", "xfail"))
    bad = run.ids("fail", "error")
    crashed = run.ids("crash", "hang")
    skipped = run.ids("skip")
    path = os.path.join(LISTS, module + ".pass")
    committed = set(read_lines(path))
    lost = sorted(committed - passed)
    gained = sorted(passed - committed)
    peer = passed_by_peer(module)
    reference = len(peer) if peer is not None else counts.get(module, (None,))[0]
    line = "%-28s passed %5d%s  failed %4d  skipped %4d  crashed %3d  (%.0f s)" % (
        module, len(passed), " of %5d" % reference if reference is not None else "", len(bad), len(skipped),
        len(crashed), run.seconds)
    print(line)
    totals["passed"] += len(passed)
    totals["failed"] += len(bad)
    totals["skipped"] += len(skipped)
    totals["crashed"] += len(crashed)
    totals["reference"] += reference or 0
    if peer is not None:
        totals["agreed"] += len(passed & peer)
    if options.verbose:
        for name in bad + crashed:
            outcome, detail = run.outcomes[name]
            print("    %-5s %s %s" % (outcome, name, detail))
        if peer is not None:
            for name in sorted(peer - passed - set(bad) - set(crashed)):
                print("    absent", name)
    else:
        for name in crashed:
            print("    %-5s %s %s" % (run.outcomes[name][0], name, run.outcomes[name][1]))
    if not options.peer:
        for name in lost:
            outcome, detail = run.outcomes.get(name, ("absent", ""))
            print("    LOST  %s (%s) %s" % (name, outcome, detail))
        if options.update and (gained or (lost and options.accept_losses)):
            keep = committed | passed
            if options.accept_losses:
                keep -= set(lost)
            write_text(path, "\n".join(sorted(keep)) + "\n")
            print("    list updated: %d gained%s" % (len(gained), ", %d dropped" % len(lost) if options.accept_losses else ""))
        elif gained and not options.committed:
            print("    %d more than committed (--update)" % len(gained))
    sys.stdout.flush()
    if options.peer or options.accept_losses:
        return True
    return not lost


def main():
    parser = argparse.ArgumentParser(prog="dev conformance", description="CPython's own tests, run by Orochi")
    parser.add_argument("modules", nargs="*", help="test modules (default: tests/conformance/modules.txt)")
    parser.add_argument("--python", default=sys.executable, help="the interpreter to test")
    parser.add_argument("--python-args", default="", help="options for it, in one word")
    parser.add_argument("--tests", default=os.path.join(ROOT, "build", "stdlib", "usr", "lib", "python3.14", "test"))
    parser.add_argument("--out", default=os.path.join(ROOT, "build", "conformance"))
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--timeout", type=float, default=900, help="seconds for a module")
    parser.add_argument("--test-timeout", type=float, default=90, help="seconds for a test")
    parser.add_argument("--memory", type=int, default=3000, help="MB of data for a module; 0: no limit")
    parser.add_argument("--restarts", type=int, default=25, help="how often a module is taken up again after a crash")
    parser.add_argument("--committed", action="store_true", help="only modules with a list, and only the ids in it")
    parser.add_argument("--update", action="store_true", help="add the ids gained to the lists")
    parser.add_argument("--accept-losses", action="store_true", help="with --update: also drop the ids lost")
    parser.add_argument("--peer", action="store_true", help="run CPython, and record its counts")
    parser.add_argument("--find-skips", action="store_true",
                        help="after --peer: let CPython pretend to be another, and add what its suite then leaves out to skip.txt")
    parser.add_argument("--verbose", "-v", action="store_true", help="name every failed test")
    options = parser.parse_args()
    if options.find_skips:
        options.peer = True
        options.out = os.path.join(options.out, "foreign")
    elif options.peer:
        options.out = os.path.join(options.out, "peer")
    if options.peer:
        options.python = os.path.join(os.environ.get("OROCHI_PEERS", "/opt/orochi-peers"), "bin", "cpython")
    options.python = os.path.abspath(options.python)
    options.python_args = options.python_args.split()

    skips = {} if options.peer else read_skips()
    counts = read_counts()
    waiting = choose_modules(options)
    total = len(waiting)
    running, done, good = [], [], True
    totals = {"passed": 0, "failed": 0, "skipped": 0, "crashed": 0, "reference": 0, "agreed": 0}
    try:
        while waiting or running:
            while waiting and len(running) < options.jobs:
                module = waiting.pop(0)
                only = read_lines(os.path.join(LISTS, module + ".pass")) if options.committed else None
                running.append(Run(module, options, only, skips))
            time.sleep(0.05)
            for run in list(running):
                if run.step():
                    running.remove(run)
                    done.append(run)
                    save_results(run, options.out)
                    good = report(run, options, counts, totals) and good
    finally:
        for run in running:
            run.finish()

    if options.find_skips:
        write_skips(done)
    elif options.peer:
        for run in done:
            counts[run.module] = (len(run.ids("pass", "xfail")), len(run.ids("fail", "error", "crash", "hang")), len(run.ids("skip")))
        rows = ["%s %d %d %d" % ((module,) + counts[module]) for module in sorted(counts)]
        head = "# What CPython 3.14 does with each module: passed, failed, skipped. Made by `./dev conformance --peer`.\n"
        write_text(os.path.join(LISTS, "cpython-counts.txt"), head + "\n".join(rows) + "\n")
    print("%d modules: %d passed, %d failed, %d skipped, %d crashed" % (
        total, totals["passed"], totals["failed"], totals["skipped"], totals["crashed"]), end="")
    if totals["reference"] and not options.committed:
        modules = {run.module for run in done} | ({"datetimetester"} if any(run.module == "test_datetime" for run in done) else set())
        own = sum(name.split(".")[1] in modules for name in skips)  # ids that only CPython can pass
        totals["reference"] = max(totals["reference"] - own, 1)
        print("; CPython passes %d (%.1f%%) and %d that only it can" % (
            totals["reference"], 100.0 * totals["passed"] / totals["reference"], own), end="")
    print("" if good else "; LISTED TESTS WERE LOST")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
