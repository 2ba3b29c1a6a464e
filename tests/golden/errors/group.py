def check(values):
    errors = []
    for value in values:
        try:
            int(value)
        except ValueError as error:
            error.add_note(f"value number {len(errors)}")
            errors.append(error)
    if errors:
        raise ExceptionGroup("bad values", errors)


check(["1", "x", "2", "y"])
