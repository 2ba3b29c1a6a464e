"""Prints a digest of ast.dump for each file named on standard input; run by two interpreters, the lines can be compared."""

import ast
import hashlib
import sys
import warnings

warnings.simplefilter("ignore")
for name in sys.stdin.read().split("\n"):
    if not name:
        continue
    with open(name, "rb") as file:
        source = file.read()
    try:
        text = ast.dump(ast.parse(source, name), include_attributes=True)
    except (SyntaxError, ValueError, RecursionError) as error:
        text = type(error).__name__
    print(hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16], name)
