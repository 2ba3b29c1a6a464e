"""Reading global functions, classes and constants."""

from _scale import scale


LIMIT = 7


class Thing:
    pass


def double(x):
    return x + x


def setup():
    def work():
        total = 0
        for i in range(6_000_000):
            total += double(LIMIT)
            if Thing is None:
                total += 1
        return total

    return work


scale(setup)
