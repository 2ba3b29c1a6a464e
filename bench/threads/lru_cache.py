"""Hits of one shared functools.lru_cache."""

import functools

from _scale import scale


@functools.lru_cache(maxsize=None)
def unbounded(n):
    return n + 1


def setup():
    for n in range(16):
        unbounded(n)

    def work():
        total = 0
        for i in range(7_500_000):
            total += unbounded(i & 15)
        return total

    return work


scale(setup)
