"""The error that an operator reads."""


class OperatorError(Exception):
    """A sentence that names what is wrong and what to do."""
