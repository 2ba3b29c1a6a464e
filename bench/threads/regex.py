"""One shared compiled pattern."""

import re

from _scale import scale


def setup():
    pattern = re.compile(r"(\w+)-(\d+)")
    lines = ["item-%d rest" % n for n in range(50)]

    def work():
        total = 0
        for _ in range(36_000):
            for line in lines:
                total += len(pattern.match(line)[2])
        return total

    return work


scale(setup)
