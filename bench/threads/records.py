"""Making and reading namedtuples and dataclass instances."""

import collections
import dataclasses

from _scale import scale


Pair = collections.namedtuple("Pair", "a b")


@dataclasses.dataclass
class Point:
    x: int
    y: int = 0


def setup():
    shared = Pair("a", 5)

    def work():
        total = 0
        for i in range(1_200_000):
            pair, point = Pair(i, 2), Point(i)
            total += pair.b + point.x + shared.b
        return total

    return work


scale(setup)
