"""
`completion`: scripts for bash, zsh and fish, drawn from the parser itself.

Written by hand and not with shtab: that is a dependency of a user's machine for fewer lines than
these, and knows nothing of job ids. They are asked of the ledger by `jobs`, which answers at once.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from upscaled.cli.main import DONE, make_parser, print_json, verbs_of

IDS = "ids"
"""What an argument takes that is a job's id; a folder, a file, or nothing else is known of it."""
_FILES = {"FILE", "PATH", "DIR", "FILE.html", "FILE.png"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option of a verb."""

    names: tuple[str, ...]
    says: str
    choices: tuple[str, ...] = ()
    takes: str = ""
    """`file`, `word`, or nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """All that can be completed of a verb."""

    says: str
    options: tuple[Option, ...]
    words: tuple[str, ...] = field(default=())
    """What may stand without an option."""
    places: str = ""
    """`ids` or `file` where such may stand."""


def completion(arguments: argparse.Namespace) -> int:
    """Print the script of a shell."""
    script = SCRIPTS[arguments.shell](verbs())
    if arguments.json:
        print_json({"shell": arguments.shell, "script": script})
    else:
        print(script, end="")
    return DONE


def verbs() -> dict[str, Verb]:
    """Return what the parser knows."""
    parser = make_parser()
    says = {one.dest: one.help or "" for one in _choices_of(parser)}
    return {name: _verb(one, says.get(name, "")) for name, one in verbs_of(parser).items()}


def _choices_of(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    groups = (one for one in parser._actions if isinstance(one, argparse._SubParsersAction))  # noqa: SLF001
    return [one for group in groups for one in group._choices_actions]  # noqa: SLF001


def _verb(parser: argparse.ArgumentParser, says: str) -> Verb:
    actions = parser._actions  # noqa: SLF001 - as in `verbs_of`
    options = tuple(_option(one) for one in actions if one.option_strings)
    plain = [one for one in actions if not one.option_strings]
    words = tuple(str(word) for one in plain for word in one.choices or ())
    metavars = {str(one.metavar or one.dest) for one in plain}
    files = metavars & _FILES or "directory" in metavars
    places = IDS if "ID" in metavars else "file" if files else ""
    if "WORD" in metavars:
        words = _explained()
    return Verb(says=says, options=options, words=words, places=places)


def _option(action: argparse.Action) -> Option:
    takes = "" if action.nargs == 0 else "file" if action.metavar in _FILES else "word"
    choices = tuple(str(one) for one in action.choices or ())
    says = action.help or ""
    return Option(names=tuple(action.option_strings), says=says, choices=choices, takes=takes)


def _explained() -> tuple[str, ...]:
    from upscaled.core.glossary import CODES, HOLDS  # noqa: PLC0415 - for this script alone

    return tuple(word.value for word in (*CODES, *HOLDS))


# ---- the shells


def _ids(config: str = "") -> str:
    """Return the command that lists ids: `jobs --json` prints a job a line, its id first."""
    asked = f"upscaled{config} jobs --json 2>/dev/null"
    return asked + r""" | sed -n 's/^{"id": "\([^"]*\)".*/\1/p'"""


def bash(some: Mapping[str, Verb]) -> str:
    """Return the script for bash 4 or later."""
    return "\n".join([*_bash_head(some), *_bash_cases(some), *_BASH_TAIL, ""])


def _bash_head(some: Mapping[str, Verb]) -> Iterator[str]:
    yield "# bash completion for upscaled"
    asked = _ids(' "$@"')
    yield f"_upscaled_ids() {{ {asked}; }}"
    yield "_upscaled() {"
    yield '    local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}"'
    yield "    local verb='' config=() i words='' places=''"
    yield "    for ((i = 1; i < COMP_CWORD; i++)); do"
    yield '        case "${COMP_WORDS[i]}" in'
    yield '            --config) config=(--config "${COMP_WORDS[i+1]}"); ((i++)) ;;'
    yield "            -*) ;;"
    yield '            *) verb="${COMP_WORDS[i]}"; break ;;'
    yield "        esac"
    yield "    done"
    yield '    case "$verb:$before" in'
    yield "        *:--config) places=file ;;"
    yield f"        :*) words='--config --help --version {' '.join(some)}' ;;"


def _bash_cases(some: Mapping[str, Verb]) -> Iterator[str]:
    for name, verb in some.items():
        for option in verb.options:
            if option.takes:
                pattern = "|".join(f"{name}:{one}" for one in option.names)
                places = "file" if option.takes == "file" else ""
                yield f"        {pattern}) words='{' '.join(option.choices)}' places='{places}' ;;"
        words = " ".join([*(one for part in verb.options for one in part.names), *verb.words])
        yield f"        {name}:*) words='{words}' places='{verb.places}' ;;"


_BASH_TAIL = (
    "    esac",
    '    [[ $places == ids && $word != -* ]] && words+=" $(_upscaled_ids "${config[@]}")"',
    '    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")',
    "    [[ $places != file ]] ||",
    '        mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$word")',
    "}",
    "complete -o filenames -F _upscaled upscaled",
)


def fish(some: Mapping[str, Verb]) -> str:
    """Return the script for fish 3 or later."""
    none = "not __fish_seen_subcommand_from " + " ".join(some)
    lines = ["# fish completion for upscaled", "complete -c upscaled -f"]
    lines.append(f"function __upscaled_ids; {_ids()}; end")
    lines.append("complete -c upscaled -l config -r -F -d 'the config file'")
    for name, verb in some.items():
        lines.append(f"complete -c upscaled -n '{none}' -a {name} -d {_quoted(verb.says)}")
        seen = f"complete -c upscaled -n '__fish_seen_subcommand_from {name}'"
        lines += [f"{seen} {_fish_option(option)}" for option in verb.options]
        if verb.words:
            lines.append(f"{seen} -a '{' '.join(verb.words)}'")
        places = {IDS: " -a '(__upscaled_ids)'", "file": " -F"}.get(verb.places)
        lines += [f"{seen}{places}"] if places else []
    return "\n".join([*lines, ""])


def _fish_option(option: Option) -> str:
    names = " ".join(
        f"-l {one[2:]}" if one[:2] == "--" else f"-s {one[1:]}" for one in option.names
    )
    takes = {"file": " -r -F", "word": " -x"}.get(option.takes, "")
    choices = f" -a '{' '.join(option.choices)}'" if option.choices else ""
    return f"{names}{takes}{choices} -d {_quoted(option.says)}"


def zsh(some: Mapping[str, Verb]) -> str:
    """Return the script for zsh 5 or later."""
    lines = [
        "#compdef upscaled",
        f"_upscaled_ids() {{ compadd -- $({_ids()}) }}",
    ]
    lines += ["_upscaled() {", "    local state line", "    local -a verbs", "    verbs=("]
    lines += [f"        {_quoted(f'{name}:{verb.says}')}" for name, verb in some.items()]
    lines += ["    )", "    _arguments -C '--config[the config file]:file:_files' '--version' \\"]
    lines += ["        '(-h --help)'{-h,--help} '1:command:->verb' '*::argument:->rest'"]
    lines += ["    case $state in", "        verb) _describe command verbs ;;"]
    lines += ["        rest) case $line[1] in"]
    for name, verb in some.items():
        lines.append(f"            {name}) _arguments {' '.join(_zsh_specs(verb))} ;;")
    lines += ["        esac ;;", "    esac", "}"]
    # As a file on fpath it is called while completing; evaluated, it only makes itself known.
    lines += ['if [[ $funcstack[1] == _upscaled ]]; then _upscaled "$@"']
    return "\n".join([*lines, "else compdef _upscaled upscaled", "fi", ""])


def _zsh_specs(verb: Verb) -> Iterator[str]:
    for option in verb.options:
        end = ":word:_files" if option.takes == "file" else ":word:" if option.takes else ""
        if option.choices:
            end = f":word:({' '.join(option.choices)})"
        for name in option.names:
            yield _quoted(f"{name}[{option.says.replace('[', '(').replace(']', ')')}]{end}")
    if verb.words:
        yield _quoted(f"*:word:({' '.join(verb.words)})")
    elif verb.places:
        yield _quoted(f"*:{verb.places}:{'_upscaled_ids' if verb.places == IDS else '_files'}")


def _quoted(text: str) -> str:
    """Return a text in single quotes, safe in all three shells."""
    return "'" + text.replace("\\", "").replace("'", "") + "'"


SCRIPTS: Mapping[str, Callable[[Mapping[str, Verb]], str]] = {
    "bash": bash,
    "zsh": zsh,
    "fish": fish,
}
