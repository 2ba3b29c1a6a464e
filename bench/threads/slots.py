"""Attributes of one shared instance with __slots__."""

from _scale import scale


class Shared:
    __slots__ = ("x", "y")

    def __init__(self):
        self.x = "text"
        self.y = (1, 2)


def setup():
    shared = Shared()

    def work():
        total = 0
        for i in range(12_000_000):
            if shared.x is not shared.y:
                total += 1
        return total

    return work


scale(setup)
