class Config:
    def __init__(self, values):
        self.values = values

    def get(self, name):
        try:
            return self.values[name]
        except KeyError as error:
            raise LookupError(f"no setting {name!r}") from error


def load(config):
    try:
        return config.get("colour") + config.get("size")
    except LookupError:
        return 1 / len(config.values)


load(Config({}))
