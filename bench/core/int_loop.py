"""A while loop over small ints: add, multiply, remainder, compare."""

import sys
import time


def hot():
    total = 0
    i = 0
    while i < 6_000_000:
        total += i * 3 % 7
        if total > 1_000_000:
            total -= 1_000_000
        i += 1
    return total


begin = time.perf_counter()
checksum = hot()
seconds = time.perf_counter() - begin
print(checksum)
print(f'{{"seconds": {seconds!r}}}', file=sys.stderr)
