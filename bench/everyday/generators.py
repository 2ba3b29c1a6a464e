"""Steps of generators, of generator expressions and of yield from."""

import sys
import time


def count(n):
    i = 0
    while i < n:
        yield i
        i += 1


def chained(n):
    yield from count(n)
    yield from count(n)


def hot():
    total = 0
    for value in count(3_000_000):
        total += value
    total += sum(value & 3 for value in range(2_000_000))
    for value in chained(500_000):
        total += value
    return total


begin = time.perf_counter()
checksum = hot()
seconds = time.perf_counter() - begin
print(checksum)
print(f'{{"seconds": {seconds!r}}}', file=sys.stderr)
