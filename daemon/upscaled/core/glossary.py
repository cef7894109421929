"""
Words that people meet, each with its meaning: error codes, hold words, folder tokens.

The tables in the README are written from here and from the life table, so that neither can lie.
"""

from collections.abc import Iterable, Mapping

from upscaled.core.folders import TokenHelp, tokens_for_help
from upscaled.core.life import diagram
from upscaled.nouns import Code, Hold

CODES: Mapping[Code, str] = {
    Code.NOT_A_PICTURE: "its content is no picture, whatever its name says",
    Code.TRUNCATED: "it stayed incomplete for longer than `patience_seconds`",
    Code.TOO_LARGE: "more pixels or bytes than a model, a format or a worker takes",
    Code.TOO_SMALL: "the target is beyond what may honestly be made of it",
    Code.ANIMATED: "more than one frame",
    Code.CMYK_WITHOUT_PROFILE: "its numbers do not say which colours they are",
    Code.UNSUPPORTED: "a kind of picture that nothing here decodes",
    Code.UNREADABLE: "damaged, or written in a way that no decoder follows",
    Code.OWN_RESULT: "it is a result of ours, dropped in again",
    Code.WORKER_DIED: "the process that worked on it died twice",
    Code.WORKER_TIMED_OUT: "the process that worked on it took too long",
    Code.REFUSED: "fal refused this picture",
    Code.GAVE_UP: "its own passing faults came `[retry] attempts` times",
    Code.BAD_RESULT: "what came back is no picture of the expected size",
    Code.CANCELLED: "cancelled by hand",
    Code.REJECTED: "its result was rejected by hand; the result lies in `archive/_rejected`",
    Code.WITHDRAWN: "taken away or replaced by its owner; nothing is left in `failed/`",
}
"""Why a picture failed."""

HOLDS: Mapping[Hold, str] = {
    Hold.BUDGET: "a cap is reached or the brake holds; the reason says whether a new day or month "
    "lifts it, or only a higher cap",
    Hold.LOCKED: "fal's account is locked or its balance exhausted",
    Hold.WINDOW: "outside `[schedule] window`, or its watch's own; the reason says until when",
    Hold.PAUSED: "paused by hand",
    Hold.DOUBT: "whether fal accepted a submit is not known; fal is asked, nothing is sent again",
    Hold.DISK: "no space left, or too little for what it will yet write",
    Hold.SHARE: "a folder is not there, or without its marker",
    Hold.NOT_READY: "empty, or it does not decode to its end yet",
    Hold.NO_KEY: "fal's key is not there",
    Hold.ENDPOINT: "this kind of work is out of order, failed too often, is not supported yet, or "
    "the pilot of its series did not pass",
}
"""What a picture waits for."""


def blocks() -> dict[str, str]:
    """Return the README's written parts by the name of their markers."""
    return {
        "life": f"```mermaid\n{diagram()}\n```",
        "folders": _table(("word", "asks for"), _grouped(tokens_for_help())),
        "codes": _table(("code", "means"), ((f"`{key}`", says) for key, says in CODES.items())),
        "holds": _table(("hold", "means"), ((f"`{key}`", says) for key, says in HOLDS.items())),
    }


def refreshed(text: str) -> str:
    """Return a README with everything between `<!-- name -->` and `<!-- /name -->` written anew."""
    for name, block in blocks().items():
        first, last = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        before, found, rest = text.partition(first)
        _, ended, after = rest.partition(last)
        if found and ended:
            text = f"{before}{first}{block}\n{last}{after}"
    return text


def _table(head: tuple[str, str], rows: Iterable[tuple[str, str]]) -> str:
    lines = [head, ("---", "---"), *rows]
    return "\n".join(f"| {left} | {right} |" for left, right in lines)


def _grouped(words: Iterable[TokenHelp]) -> Iterable[tuple[str, str]]:
    """Yield one row for all words of one meaning."""
    rows: dict[str, list[str]] = {}
    for word in words:
        rows.setdefault(word.means, []).append(f"`{word.token}`")
    return ((" ".join(tokens), means) for means, tokens in rows.items())
