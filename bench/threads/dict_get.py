"""dict.get and `in` on one shared dict with one shared value."""

from _scale import scale


def setup():
    value = ["the value"]
    shared = {"key": value, "other": None}

    def work():
        total = 0
        for i in range(6_000_000):
            if shared.get("key") is value and "other" in shared:
                total += 1
        return total

    return work


scale(setup)
