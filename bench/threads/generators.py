"""Generators over shared data."""

from _scale import scale


def setup():
    shared = list(range(1000))

    def squares():
        for value in shared:
            yield value * value

    def work():
        total = 0
        for _ in range(9_000):
            total += sum(squares())
            total += sum(value for value in shared if value & 1)
        return total

    return work


scale(setup)
