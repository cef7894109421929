"""The tables of what goes on while nobody watches: hours, the report, messages, measures."""

from upscaled.core.notice_kinds import Kind
from upscaled.core.settings_base import Table, key, number
from upscaled.core.settings_types import (
    Command,
    Hours,
    Kinds,
    Listen,
    OptionalFile,
    OptionalFolder,
    SecretUrl,
    Textfile,
    TimeOfDay,
    Zone,
)


class Schedule(Table):
    """When requests may go out."""

    window: Hours = key(
        "",
        "submit only inside, such as "
        '"22:00-06:00, 12:00-13:00" or "mon-fri 22:00-06:00; sat,sun 00:00-24:00"; empty: always',
    )
    timezone: Zone = key("", 'such as "Europe/Berlin"; empty: the machine\'s')


class Report(Table):
    """The morning report."""

    at: TimeOfDay = key(
        "", '"07:00": when a night ends; empty: with the window of [schedule], else 06:00'
    )
    folder: OptionalFolder = key(
        "", "empty: a report in each outbox, about its own inboxes; else one about all, there"
    )


class Notify(Table):
    """
    Who is told what, unasked: Apprise's addresses, a command of your own, a dead man's switch.

    Addresses are secrets: $UPSCALED_NOTIFY_URLS, the credential notify_urls, or urls_file.
    """

    urls_file: OptionalFile = key(
        "", "Apprise's addresses, one on each line; needs the extra notify"
    )
    notify_command: Command = key(
        [], 'such as ["/usr/local/bin/tell"]: gets the message as JSON on its standard input'
    )
    events: Kinds = key([kind.value for kind in Kind], "what is told")
    quiet_minutes: float = number(
        30.0, 0, 10_080, "between two messages of one event; what comes meanwhile is one message"
    )
    unreachable_minutes: float = number(5.0, 0, 10_080, "how long a folder may be away untold")
    too_long_minutes: float = number(
        120.0, 0, 10_080, "how long a picture may be worked on untold; held ones do not count"
    )
    disk_low_gb: float = number(5.0, 0, 100_000, "free space below which a disk is told of")
    heartbeat_url: SecretUrl = key(
        "",
        "asked while all is well, for a dead man's switch; better in $UPSCALED_HEARTBEAT_URL or "
        "the credential heartbeat_url",
    )
    heartbeat_seconds: float = number(60.0, 1, 86_400, "how often")


class Metrics(Table):
    """For Prometheus and for health checks."""

    textfile: Textfile = key("", "a .prom file for node_exporter's textfile collector")
    listen: Listen = key(
        "", '"127.0.0.1:9464": answers /metrics, /healthz and /readyz, on this machine alone'
    )
