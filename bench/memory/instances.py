"""Growth of resident memory: 5 million instances of a class with two attributes."""

import os
import sys


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y


def build():
    return [Point(i & 63, None) for i in range(5_000_000)]


def check(points):
    return len(points) + points[77].x


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
