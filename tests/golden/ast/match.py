match a, *b:
    case 1 | -2.5 | 3+4j | "s" "t" | None | True: pass
    case [x, *_, y] | (z, *w): pass
    case {"k": v, a.b: None, **rest}: pass
    case C(1, x=y, z=D()) as q if q > 1: pass
    case _: pass
match = match[match]
