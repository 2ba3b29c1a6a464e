"""Sorting ints, floats, strings, tuples, and with a key."""

import random
import sys
import time


def hot():
    source = random.Random(7)
    ints = [source.randrange(1_000_000) for _ in range(100_000)]
    floats = [value / 7 for value in ints]
    texts = ["%06d" % value for value in ints[:50_000]]
    pairs = [(value % 100, value) for value in ints[:50_000]]
    total = 0
    for _ in range(4):
        total += sorted(ints)[5]
        total += int(sorted(floats)[-1])
        total += len(sorted(texts)[0])
        total += sorted(pairs)[100][0]
        total += sorted(ints, key=lambda value: -value)[3]
        total += sorted(ints, reverse=True)[7]
    return total


begin = time.perf_counter()
checksum = hot()
seconds = time.perf_counter() - begin
print(checksum)
print(f'{{"seconds": {seconds!r}}}', file=sys.stderr)
