"""String formatting with shared format strings and values."""

from _scale import scale


def setup():
    template, name = "{}: {:>8}", "shared name"

    def work():
        total = 0
        for i in range(400_000):
            total += len(f"{name} {i:05d} {i / 3:.2f}") + len(template.format(name, i)) + len("%s-%d" % (name, i))
        return total

    return work


scale(setup)
