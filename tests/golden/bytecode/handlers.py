def named(f):
    try:
        return f()
    except (ValueError, TypeError) as error:
        print(error)
    finally:
        f.close()


def groups(f):
    try:
        f()
    except* OSError as group:
        print(group)


def managed(a, b):
    with a as x, b:
        return x.read(1, size=2)


async def asynchronous(source):
    async with source as s:
        async for item in s:
            await item
    return [x async for x in source if x]
