"""json.dumps and json.loads of nested records."""

import json
import sys
import time


def hot():
    record = {
        "users": [
            {"id": i, "name": "user %d" % i, "active": i % 3 == 0, "score": i / 3, "tags": ["a", "b\u00e9", None]}
            for i in range(300)
        ],
        "total": 300,
        "nested": {"deep": {"deeper": [1, 2.5, "x" * 100, {"k": []}]}},
    }
    total = 0
    for _ in range(300):
        text = json.dumps(record)
        total += len(text)
        total += len(json.loads(text)["users"])
    return total


begin = time.perf_counter()
checksum = hot()
seconds = time.perf_counter() - begin
print(checksum)
print(f'{{"seconds": {seconds!r}}}', file=sys.stderr)
