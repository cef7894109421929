"""
The configuration as typed values: the one declaration of every key, its default, range and meaning.

The commented config files are drawn from it too. Reads no file and touches no folder; a path is
joined to the config file's own folder and no more.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from upscaled.core.settings_base import Table as _Table
from upscaled.core.settings_base import key as _key
from upscaled.core.settings_base import number as _number
from upscaled.core.settings_checks import cross_faults
from upscaled.core.settings_derived import Derived
from upscaled.core.settings_faults import faults_of
from upscaled.core.settings_night import Metrics, Notify, Report, Schedule
from upscaled.core.settings_types import (
    FileMode,
    Folder,
    FolderMode,
    OptionalFile,
    OptionalFolder,
    OwnHours,
    TimeOfDay,
    Url,
)
from upscaled.core.settings_web import Web
from upscaled.errors import ConfigError, Fault
from upscaled.nouns import Assume


class Watch(_Table):
    """One inbox with the folders that belong to it. Several may stand here."""

    inbox: Folder = _key("inbox", "its sub-folders name the target")
    outbox: Folder = _key("outbox", "results")
    archive: Folder = _key("archive", "originals, after delivery")
    failed: Folder = _key("failed", "originals that waiting will not mend, with why")
    review: Folder = _key("review", "results that a person should look at")
    observer: Literal["auto", "native", "polling"] = Field(
        "auto", description="how changes are noticed; auto polls on network shares"
    )
    settle_seconds: float | None = _number(
        None,
        0.1,
        3600,
        "how long a file must be unchanged; unset: 3.0, or 10 on a network file system",
    )
    patience_seconds: float = _number(
        900.0,
        0,
        604_800,
        "a quiet file that does not decode waits this long, then fails; an empty one for ever",
    )
    assume: Annotated[Assume, Field(strict=False)] = Field(
        Assume.NOTHING, description="what the pictures are: a piece of evidence, never a verdict"
    )
    collision: Literal["version", "replace"] | None = Field(
        None,
        description="a taken name: name-2, or the old result to archive/_superseded; unset: "
        "version, and replace where a frame of a sequence comes again",
    )
    originals: Literal["archive", "leave"] = Field(
        "archive", description="whether an original moves once its result is delivered"
    )
    sidecars: Literal["beside", "folder"] = Field(
        "beside",
        description="where a result's sidecar stands: beside it, or below outbox/_sidecars for "
        "programs that choke on strangers; in review and failed always beside",
    )
    group: str = _key("", "the group that results get, by name or number; empty: as umask has it")
    file_mode: FileMode = _key("", 'what others may do with results: "0664"; empty: by the umask')
    folder_mode: FolderMode = _key(
        "", 'with the folders we make for them: "2775"; empty: by the umask; setgid is kept'
    )
    window: OwnHours = _key(None, "hours of its own; unset: those of [schedule]; empty: always")


class State(_Table):
    """What the program remembers. Never on a network share."""

    directory: Folder = _key("state", "the ledger and private copies")
    keep_paid_days: float = _number(
        14.0, 0, 3650, "how long paid pixels serve the same picture and plan again; 0: not at all"
    )
    keep_tiles_days: float = _number(
        30.0, 0, 3650, "how long the report's small pictures of a job are kept; 0: none are made"
    )
    keep_history_days: float = _number(
        400.0,
        0,
        36_500,
        "how long the story of an ended job is remembered; its result stays known; 0: for ever",
    )
    backups: int = _number(7, 0, 365, "daily copies of the ledger, in backups/; 0: none")


class Engine(_Table):
    """Who enlarges."""

    name: Literal["auto", "fal", "local"] = Field(
        "auto",
        description="auto: fal where a key is found, else plain resampling here; settled once, so "
        "that a ledger that has used fal never falls back to local",
    )


class Fal(_Table):
    """fal.ai. The key comes from $FAL_KEY or the systemd credential fal_key, never from here."""

    family: Literal["unified", "split"] = Field(
        "unified",
        description="unified: fal-ai/topaz/upscale/image; split: topaz/upscale/image/precision "
        "and so on",
    )
    queue_url: Url = _key("https://queue.fal.run", "where requests go")
    rest_url: Url = _key("https://rest.fal.ai", "where uploads are begun")
    cdn_url: Url = _key("https://v3.fal.media", "where uploads go")
    api_url: Url = _key("https://api.fal.ai/v1", "the platform: request lists, prices")
    max_in_flight: int = _number(8, 1, 256, "requests at once")
    poll_seconds: float = _number(
        2.0, 0.05, 300, "how often a young request is looked at, an old one less often"
    )
    start_timeout_seconds: float = _number(
        3600,
        2,
        86_400,
        "sent with each submit; a doubtful one unlisted this + retry.max_seconds later is void",
    )
    request_timeout_seconds: float = _number(60, 0.1, 3600, "how long fal may be silent in a call")
    delete_payloads: bool = Field(
        default=False, description="delete a request's data and result at fal after delivery"
    )
    on_doubt: Literal["wait", "hold"] = Field(
        "wait", description="a doubtful submit: wait for fal's list to settle it, or ask a person"
    )


class Budget(_Table):
    """Money is reserved before it is spent. 0 spends nothing."""

    daily_usd: float = _number(20.0, 0, 1_000_000, "a day, see day_starts_at")
    monthly_usd: float = _number(200.0, 0, 1_000_000, "a month of such days")
    per_job_usd: float = _number(5.0, 0, 1_000_000, "one picture, all its passes")
    folder_usd: float | None = _number(
        None, 0, 1_000_000, "one target folder in a day; unset: no cap of its own"
    )
    day_starts_at: TimeOfDay = _key(
        "", '"06:00": when a day begins for the caps; empty: with schedule.window, else at midnight'
    )
    warn_percent: float = _number(
        80.0, 1, 100, "share of the day's or the month's cap from which it warns, once in each"
    )
    brake_times: float = _number(
        10.0,
        0,
        1_000_000,
        "a folder that brings so many times its usual day is held until `resume`; 0: never",
    )
    brake_floor_usd: float = _number(5.0, 0, 1_000_000, "but never below this in a day")


class Retry(_Table):
    """Passing faults, and the look-ups after a doubtful submit."""

    first_seconds: float = _number(2.0, 0.05, 3600, "the first wait; then growing, with jitter")
    max_seconds: float = _number(600.0, 0.05, 86_400, "no wait is longer")
    attempts: int = _number(
        8, 1, 1000, "of one picture's own faults, then it fails; outages never count"
    )


class PlanRules(_Table):
    """What a picture gets that cannot simply be enlarged to its target."""

    beyond_safe: Literal["resample", "smaller", "review"] = Field(
        "resample", description="beyond the factor at which a model stays true to its source"
    )
    resample_limit: float = _number(
        2.0, 1, 16, "plain resampling beyond the highest factor, linear; more fails as too_small"
    )
    larger: Literal["shrink", "keep"] = Field(
        "shrink", description="a source larger than a digital target"
    )
    larger_print: Literal["keep", "shrink"] = Field(
        "keep", description="a source larger than a print target; keep raises the density"
    )
    min_effective_ppi: float = _number(
        100.0, 0, 1200, "a print with fewer of the source's own goes to review; 0: none does"
    )


class Finish(_Table):
    """What a delivered file is like beyond its target's size and format."""

    strip_gps: bool = Field(
        default=False,
        description="leave positions (GPS) out of a result's metadata; names of places stay",
    )
    cmyk_default: OptionalFile = _key(
        "", "an ICC file: the profile of CMYK pictures that carry none; empty: they fail"
    )
    exr_view: Literal["srgb", "filmic"] = Field(
        "srgb",
        description="OpenEXR on a screen: srgb clips at 1.0, as viewers do; filmic rolls off",
    )
    exr_exposure: float = _number(0.0, -20, 20, "stops, before the view")
    tiff_compression: Literal["auto", "none"] = Field(
        "auto", description="auto: LZW, or deflate with 16 bits a channel; none for old presses"
    )


class FidelityRules(_Table):
    """Is the result still the same picture?"""

    second_try: bool = Field(
        default=False, description="a failed check may pay for one more, more faithful pass"
    )


class RuleFiles(_Table):
    """The data that tells the families apart and knows the models."""

    directory: OptionalFolder = _key(
        "", "empty: as shipped; files here override shipped ones by name"
    )


class TargetName(_Table):
    """A target name of your own."""

    like: str = Field(description="the folder name that it is short for")


class Settings(Derived, _Table):
    """The whole configuration. Every path is joined to the folder of the file it came from."""

    watch: Annotated[tuple[Watch, ...], Field(strict=False)]
    state: State
    engine: Engine
    fal: Fal
    budget: Budget
    retry: Retry
    plan: PlanRules
    finish: Finish
    fidelity: FidelityRules
    rules: RuleFiles
    target: dict[str, TargetName]
    schedule: Schedule
    report: Report
    notify: Notify
    metrics: Metrics
    web: Web


def parse_settings(mapping: Mapping[str, Any], *, source: Path) -> Settings:
    """
    Check a parsed config file whole; `source` is its absolute path.

    Raises `ConfigError` with every fault at once. `schedule.window` is None for always,
    `schedule.timezone` None for the machine's, `rules.directory` None for the shipped rules.
    """
    empty: dict[str, Any] = {name: {} for name in Settings.model_fields} | {"watch": []}
    whole = empty | dict(mapping)
    faults = _own_faults(whole, source) + cross_faults(whole, source)
    if faults:
        raise ConfigError(faults)
    return Settings.model_validate(whole, context={"base": source.parent})


def _own_faults(whole: Mapping[str, Any], source: Path) -> tuple[Fault, ...]:
    """Return the faults of single keys; pydantic's error ends here, since it holds every value."""
    try:
        Settings.model_validate(whole, context={"base": source.parent})
    except ValidationError as error:
        return faults_of(error, Settings, source)
    return ()
