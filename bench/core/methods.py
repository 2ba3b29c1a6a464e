"""Method calls, also inherited and through a class with several subclasses at one call site."""

import sys
import time


class Shape:
    def __init__(self, size):
        self.size = size

    def area(self):
        return self.size * self.size

    def grow(self, by):
        self.size += by
        return self


class Square(Shape):
    pass


class Half(Shape):
    def area(self):
        return self.size * self.size // 2


def hot():
    shapes = [Square(2), Half(3)]
    square = shapes[0]
    total = 0
    for i in range(1_500_000):
        total += square.area()
        square.grow(1)
        square.grow(-1)
        total += shapes[i & 1].area()
    return total


begin = time.perf_counter()
checksum = hot()
seconds = time.perf_counter() - begin
print(checksum)
print(f'{{"seconds": {seconds!r}}}', file=sys.stderr)
