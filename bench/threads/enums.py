"""Enum members: by name, by value, compared."""

import enum

from _scale import scale


class Colour(enum.Enum):
    RED = 1
    GREEN = 2


def setup():
    def work():
        total = 0
        for i in range(800_000):
            if Colour.RED is not Colour.GREEN and Colour(1) is Colour.RED:
                total += Colour.GREEN.value
        return total

    return work


scale(setup)
