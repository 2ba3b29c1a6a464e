"""Attributes and methods of one shared instance: plain, property, class attribute, super()."""

from _scale import scale


class Base:
    factor = 3

    def method(self, x):
        return x * self.factor


class Shared(Base):
    def __init__(self):
        self.value = 2
        self.name = "name"

    @property
    def double(self):
        return self.value * 2

    def method(self, x):
        return super().method(x) + self.value


def setup():
    shared = Shared()

    def work():
        total = 0
        for i in range(2_400_000):
            total += shared.value + shared.double + shared.factor + shared.method(i) + len(shared.name)
        return total

    return work


scale(setup)
