"""List, dict and set comprehensions with conditions."""

import sys
import time


def hot():
    total = 0
    for i in range(6_000):
        squares = [x * x for x in range(500) if x & 1]
        lookup = {x: x + 1 for x in range(200)}
        seen = {x % 17 for x in range(300)}
        nested = [a + b for a in range(10) for b in range(20)]
        total += len(squares) + len(lookup) + len(seen) + nested[i % 200]
    return total


begin = time.perf_counter()
checksum = hot()
seconds = time.perf_counter() - begin
print(checksum)
print(f'{{"seconds": {seconds!r}}}', file=sys.stderr)
