def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


def closure(items, *rest, key=None, **options):
    total = 0
    for item in items:
        try:
            total += item.value(key, scale=2, **options)
        except (KeyError, ValueError) as error:
            print(f"{error!r:>10}")
        finally:
            rest = [x for x in rest if x is not None]
    return lambda: total
