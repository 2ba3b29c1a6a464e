"""Indexing one shared list, tuple, dict and str."""

from _scale import scale


def setup():
    items = [("item", n) for n in range(100)]
    row = tuple(items)
    table = {n: items[n] for n in range(100)}
    names = {"key%d" % n: items[n] for n in range(100)}
    keys = list(names)
    text = "some text" * 12

    def work():
        total = 0
        for _ in range(32_000):
            for i in range(100):
                if items[i] is row[i] and table[i] is names[keys[i]]:
                    total += text[i] == "t"
        return total

    return work


scale(setup)
