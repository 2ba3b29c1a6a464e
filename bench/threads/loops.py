"""Integer and float loops: nothing is shared at all."""

from _scale import scale


def setup():
    def work():
        total, x = 0, 0.5
        for i in range(10_000_000):
            total += i & 7
            x = 3.7 * x * (1.0 - x)
        return total, x

    return work


scale(setup)
