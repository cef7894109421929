"""
The command line: which words there are, and which thin room answers each.

Imaging, HTTP and the ledger are imported by the verbs that need them, so that `--help` and `status`
answer at once.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from textwrap import wrap
from typing import Any

from upscaled import __version__
from upscaled.cli import words
from upscaled.core.report import plain
from upscaled.errors import ConfigError, UpscaledError, UsageError
from upscaled.nouns import Family

DONE, FATAL, WRONG, UNFINISHED = 0, 1, 2, 3

_ID = "a job's id, or its beginning"

Verb = Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return 0 done, 1 fatal, 2 wrong use or config, 3 unfinished."""
    parser = make_parser()
    arguments = parser.parse_args(argv)
    module, _, function = arguments.verb.partition(":")
    if module == "run":
        _spare()
    try:
        verb: Verb = getattr(import_module(f"upscaled.cli.{module}"), function)
        return verb(arguments)
    except ConfigError as error:
        return _wrong_config(arguments, error)
    except UpscaledError as error:
        print(f"upscaled: {error.message}", file=sys.stderr)
        if error.hint:
            print(f"  {error.hint}", file=sys.stderr)
        return WRONG if isinstance(error, UsageError) else FATAL
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE


def _spare() -> None:
    """
    Keep a daemon without a terminal from loading what paints on one.

    httpx and structlog load it where they find it, for a command and for tracebacks that are not
    used here: 5 MB of a service's 83.
    """
    if not (sys.stdout.isatty() or sys.stderr.isatty()):
        for name in ("click", "rich"):  # as if they were not installed
            sys.modules.setdefault(name, None)  # type: ignore[arg-type]


def print_json(value: Any) -> None:
    """Print JSON alone on standard output."""
    sys.stdout.write(json_text(value, indent=2) + "\n")


def print_text(text: str, *, bold: bool = False) -> None:
    """Print for a person; file names are strangers' words and may not steer the terminal."""
    said = "\n".join(plain(line) for line in text.split("\n"))
    print(f"\033[1m{said}\033[0m" if bold and _is_terminal() else said)


def _is_terminal() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def print_line(value: Any) -> None:
    """Print one JSON object on one line, at once."""
    sys.stdout.write(json_text(value) + "\n")
    sys.stdout.flush()


def json_text(value: Any, indent: int | None = None) -> str:
    """Return JSON text; where a file's name is not UTF-8, all that is not ASCII is escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, indent=indent)
    return text


def _wrong_config(arguments: argparse.Namespace, error: ConfigError) -> int:
    if getattr(arguments, "json", False) and arguments.command == "check":
        faults = [asdict(fault) for fault in error.faults]
        print_json({"ok": False, "engine": None, "faults": faults, "warnings": []})
        return WRONG
    for fault in error.faults:
        print(f"upscaled: {fault.sentence()}", file=sys.stderr)
    return WRONG


def make_parser() -> argparse.ArgumentParser:
    """Return the one source of `--help`, completion and manual."""
    parser = argparse.ArgumentParser(
        prog="upscaled",
        description="A watch-folder upscaler that explains itself.",
        epilog=words.general(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"upscaled {__version__}")
    parser.add_argument("--config", metavar="PATH", help="default: config.toml here, then /etc")
    verbs = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def verb(name: str, target: str, says: str) -> argparse.ArgumentParser:
        about = words.VERBS.get(name)
        one = verbs.add_parser(
            name,
            help=says,
            description="\n".join([f"{says[0].upper()}{says[1:]}.", *_filled(about)]),
            epilog=words.epilog(name),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        one.set_defaults(verb=target)
        one.add_argument("--json", action="store_true", help="print JSON alone on stdout")
        return one

    run = verb("run", "run:run", "the daemon")
    run.add_argument("--until-idle", action="store_true", help="end when nothing is left to do")
    forms = ["auto", "console", "json", "logfmt", "journal"]
    run.add_argument("--log-format", default="auto", choices=forms, help="lines on stderr")
    verb("check", "check:check", "check config, rules, folders and engine; spends nothing")
    init = verb("init", "check:init", "write a commented config, make folders and markers")
    init.add_argument("directory", nargs="?", default=".", type=Path, help="default: here")
    _add_looking(verb)
    _add_hands(verb)
    _add_submit(verb)
    verb(
        "window",
        "window.verb:window",
        "the page in a browser; `run` opens it where it is asked for",
    )
    demo = verb("demo", "demo:run_demo", "the whole job once on sample pictures")
    folder = "made anew each time; default: .demo"
    demo.add_argument("directory", nargs="?", default=Path(".demo"), type=Path, help=folder)
    _add_words(verb)
    return parser


def verbs_of(parser: argparse.ArgumentParser) -> Mapping[str, argparse.ArgumentParser]:
    """Return the parser of each verb, in the order in which they are listed."""
    actions = parser._actions  # noqa: SLF001 - argparse has no other way to ask for them
    (found,) = (one for one in actions if isinstance(one, argparse._SubParsersAction))  # noqa: SLF001
    verbs: Mapping[str, argparse.ArgumentParser] = found.choices
    return verbs


def _filled(about: words.About | None) -> list[str]:
    return wrap(about.says, 78) if about else []


def _add_words(verb: Callable[[str, str, str], argparse.ArgumentParser]) -> None:
    explain = verb("explain", "explaining:explain", "what a code or hold word means and asks for")
    explain.add_argument("word", nargs="?", metavar="WORD", help="budget, too_small, ...")
    completion = verb("completion", "completion:completion", "a script that completes commands")
    completion.add_argument("shell", choices=["bash", "zsh", "fish"], help="for which shell")
    verb("manual", "manual:manual", "the manual page, as roff")


def _add_looking(verb: Callable[[str, str, str], argparse.ArgumentParser]) -> None:
    classify = verb("classify", "look:classify", "say what pictures are, and why")
    classify.add_argument("files", nargs="+", metavar="FILE", help="a picture")
    explain = "show every rule, every point and the measure that decided"
    classify.add_argument("--explain", action="store_true", help=explain)
    plan = verb("plan", "look:plan", "say what would be done and cost; sends nothing")
    plan.add_argument("files", nargs="+", metavar="FILE", help="a picture")
    plan.add_argument("--target", required=True, metavar="NAME", help="a folder name: 4k, print-a3")
    verb("status", "ask:status", "engine, counts, money, watches")
    jobs = verb("jobs", "jobs:jobs", "every job, unfinished first")
    states = ["waiting", "working", "held", "review", "failed", "done"]
    jobs.add_argument("--state", choices=states, help="only these")
    series = verb("series", "series:series", "how sequences stand, which frames are missing")
    series.add_argument("name", nargs="?", metavar="NAME", help="a series, or a frame's path")
    series.add_argument(
        "--frames", metavar="A-B", help="the frames that there should be: 1001-1100"
    )
    show = verb("show", "show:show", "the whole story of one job")
    show.add_argument("id", metavar="ID", help=_ID)
    report = verb("report", "report:run_report", "one HTML page of what was done")
    report.add_argument("--since", default="24h", metavar="AGE", help="24h, 7d, 90m; default: 24h")
    page = "default: in the outboxes, as in the morning"
    report.add_argument("--output", type=Path, metavar="FILE.html", help=page)
    corpus = verb("corpus", "corpus:corpus", "measure the judge on a folder laid out as label/file")
    corpus.add_argument("directory", type=Path, metavar="DIR", help="holds label/file")
    corpus.add_argument("--output", type=Path, metavar="FILE.png", help="the sheet of mistakes")


def _add_submit(verb: Callable[[str, str, str], argparse.ArgumentParser]) -> None:
    submit = verb("submit", "submit:submit", "hand pictures in through the share; for farms")
    submit.add_argument("files", nargs="+", metavar="FILE", help="a picture")
    folder = "the folder to put them into: 4k, ACME/print-a2"
    submit.add_argument("--target", required=True, metavar="NAME", help=folder)
    family = "as this family, whatever the judge or the folder says"
    submit.add_argument("--model", choices=[one.value for one in Family], help=family)
    submit.add_argument("--series", metavar="NAME", help="all of this name get one recipe")
    submit.add_argument("--frames", metavar="A-B", help="frames that there should be: 1001-1100")
    submit.add_argument("--urgent", action="store_true", help="before the others")
    submit.add_argument("--again", action="store_true", help="also what was handed in before")
    submit.add_argument("--inbox", type=Path, metavar="PATH", help="default: the config's first")
    submit.add_argument("--wait", action="store_true", help="until all have ended or are held")
    submit.add_argument("--timeout", type=float, metavar="SECONDS", help="wait no longer than this")


def _add_hands(verb: Callable[[str, str, str], argparse.ArgumentParser]) -> None:
    retry = verb("retry", "hands:retry", "failed files back to the inbox; held ones looked at now")
    retry.add_argument("ids", nargs="*", metavar="ID", help=_ID)
    retry.add_argument("--all-failed", action="store_true", help="every job that failed")
    cancel = verb("cancel", "hands:cancel", "stop a job; its original goes to failed/")
    cancel.add_argument("ids", nargs="+", metavar="ID", help=_ID)
    accept = verb("accept", "hands:accept", "let results in review pass; they go to the outbox")
    accept.add_argument("ids", nargs="+", metavar="ID", help=_ID)
    reject = verb("reject", "hands:reject", "take results out of review; originals go to failed/")
    reject.add_argument("ids", nargs="+", metavar="ID", help=_ID)
    redo = verb("redo", "hands:redo", "do the originals of ended jobs again, as new jobs")
    redo.add_argument("ids", nargs="+", metavar="ID", help=_ID)
    family = "as this family, whatever the judge or the folder says"
    redo.add_argument("--model", choices=[one.value for one in Family], help=family)
    prune = verb("prune", "prune:prune", "let go of what is remembered of jobs that ended long ago")
    prune.add_argument("--older-than", metavar="AGE", help="90d, 24h; default: keep_history_days")
    prune.add_argument("--dry-run", action="store_true", help="count only")
    verb("pause", "hands:pause", "begin and submit nothing more")
    verb("resume", "hands:resume", "go on, and look at everything held at once")
