"""Regular expressions: match, search, findall, sub on log lines."""

import re
import sys
import time


LINE = re.compile(r"(\d{4})-(\d\d)-(\d\d) (\w+) \[(?P<module>[\w.]+)\] (.*)$")
NUMBER = re.compile(r"\b\d+(?:\.\d+)?\b")
KEY = re.compile(r"(\w+)=(\w+)")


def hot():
    lines = [
        "2025-%02d-%02d %s [app.module%d] request id=%d took %d.%d ms user=name%d"
        % (i % 12 + 1, i % 28 + 1, ("INFO", "WARNING", "ERROR")[i % 3], i % 9, i, i % 50, i % 10, i % 7)
        for i in range(1000)
    ]
    total = 0
    for turn in range(80):
        for line in lines:
            match = LINE.match(line)
            total += len(match["module"]) + int(match.group(1))
            total += len(NUMBER.findall(line))
            total += KEY.search(line).start()
        total += len(KEY.sub(r"\2=\1", lines[turn]))
    return total


begin = time.perf_counter()
checksum = hot()
seconds = time.perf_counter() - begin
print(checksum)
print(f'{{"seconds": {seconds!r}}}', file=sys.stderr)
