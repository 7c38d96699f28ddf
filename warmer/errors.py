"""What may be wrong with an event."""


class UnusableEvent(ValueError):  # noqa: N818 - says what was found
    """The event is nothing that the warmer serves."""


class UnusableDeployment(ValueError):  # noqa: N818 - says what was found
    """A deployment, or word of one, that does not say what was deployed."""
