"""examples/package_report.py: the same report with any number of threads, as text and as JSON, and its errors."""

import json
import os
import subprocess
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
PROGRAM = os.path.join(ROOT, "examples", "package_report.py")
DATA = os.path.join(ROOT, "tests", "data")
FILES = ["status", "alpha.list", "libbeta1.list"]


def run(*arguments):
    return subprocess.run([sys.executable, PROGRAM, *arguments], cwd=DATA, capture_output=True, text=True)


def without_times(text):
    return "".join(line for line in text.splitlines(True) if not line.startswith(("elapsed: ", "one thread: ")))


class PackageReport(unittest.TestCase):
    def test_report(self):
        result = run("--top", "4", *FILES)
        self.assertEqual(result.stderr, "")
        self.assertEqual(result.returncode, 0)
        with open(os.path.join(DATA, "report.txt"), encoding="utf-8") as file:
            self.assertEqual(without_times(result.stdout), file.read())

    def test_threads_do_not_change_it(self):
        one = without_times(run(*FILES).stdout)
        for threads in ("2", "5"):
            self.assertEqual(without_times(run("--threads", threads, *FILES).stdout), one)

    def test_json(self):
        result = run("--json", "--threads", "2", *FILES)
        report = json.loads(result.stdout)
        self.assertEqual(report["packages"], 3)
        self.assertEqual(report["needed by"], {"libc6": 2, "libbeta1": 1})
        self.assertRegex(result.stderr, r"^elapsed: \d+\.\d{3} s with 2 threads\n$")

    def test_compare(self):
        result = run("--compare", "--threads", "2", *FILES)
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stdout, r"\none thread: [\d.]+ s, 2 threads: [\d.]+ s, speed-up: \d+\.\d\d\n$")

    def test_missing_file(self):
        result = run("nothing.list")
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stdout, "")
        self.assertEqual(result.stderr, "package_report.py: [Errno 2] No such file or directory: 'nothing.list'\n")

    def test_bad_option(self):
        result = run("--threads", "none")
        self.assertEqual(result.returncode, 2)
        self.assertIn("error: argument --threads: invalid int value: 'none'", result.stderr)

    def test_this_machine(self):
        if not os.path.exists("/var/lib/dpkg/status"):
            self.skipTest("no package database")
        self.assertEqual(without_times(run("--threads", "2").stdout), without_times(run().stdout))


if __name__ == "__main__":
    unittest.main()
