a = f"x{y!r:>{w}.{p}}{{z}}" 'plain' rf'\d{q}'
b = f'''{
    a  # comment
    = }'''
c = t"{x}{y = !s:{z}}" t'w'
d = b'\x00' rb'\n'
e = u"ü\N{EURO SIGN}" "\u20ac"
f"{f"{f"{1}"}"}"
