"""
The command line: which words there are, and which thin room answers each.

Imaging, HTTP and the ledger are imported by the verbs that need them, so that `--help` and `status`
answer at once.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

from upscaled import __version__
from upscaled.core.report import plain
from upscaled.errors import ConfigError, UpscaledError, UsageError
from upscaled.nouns import Family

DONE, FATAL, WRONG, UNFINISHED = 0, 1, 2, 3

Verb = Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return 0 done, 1 fatal, 2 wrong use or config, 3 unfinished."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    module, _, function = arguments.verb.partition(":")
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


def print_json(value: Any) -> None:
    """Print JSON alone on standard output."""
    sys.stdout.write(json_text(value, indent=2) + "\n")


def print_text(text: str) -> None:
    """Print for a person; file names are strangers' words and may not steer the terminal."""
    print("\n".join(plain(line) for line in text.split("\n")))


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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="upscaled", description="A watch-folder upscaler that explains itself."
    )
    parser.add_argument("--version", action="version", version=f"upscaled {__version__}")
    parser.add_argument("--config", metavar="PATH", help="default: config.toml here, then /etc")
    verbs = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def verb(name: str, target: str, says: str) -> argparse.ArgumentParser:
        one = verbs.add_parser(name, help=says, description=says)
        one.set_defaults(verb=target)
        one.add_argument("--json", action="store_true", help="print JSON alone on stdout")
        return one

    run = verb("run", "run:run", "the daemon")
    run.add_argument("--until-idle", action="store_true", help="end when nothing is left to do")
    forms = ["auto", "console", "json", "logfmt", "journal"]
    run.add_argument("--log-format", default="auto", choices=forms, help="lines on stderr")
    verb("check", "check:check", "check config, rules, folders and engine; spends nothing")
    init = verb("init", "check:init", "write a commented config, make folders and markers")
    init.add_argument("directory", nargs="?", default=".", type=Path)
    _add_looking(verb)
    _add_hands(verb)
    _add_submit(verb)
    verb(
        "window",
        "window.verb:window",
        "the page in a browser; `run` opens it where it is asked for",
    )
    demo = verb("demo", "demo:run_demo", "the whole job once on sample pictures")
    demo.add_argument("directory", nargs="?", default=Path(".demo"), type=Path)
    return parser


def _add_looking(verb: Callable[[str, str, str], argparse.ArgumentParser]) -> None:
    classify = verb("classify", "look:classify", "say what pictures are, and why")
    classify.add_argument("files", nargs="+", metavar="FILE")
    explain = "show every rule, every point and the measure that decided"
    classify.add_argument("--explain", action="store_true", help=explain)
    plan = verb("plan", "look:plan", "say what would be done and cost; sends nothing")
    plan.add_argument("files", nargs="+", metavar="FILE")
    plan.add_argument("--target", required=True, metavar="NAME", help="a folder name: 4k, print-a3")
    verb("status", "ask:status", "engine, counts, money, watches")
    jobs = verb("jobs", "jobs:jobs", "every job, unfinished first")
    jobs.add_argument("--state", choices=["waiting", "working", "held", "review", "failed", "done"])
    series = verb("series", "series:series", "how sequences stand, which frames are missing")
    series.add_argument("name", nargs="?", metavar="NAME", help="a series, or a frame's path")
    series.add_argument(
        "--frames", metavar="A-B", help="the frames that there should be: 1001-1100"
    )
    show = verb("show", "show:show", "the whole story of one job")
    show.add_argument("id")
    report = verb("report", "report:run_report", "one HTML page of what was done")
    report.add_argument("--since", default="24h", help="24h, 7d, 90m")
    report.add_argument("--output", type=Path, metavar="FILE.html")
    corpus = verb("corpus", "corpus:corpus", "measure the judge on a folder laid out as label/file")
    corpus.add_argument("directory", type=Path, metavar="DIR")
    corpus.add_argument("--output", type=Path, metavar="FILE.png", help="the sheet of mistakes")


def _add_submit(verb: Callable[[str, str, str], argparse.ArgumentParser]) -> None:
    submit = verb("submit", "submit:submit", "hand pictures in through the share; for farms")
    submit.add_argument("files", nargs="+", metavar="FILE")
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
    retry.add_argument("ids", nargs="*", metavar="ID")
    retry.add_argument("--all-failed", action="store_true")
    cancel = verb("cancel", "hands:cancel", "stop a job; its original goes to failed/")
    cancel.add_argument("ids", nargs=1, metavar="ID")
    accept = verb("accept", "hands:accept", "let results in review pass; they go to the outbox")
    accept.add_argument("ids", nargs="+", metavar="ID")
    reject = verb("reject", "hands:reject", "take results out of review; originals go to failed/")
    reject.add_argument("ids", nargs="+", metavar="ID")
    redo = verb("redo", "hands:redo", "do the originals of ended jobs again, as new jobs")
    redo.add_argument("ids", nargs="+", metavar="ID")
    family = "as this family, whatever the judge or the folder says"
    redo.add_argument("--model", choices=[one.value for one in Family], help=family)
    prune = verb("prune", "prune:prune", "let go of what is remembered of jobs that ended long ago")
    prune.add_argument("--older-than", metavar="AGE", help="90d, 24h; default: keep_history_days")
    prune.add_argument("--dry-run", action="store_true", help="count only")
    verb("pause", "hands:pause", "begin and submit nothing more")
    verb("resume", "hands:resume", "go on, and look at everything held at once")
