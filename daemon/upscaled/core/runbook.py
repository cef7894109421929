"""
The runbook: for each error code and hold word what it means, what happens by itself, what one does.

`docs/runbook.md` is written from here, `upscaled explain` prints from here, and the hints in
sidecars are held to it by a test.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from upscaled.core.glossary import CODES, HOLDS
from upscaled.core.nearest import did_you_mean
from upscaled.nouns import Code, Hold

Word = TypeVar("Word", Code, Hold)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is done about one code or hold."""

    by_itself: str
    """What the program does without anybody."""
    person: str
    """What only a person can do."""
    commands: tuple[str, ...] = ()
    """In the order in which one tries them; ID stands for the job's."""


_RETRY, _SHOW, _CHECK = "upscaled retry ID", "upscaled show ID", "upscaled check"
_RESUME, _CANCEL, _STATUS = "upscaled resume", "upscaled cancel ID", "upscaled status"
_REDO = "upscaled redo ID --model FAMILY"
_ONCE = "The original was moved to failed/ unchanged, with a sidecar; nothing was paid for it."
_KEPT = "The original was moved to failed/ unchanged; `cost_usd` in its sidecar says what was paid."

FAILURES: Mapping[Code, Entry] = {
    Code.NOT_A_PICTURE: Entry(
        by_itself=_ONCE,
        person="Look at what it really is. Drop pictures only; an archive or a PDF is unpacked or "
        "exported first.",
        commands=(_SHOW,),
    ),
    Code.TRUNCATED: Entry(
        by_itself="It was looked at again whenever it changed, for `patience_seconds` of quiet; "
        "then the original was moved to failed/. Nothing was paid for it.",
        person="Copy it again, whole, and drop the new copy. Where copies take long pauses, raise "
        "`patience_seconds` of that watch and retry.",
        commands=(_RETRY,),
    ),
    Code.TOO_LARGE: Entry(
        by_itself=_KEPT,
        person="Make the picture smaller or ask for a smaller target; the message names the limit. "
        "Where a worker ran out of memory, give the machine more and retry.",
        commands=("upscaled plan FILE --target NAME", _RETRY),
    ),
    Code.TOO_SMALL: Entry(
        by_itself=_ONCE,
        person="Drop it into the largest target that would do; the hint names it. For a generated "
        "picture, generate it larger.",
        commands=("upscaled plan FILE --target NAME",),
    ),
    Code.ANIMATED: Entry(
        by_itself=_ONCE,
        person="Export the frames as a numbered sequence and drop those into a `series` folder.",
        commands=(_SHOW,),
    ),
    Code.CMYK_WITHOUT_PROFILE: Entry(
        by_itself=_ONCE,
        person="Embed the profile it was made with, or save it as RGB. If all of your CMYK is of "
        "one profile, name it in `[finish] cmyk_default`, let `check` look at it and retry.",
        commands=(_CHECK, _RETRY),
    ),
    Code.UNSUPPORTED: Entry(
        by_itself=_KEPT,
        person="Export it as TIFF or PNG with 8 or 16 bits a channel. Where the hint names a "
        "reader that is not installed, install it, start again and retry.",
        commands=(_RETRY,),
    ),
    Code.UNREADABLE: Entry(
        by_itself=_KEPT,
        person="Open it in an editor and save it anew, or mend its permissions. A file that opens "
        "elsewhere without complaint is worth reporting.",
        commands=(_RETRY,),
    ),
    Code.OWN_RESULT: Entry(
        by_itself=_ONCE,
        person="Nothing, if it came back by mistake. To enlarge a result once more on purpose, "
        "redo this job.",
        commands=("upscaled redo ID",),
    ),
    Code.WORKER_DIED: Entry(
        by_itself="It was tried twice, in a fresh worker process each time; other pictures went "
        "on. What was paid for is kept and served to the retry.",
        person="See whether the machine ran out of memory, then retry. If only this picture does "
        "it, save it anew.",
        commands=(_RETRY,),
    ),
    Code.WORKER_TIMED_OUT: Entry(
        by_itself="The worker process was ended; other pictures went on. What was paid for is kept "
        "and served to the retry.",
        person="On a machine that was busy, retry. Else make the picture or the target smaller.",
        commands=(_RETRY,),
    ),
    Code.REFUSED: Entry(
        by_itself="fal was asked once and said no; it is not asked again, since it would say the "
        "same. Other pictures went on.",
        person="Read what fal says. Another family may pass; a folder with `local` never uploads; "
        "else the picture is not for fal.",
        commands=(_SHOW, _REDO, _RETRY),
    ),
    Code.GAVE_UP: Entry(
        by_itself="It was tried `[retry] attempts` times with growing pauses; outages of fal or "
        "the network were not counted. Then the original was moved to failed/.",
        person="Read its history for the fault that came again and again, then retry: it begins "
        "to count anew.",
        commands=(_SHOW, _RETRY),
    ),
    Code.BAD_RESULT: Entry(
        by_itself="The result was fetched again where that could help. What fal billed for it "
        "counts as spent.",
        person="Look for the request at fal.ai/dashboard. A retry may pay once more; if it "
        "repeats, choose another family.",
        commands=(_SHOW, _RETRY, _REDO),
    ),
    Code.CANCELLED: Entry(
        by_itself="fal was asked to drop the request; whether it still bills is not known, so its "
        "estimate counts as spent. A late result is not delivered.",
        person="Nothing, unless it is wanted after all.",
        commands=(_RETRY,),
    ),
    Code.REJECTED: Entry(
        by_itself="Result, sidecar and comparison were moved to archive/_rejected, the original to "
        "failed/.",
        person="Have it done as another family. A plain retry makes the same plan, and that gives "
        "the same picture.",
        commands=(_REDO, _RETRY),
    ),
    Code.WITHDRAWN: Entry(
        by_itself="Its owner took the file away or replaced it: the job ended, and a new file in "
        "its place is a job of its own. Nothing is delivered.",
        person="Nothing. Drop the file again if that was a mistake.",
    ),
}
"""By what a picture failed with."""

WAITS: Mapping[Hold, Entry] = {
    Hold.BUDGET: Entry(
        by_itself="Nothing is sent. It is looked at again when the day or month of its cap turns, "
        "and whenever money that was reserved becomes free. What costs more than a whole cap "
        "waits until the cap is raised.",
        person="Look at what is left. Raise the cap that the reason names in `[budget]` and "
        "reload, let a braked folder through with `resume`, or cancel what is not worth it.",
        commands=(_STATUS, "systemctl reload upscaled", _RESUME, _CANCEL),
    ),
    Hold.LOCKED: Entry(
        by_itself="The engine pauses, no picture fails. From time to time one job tries; when it "
        "passes, all go on.",
        person="Top the account up at fal.ai/dashboard/billing, or mend the key as the reason "
        "says.",
        commands=(_STATUS, _RESUME),
    ),
    Hold.WINDOW: Entry(
        by_itself="It is submitted when the window opens; what was begun inside ends outside.",
        person="Nothing. What cannot wait goes into a folder with `urgent`.",
        commands=(_STATUS,),
    ),
    Hold.PAUSED: Entry(
        by_itself="What was under way at fal is fetched and delivered; nothing more begins.",
        person="Go on when the reason for the pause is gone. After a restore from a copy, read "
        "`status` first.",
        commands=(_STATUS, _RESUME),
    ),
    Hold.DOUBT: Entry(
        by_itself="fal's list of requests is asked until it shows the submit, or surely never had "
        "it; then it goes on by itself. Its price stays reserved, nothing is sent twice.",
        person='Nothing with `[fal] on_doubt = "wait"`. With "hold": look at fal.ai/dashboard; '
        "only if the request is not there, cancel it and retry.",
        commands=(_SHOW, _CANCEL, _RETRY),
    ),
    Hold.DISK: Entry(
        by_itself="The disk is measured again every few seconds; it goes on when there is room. "
        "Half-written files are removed.",
        person="Free space where the reason says, or let the state directory forget old jobs.",
        commands=(_STATUS, "upscaled prune --dry-run"),
    ),
    Hold.SHARE: Entry(
        by_itself="Nothing is concluded from an empty folder, nothing is made there. Its work goes "
        "on when the folder is back with its marker `.upscaled-root`.",
        person="Mount the share, mend its permissions, and look with `check`. Never copy a marker "
        "into a folder by hand.",
        commands=(_CHECK, _STATUS, _RESUME),
    ),
    Hold.NOT_READY: Entry(
        by_itself="It is looked at again whenever it changes. An empty file waits for ever, one "
        "that does not decode to its end for `patience_seconds`.",
        person="Nothing while it is still being copied. Else copy it again, whole.",
        commands=(_SHOW, _RETRY),
    ),
    Hold.NO_KEY: Entry(
        by_itself="Nothing is sent, and a ledger that has used fal never falls back to plain "
        "resampling. Local work goes on.",
        person="Put the key into $FAL_KEY or the credential `fal_key` and start again.",
        commands=(_CHECK, "systemctl restart upscaled"),
    ),
    Hold.ENDPOINT: Entry(
        by_itself="Other kinds of work go on. From time to time one job tries; when it passes, all "
        "go on. A series waits until a person has looked at its pilot.",
        person="Read the reason: a renamed endpoint is mended in `[fal] family` or the rules; a "
        "pilot in review is accepted or rejected; else wait, or resume.",
        commands=(_STATUS, "upscaled accept ID", _RESUME),
    ),
}
"""By what a picture waits for."""


def entry_of(word: str) -> tuple[str, str, Entry]:
    """
    Return a word's kind (`code`, `hold`), its meaning and what is done about it.

    Raises `KeyError` with the nearest word.
    """
    if word in CODES:
        return "code", CODES[Code(word)], FAILURES[Code(word)]
    if word in HOLDS:
        return "hold", HOLDS[Hold(word)], WAITS[Hold(word)]
    raise KeyError(did_you_mean(word, [*CODES, *HOLDS]))


def commands_of(word: str, job_id: str) -> tuple[str, ...]:
    """Return what a person may type about a job that has this code or hold."""
    _, _, entry = entry_of(word)
    return tuple(command.replace("ID", job_id) for command in entry.commands)


def text_of(word: str) -> str:
    """Return one entry as plain text."""
    kind, means, entry = entry_of(word)
    head = "failed" if kind == "code" else "held"
    lines = [f"{head}: {word}", "", f"What it means: {means}.", f"By itself: {entry.by_itself}"]
    lines.append(f"You: {entry.person}")
    return "\n".join([*lines, *(f"  {command}" for command in entry.commands)])


def page() -> str:
    """Return `docs/runbook.md`."""
    return "\n".join([*_HEAD, *_part(CODES, FAILURES), *_BETWEEN, *_part(HOLDS, WAITS)])


_HEAD = (
    "# Runbook",
    "",
    "Written from the program's own closed list of error codes and hold words;",
    "`upscaled explain WORD` prints the same, `upscaled show ID` says which word a job has.",
    "",
    "Sidecars, `_READ-ME.txt` and the report carry the exact sentence of the case.",
    "",
    "## Failed: waiting will not mend it",
    "",
    "The original lies in `failed/`, unchanged, beside a sidecar that says why.",
    "",
)
_BETWEEN = (
    "## Held: it waits for a condition",
    "",
    "Nothing is lost and nothing fails by waiting. `upscaled resume` looks at all of them at once.",
    "",
)


def _part(means: Mapping[Word, str], entries: Mapping[Word, Entry]) -> Iterator[str]:
    for word, says in means.items():
        entry = entries[word]
        yield from (f"### `{word}`", "", f"{says[0].upper()}{says[1:]}.", "")
        yield f"- **By itself:** {entry.by_itself}"
        yield f"- **You:** {entry.person}"
        yield from _typed(entry.commands)
        yield ""


def _typed(commands: Sequence[str]) -> Iterator[str]:
    if commands:
        yield from ("", "```", *commands, "```")
