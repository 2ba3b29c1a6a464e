"""Closures: reading a shared cell, and making nested functions in every thread."""

from _scale import scale


def setup():
    base = [1, 2, 3]
    step = 5

    def work():
        total = 0
        for i in range(1_800_000):
            def inner(x):
                return x + step + len(base)
            total += inner(i) + (lambda y: y)(1)
        return total

    return work


scale(setup)
