"""Calls of a small function with positional, default and keyword arguments."""

import sys
import time


def add(a, b, c=3):
    return a + b + c


def hot():
    total = 0
    for i in range(1_500_000):
        total += add(i, 1)
        total += add(i, 1, 2)
        total -= add(i, b=2)
        total -= add(a=i, b=2, c=1)
    return total


begin = time.perf_counter()
checksum = hot()
seconds = time.perf_counter() - begin
print(checksum)
print(f'{{"seconds": {seconds!r}}}', file=sys.stderr)
