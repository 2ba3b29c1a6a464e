"""isinstance and issubclass, also with abstract base classes."""

import collections.abc

from _scale import scale


class Base:
    pass


class Derived(Base):
    pass


def setup():
    shared = Derived()

    def work():
        total = 0
        for i in range(600_000):
            total += isinstance(shared, Base) + isinstance(i, (str, int)) + issubclass(Derived, Base)
            total += isinstance([], collections.abc.Sequence)
        return total

    return work


scale(setup)
