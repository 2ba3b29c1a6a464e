"""Raising and catching in every thread."""

from _scale import scale


class Mine(Exception):
    pass


def fail(i):
    raise Mine(i)


def setup():
    def work():
        total = 0
        for i in range(1_000_000):
            try:
                fail(i)
            except Mine as error:
                total += error.args[0] & 1
        return total

    return work


scale(setup)
