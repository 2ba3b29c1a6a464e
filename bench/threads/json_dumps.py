"""json.dumps of one shared structure."""

import json

from _scale import scale


def setup():
    shared = {"users": [{"id": n, "name": "user %d" % n, "tags": ["a", None, 1.5]} for n in range(20)]}

    def work():
        total = 0
        for _ in range(24_000):
            total += len(json.dumps(shared))
        return total

    return work


scale(setup)
