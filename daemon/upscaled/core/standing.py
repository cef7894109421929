"""How the whole place stands, in one plain sentence: for the line that `systemctl status` shows."""

from collections import Counter
from collections.abc import Iterable, Sequence

from upscaled.core.life import Word, word_of
from upscaled.nouns import Job

MOST_TROUBLES = 2


def sentence(
    living: Iterable[Job], queued: int, *, paused: bool = False, troubles: Sequence[str] = ()
) -> str:
    """
    Return what is under way, what waits and why.

    `living` are the jobs in memory, `queued` the files that still wait in their inbox for a turn,
    `troubles` what is wrong with whole folders or with the ledger.
    """
    words: Counter[Word] = Counter()
    holds: Counter[str] = Counter()
    for job in living:
        words[word_of(job.state, held=job.hold is not None)] += 1
        if job.hold is not None:
            holds[job.hold.value] += 1
    words[Word.WAITING] += queued
    told = [_counted(word, words[word], holds) for word in (Word.WORKING, Word.WAITING, Word.HELD)]
    counts = ", ".join(filter(None, told)) or "nothing to do"
    lines = [f"{'paused: ' if paused else ''}{counts}", *troubles[:MOST_TROUBLES]]
    if (more := len(troubles) - MOST_TROUBLES) > 0:
        lines.append(f"and {more} more in trouble")
    said = "; ".join(lines)
    return f"{said[0].upper()}{said[1:]}"


def _counted(word: Word, count: int, holds: Counter[str]) -> str:
    if not count:
        return ""
    why = ", ".join(f"{hold} {many}" for hold, many in sorted(holds.items()))
    return f"{count} {word.value}" + (f" ({why})" if word is Word.HELD else "")
