"""Reading and writing dict items with str and int keys."""

import sys
import time


def hot():
    names = ["key%d" % i for i in range(100)]
    by_name = dict.fromkeys(names, 0)
    by_number = dict.fromkeys(range(100), 1)
    total = 0
    for _ in range(40_000):
        for name in names:
            by_name[name] = by_name[name] + 1
        for number in range(100):
            total += by_number[number]
    return total + sum(by_name.values())


begin = time.perf_counter()
checksum = hot()
seconds = time.perf_counter() - begin
print(checksum)
print(f'{{"seconds": {seconds!r}}}', file=sys.stderr)
