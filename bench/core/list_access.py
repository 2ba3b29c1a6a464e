"""Reading and writing list items by index, and iterating."""

import sys
import time


def hot():
    items = list(range(1000))
    total = 0
    for _ in range(4500):
        for i in range(999):
            items[i] = items[i + 1]
            total += items[i]
        items[999] = total & 1023
        for item in items:
            total += item
    return total


begin = time.perf_counter()
checksum = hot()
seconds = time.perf_counter() - begin
print(checksum)
print(f'{{"seconds": {seconds!r}}}', file=sys.stderr)
