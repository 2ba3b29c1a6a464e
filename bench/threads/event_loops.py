"""An asyncio loop in each thread."""

import asyncio

from _scale import scale


async def child(n):
    await asyncio.sleep(0)
    return n


async def main():
    total = 0
    for _ in range(600):
        total += sum(await asyncio.gather(*(child(n) for n in range(100))))
    return total


def setup():
    return lambda: asyncio.run(main())


scale(setup)
