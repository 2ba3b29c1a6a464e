"""copy.deepcopy of one shared structure."""

import copy

from _scale import scale


def setup():
    shared = {"a": [1, 2, (3, "x")], "b": {"c": [None, True]}, "d": "text"}

    def work():
        total = 0
        for i in range(80_000):
            total += len(copy.deepcopy(shared))
        return total

    return work


scale(setup)
