"""A loop over floats: add, multiply, divide, compare."""

import sys
import time


def hot():
    x = 0.5
    total = 0.0
    for i in range(6_000_000):
        x = 3.7 * x * (1.0 - x)
        total += x / 1.5
        if total > 1000.0:
            total -= 1000.0
    return repr(total)


begin = time.perf_counter()
checksum = hot()
seconds = time.perf_counter() - begin
print(checksum)
print(f'{{"seconds": {seconds!r}}}', file=sys.stderr)
