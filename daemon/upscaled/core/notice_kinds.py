"""The closed list of what people are told unasked. Light: the config knows it too."""

from enum import StrEnum


class Kind(StrEnum):
    """What may be told. A closed list; `[notify] events` chooses from it."""

    PROBLEM = "problem"
    REVIEW = "review"
    TOO_LONG = "too_long"
    UNREACHABLE = "unreachable"
    CAP_NEAR = "cap_near"
    CAP_REACHED = "cap_reached"
    LOCKED = "locked"
    UNCLEAN = "unclean"
    DISK_LOW = "disk_low"
    NIGHT = "night"
