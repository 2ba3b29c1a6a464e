"""Closures, classes, comprehensions."""


def outer(a, b=2, /, *args, key=None, **kwargs):
    """A docstring."""
    counter = 0

    def inner():
        nonlocal counter
        counter += 1
        return [a + x for x in args if x], (lambda: key)

    return inner


class Base[T]:
    field: int = 1

    def method(self, x: T) -> list[T]:
        self.x = super().method(x)
        return {k: v for k, v in [(x, 1)]}


type Alias[K] = dict[K, "Base"]
squares = [n * n for n in range(3)]
label = f"{squares!r:>{10}} {2 ** 10 + 1}"
