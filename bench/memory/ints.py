"""Growth of resident memory: a list of 5 million distinct ints above 1,000."""

import os
import sys


def build():
    return [i + 1001 for i in range(5_000_000)]


def check(items):
    return len(items) + items[-1]


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


before = resident()
kept = build()
growth = resident() - before
print(check(kept))
print(f'{{"bytes": {growth}}}', file=sys.stderr)
sys.stdout.flush()
sys.stderr.flush()
os._exit(0)  # the time to take it all down is not measured
