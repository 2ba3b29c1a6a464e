"""Iterating one shared list, tuple, dict, set and str."""

from _scale import scale


def setup():
    items = [("item", n) for n in range(100)]
    row = tuple(items)
    table = {n: items[n] for n in range(100)}
    numbers = {n * 1001 for n in range(100)}
    text = "some text" * 12

    def work():
        total = 0
        for _ in range(20_000):
            for item in items:
                total += 1
            for item in row:
                total += 1
            for key, value in table.items():
                total += key
            for number in numbers:
                total += number
            for letter in text:
                total += 1
        return total

    return work


scale(setup)
