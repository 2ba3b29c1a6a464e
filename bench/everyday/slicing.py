"""Slices of lists, strings, bytes and tuples, and slice assignment."""

import sys
import time


def hot():
    items = list(range(200))
    text = "abcdefghij" * 20
    data = bytes(range(200))
    row = tuple(items)
    total = 0
    for i in range(400_000):
        j = i % 150
        total += len(items[j:j + 20]) + len(text[j:-10]) + len(data[j:j + 5]) + len(row[:10])
        total += len(text[::-1])
        items[j:j + 3] = (1, 2, 3)
    return total + sum(items)


begin = time.perf_counter()
checksum = hot()
seconds = time.perf_counter() - begin
print(checksum)
print(f'{{"seconds": {seconds!r}}}', file=sys.stderr)
