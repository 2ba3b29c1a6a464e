"""Reading and writing attributes of one instance, in a method and from outside."""

import sys
import time


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y


def hot():
    point = Point(1, 2)
    other = Point(3, 4)
    total = 0
    for i in range(3_000_000):
        point.x = other.y
        other.x = point.y
        total += point.x + other.x + point.y
    return total


begin = time.perf_counter()
checksum = hot()
seconds = time.perf_counter() - begin
print(checksum)
print(f'{{"seconds": {seconds!r}}}', file=sys.stderr)
