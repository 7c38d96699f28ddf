"""What can go wrong in this room apart from mistakes in a file, which are values (`Mistake`)."""


class ProfilesError(Exception):
    """The base of this room's errors. The message says where, what was found and what to do."""


class SchedulesMissing(ProfilesError):  # noqa: N818 - says what was found
    """The folder or file that should hold schedules is not there, or cannot be listed."""
