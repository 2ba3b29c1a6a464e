def loops(n, data):
    total = 0
    for i in range(n):
        if i % 2 == 0 and i > 10:
            continue
        total += i
    else:
        total = -total
    while total > 0 and n:
        total -= 1
        if total == 3:
            break
    for key, value in data.items():
        yield key, value
    return total if n else None


def chained(a, b, c):
    return a < b() < c or not a


def match_it(subject):
    match subject:
        case [1, x, *rest] if x:
            return rest
        case {"key": value, **others}:
            return value, others
        case str(y) | bytes(y):
            return y
        case _:
            return None


def bound(flag):
    if flag:
        late = 1
    print(late)
    del late
