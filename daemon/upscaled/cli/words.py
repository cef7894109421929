"""What the help and the manual say beyond a line: more of each verb, examples, codes, files."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """More of one verb."""

    says: str
    examples: tuple[tuple[str, str], ...] = ()
    """What is typed, without `upscaled`, and what for."""


VERBS: Mapping[str, About] = {
    "run": About(
        says="Works until it is stopped; SIGTERM and SIGINT end it cleanly, SIGHUP reads config "
        "and rules again. Only one daemon works with a state directory.",
        examples=(
            ("run", "the daemon in the foreground"),
            ("run --until-idle", "once through all that is there; 3 where something is left"),
        ),
    ),
    "check": About(
        says="Reads config and rules, tries the folders and their permissions, asks for the key; "
        "tells every fault at once and spends nothing.",
        examples=(("--config /etc/upscaled/config.toml check", "before a start"),),
    ),
    "init": About(
        says="Writes a commented config.toml where none is, makes the folders and their markers.",
        examples=(("init /srv/upscaled", "a place to begin with"),),
    ),
    "classify": About(
        says="Needs no folders, key or network. A file that cannot be read is told; the others "
        "still come.",
        examples=(("classify --explain scan.tif", "which rule decided, and by which measure"),),
    ),
    "plan": About(
        says="Needs no folders, key or network. Prints passes, size, price and what the target "
        "asks beyond what may honestly be made.",
        examples=(("plan poster.jpg --target print-a2", "what a print of this would cost"),),
    ),
    "status": About(
        says="One screen: what needs a person first, then work, money, hours and folders.",
        examples=(("status", ""), ("status --json | jq .jobs", "the counts")),
    ),
    "jobs": About(
        says="Unfinished first, then the latest ends. Every picture that was seen is there.",
        examples=(
            ("jobs --state held", "what waits for a condition, and for which"),
            ("jobs --state review --json | jq -r '.[].id'", "ids, for a script"),
        ),
    ),
    "show": About(
        says="Where its files lie, why this family, what was paid, what happened when, and what "
        "can be done next. ID may be the beginning of an id.",
        examples=(("show 1m8nqmfh4y", "the only job whose id begins so"),),
    ),
    "series": About(
        says="Without a name all series; with one its frames. Exit code 3 where any is missing.",
        examples=(("series shots/sh010 --frames 1001-1100", "is the sequence whole?"),),
    ),
    "report": About(
        says="Writes the morning report on demand: one page that opens offline, and its text twin.",
        examples=(("report --since 12h --output night.html", "this night"),),
    ),
    "corpus": About(
        says="Judges labelled pictures (DIR/label/file) and prints how often the judge was right."
    ),
    "submit": About(
        says="Copies pictures in whole through the share; needs neither a running daemon nor its "
        "ledger. The same bytes and target give the same job unless --again.",
        examples=(
            ("submit frame.*.exr --target 4k --series sh010 --wait", "and wait for all of them"),
        ),
    ),
    "retry": About(
        says="A failed original goes back to the inbox; a held job is looked at now.",
        examples=(("retry --all-failed", "after a night of trouble"),),
    ),
    "cancel": About(
        says="Stops jobs, at fal too. fal may bill what it had begun, so its estimate counts as "
        "spent. What is being delivered already is delivered.",
        examples=(("cancel 1m8nqmfh4ye0 1m8nqmfh4jxy", "two jobs"),),
    ),
    "accept": About(says="The result goes to the outbox with a sidecar that says who accepted it."),
    "reject": About(says="What was paid for is kept in archive/_rejected."),
    "redo": About(
        says="Works on the original of what is done, in review or failed. Without a family an "
        "identical plan is served from what was paid for.",
        examples=(("redo 1m8nqmfh4ye0 --model recover", "as another family"),),
    ),
    "pause": About(
        says="Acts within two seconds. What is at fal already is fetched and delivered."
    ),
    "resume": About(says="Acts within two seconds; everything held is looked at again at once."),
    "prune": About(
        says="Forgets the history of jobs that ended long ago; their files are never touched.",
        examples=(("prune --older-than 365d --dry-run", "what would go"),),
    ),
    "explain": About(
        says="What a code or hold word means, what happens by itself, what a person does. Without "
        "a word: the whole list.",
        examples=(("explain budget", ""),),
    ),
    "completion": About(
        says="Prints a script that completes verbs, options, families, states and job ids.",
        examples=(
            ("completion bash > ~/.local/share/bash-completion/completions/upscaled", "for bash"),
            ("completion fish > ~/.config/fish/completions/upscaled.fish", "for fish"),
            ('completion zsh > "${fpath[1]}/_upscaled"', "for zsh"),
        ),
    ),
    "manual": About(
        says="Prints the manual page as roff.",
        examples=(("manual > upscaled.1 && man -l upscaled.1", "to read it"),),
    ),
}

CODES = (
    (0, "done"),
    (1, "fatal: the daemon or the command cannot go on at all"),
    (2, "wrong use or wrong config; every fault is told"),
    (3, "finished, but something failed, waits, is in review or was refused"),
)
FILES = (
    ("./config.toml, /etc/upscaled/config.toml", "the config, where none is named"),
    ("[state] directory/ledger.sqlite", "jobs, history, money; never on a network share"),
    (".upscaled-root", "the marker of each folder of ours; never copy or delete it"),
    ("_STATUS.txt, _READ-ME.txt, _SERIES.txt, _REPORT-DATE.html", "notes to people; never input"),
)
ENVIRONMENT = (
    ("UPSCALED_CONFIG", "the config file, where --config names none"),
    ("FAL_KEY", "fal's key; or the systemd credential fal_key"),
    ("FAL_ADMIN_KEY", "a key of admin scope: what fal really billed corrects the sums"),
    ("NO_COLOR", "nothing is coloured"),
)


def epilog(verb: str) -> str:
    """Return what stands below a verb's options."""
    about = VERBS.get(verb)
    lines = []
    for typed, what in about.examples if about else ():
        lines += [f"  upscaled {typed}", *([f"      {what}"] if what else [])]
    return "\n".join(["examples:", *lines]) if lines else ""


def general() -> str:
    """Return what stands below the list of verbs."""
    codes = [f"  {code}  {means}" for code, means in CODES]
    return "\n".join(
        ["exit codes:", *codes, "", "`upscaled COMMAND --help` tells more; `upscaled manual` all."]
    )
