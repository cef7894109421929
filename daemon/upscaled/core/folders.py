"""
What a folder's name asks for: the grammar of targets. Names are values here; no disk is touched.

A name is read into layers, nearest wins: the built-in target, what a name from the config is like,
the folder itself, each refining folder below. What cannot be read is unknown, never guessed.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Protocol

from upscaled.core.layers import Layer, Unknown, below, make, refine
from upscaled.core.nearest import did_you_mean, is_near
from upscaled.core.tokens import (
    BASES,
    BUILT_IN_LIKE,
    PATTERNS,
    WORDS,
    Base,
    Said,
    fold,
    hint_for,
    read,
)
from upscaled.nouns import Order

__all__ = [
    "Alias",
    "Grammar",
    "NoTarget",
    "Place",
    "Target",
    "TokenHelp",
    "Unknown",
    "UnknownFolder",
    "name_problem",
    "tokens_for_help",
]


class Alias(Protocol):
    """A target's name from the config."""

    @property
    def like(self) -> str:
        """The folder name that it is short for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A folder whose pictures are wanted. `order` holds all that its names say together."""

    path: str
    """The folder, relative to the inbox."""
    order: Order
    target_depth: int
    """How many parts of `path` lead to the folder that names the target, that one included."""

    @property
    def target_path(self) -> str:
        """Return the folder that names the target."""
        return "/".join(self.path.split("/")[: self.target_depth])


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownFolder:
    """A folder whose pictures stay. `path` is the folder with the name at fault, not one below."""

    path: str
    token: str
    hint: str

    def sentence(self) -> str:
        """Return the reason as a person reads it."""
        return f'the folder "{self.path}" is not understood at "{self.token}": {self.hint}'


@dataclass(frozen=True, slots=True, kw_only=True)
class NoTarget:
    """The inbox itself, or a parent that names no target yet: nothing is wrong, nothing is done."""

    path: str


Place = Target | UnknownFolder | NoTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenHelp:
    """One word of the grammar, for the docs."""

    token: str
    means: str


_PARTERS = re.compile(r"[-_ ]+")


def _split(name: str) -> list[str]:
    """Part a name at `-`, `_` and space; a leading one leaves an empty, hence unknown, target."""
    return _PARTERS.split(name.rstrip("-_ "))


def _parts(folder: str) -> list[str]:
    return [part for part in folder.split("/") if part not in {"", "."}]


def _respelled(name: str) -> str:
    """Return a name that was read as it is spelled in short: `4K_png even` is `4k-even-png`."""
    if name.startswith("+"):
        return "+" + "-".join(sorted(map(fold, _split(name[1:].lstrip("-_ ")))))
    first, *rest = map(fold, _split(name))
    return "-".join((first, *sorted(rest)))


class Grammar:
    """
    All target words of one configuration.

    Names of `targets` that cannot be read are left out and stand in `bad`, each with its fault.
    """

    def __init__(self, targets: Mapping[str, Alias]) -> None:
        likes = dict(BUILT_IN_LIKE) | {fold(name): one.like for name, one in targets.items()}
        self._layers = {word: make(word, base, {}) for word, base in BASES.items()}
        self.bad: dict[str, Unknown] = {}
        for word in likes:
            if isinstance(found := self._alias(word, likes, ()), Unknown):
                self.bad[word] = found
        self._walked = lru_cache(maxsize=4096)(self._walk)

    @property
    def words(self) -> tuple[str, ...]:
        """Return every target word, built-in ones first."""
        return tuple(self._layers)

    def parse_name(self, name: str) -> Order | Unknown:
        """Read one whole folder name, as if it stood alone."""
        read_whole = self._whole(name)
        return read_whole if isinstance(read_whole, Unknown) else read_whole[0].order

    def resolve(self, folder: str, *, holds_files: bool = True) -> Place:
        """
        Say what a folder is, given its path relative to the inbox (`/` between names).

        With files directly in it, a folder without any target is unknown. With none, ask with
        `holds_files=False`, and only where no sub-folder leads to a target: then a name such as
        `ACME` is `NoTarget`, a parent to be, while a slip such as `prnt-a2` is unknown already.
        """
        return self._walked(folder, holds_files=holds_files)

    def spelled(self, folder: str) -> str:
        """Return a folder's path in the one spelling that all its spellings share."""
        return "/".join(spelling or name for name, spelling in self.spellings(folder))

    def spellings(self, folder: str) -> Iterator[tuple[str, str | None]]:
        """
        Yield each name of a folder's path, and its one spelling where the grammar reads it.

        Case, separators and the order of later tokens are spelled alike. Parents and mirrored
        folders are names of their own: `ACME` and `acme` are two clients.
        """
        layer: Layer | None = None
        for name in _parts(folder):
            entered = self._enter(layer, name)
            if isinstance(entered, Layer):
                layer = entered
                yield name, _respelled(name)
            else:
                yield name, None

    def _alias(
        self, word: str, likes: Mapping[str, str], above: tuple[str, ...]
    ) -> Layer | Unknown:
        if word in self._layers:
            return self._layers[word]
        first = fold(_split(likes[word])[0])
        circle = (*above, word)
        if first in circle:
            return Unknown(token=first, hint=f"a circle: {' is like '.join((*circle, first))}")
        if first in likes and isinstance(found := self._alias(first, likes, circle), Unknown):
            return found
        whole = self._whole(likes[word])
        if isinstance(whole, Unknown):
            return whole
        self._layers[word] = layer = make(word, whole[0].base, whole[0].said)
        return layer

    def _whole(self, name: str) -> tuple[Layer, Mapping[str, Said]] | Unknown:
        """Read a name that begins with a target word; also return what its own tokens say."""
        first, *rest = _split(name)
        start = self._layers.get(fold(first))
        if start is None:
            return Unknown(token=first or name, hint=did_you_mean(first or name, self.words))
        own = self._tokens(rest, start.base)
        if isinstance(own, Unknown):
            return own
        layer = refine(start, own)
        return layer if isinstance(layer, Unknown) else (layer, own)

    def _tokens(self, tokens: Iterable[str], base: Base) -> dict[str, Said] | Unknown:
        said: dict[str, Said] = {}
        for token in tokens:
            one = read(token)
            if one is None:
                return Unknown(token=token, hint=self._hint(token, base))
            if one.slot in said:
                return Unknown(token=token, hint=_clash(said[one.slot].token, one.token))
            said[one.slot] = one
        return said

    def _hint(self, token: str, base: Base) -> str:
        if fold(token) in self._layers:
            return "a target comes first in a name, and only one"
        return hint_for(token, base)

    def _walk(self, folder: str, *, holds_files: bool) -> Place:
        parts = _parts(folder)
        layer: Layer | None = None
        depth = 0
        for here, name in enumerate(parts, 1):
            entered = self._enter(layer, name)
            if isinstance(entered, Unknown):
                path = "/".join(parts[:here])
                return UnknownFolder(path=path, token=entered.token, hint=entered.hint)
            if entered and not name.startswith("+"):
                depth = here
            layer = entered or layer
        if layer:
            return Target(path="/".join(parts), order=layer.order, target_depth=depth)
        return self._without_target(parts, holds_files=holds_files)

    def _enter(self, above: Layer | None, name: str) -> Layer | Unknown | None:
        """Return the layer below a name; None for a name that says nothing: a parent, a mirror."""
        if name.startswith("+"):
            return self._refined(above, name)
        found = self._whole(name)
        if isinstance(found, Unknown):
            attempt = above is None and fold(_split(name)[0]) in self._layers
            return found if attempt else None
        return below(above, *found) if above else found[0]

    def _refined(self, above: Layer | None, name: str) -> Layer | Unknown:
        if above is None:
            return Unknown(token=name, hint="a folder with + refines a target above it: none is")
        tokens = _split(name[1:].lstrip("-_ "))
        if tokens == [""]:
            return Unknown(token=name, hint='tokens follow the +, as in "+core"')
        own = self._tokens(tokens, above.base)
        return own if isinstance(own, Unknown) else refine(above, own)

    def _without_target(self, parts: list[str], *, holds_files: bool) -> Place:
        firsts = [_split(part)[0] or part for part in parts]
        slips = [depth for depth, first in enumerate(firsts, 1) if is_near(first, self.words)]
        depth = slips[-1] if slips else len(parts) * holds_files
        if depth == 0:
            return NoTarget(path="/".join(parts))
        token = firsts[depth - 1]
        hint = did_you_mean(token, self.words)
        return UnknownFolder(path="/".join(parts[:depth]), token=token, hint=hint)


def drop_folder(grammar: Grammar, path: str) -> str:
    """Return the target folder that a picture was dropped into, sub-folders below it folded in."""
    folder = str(PurePosixPath(path).parent)
    place = grammar.resolve("" if folder == "." else folder)
    return place.target_path if isinstance(place, Target) else folder


def _clash(first: str, second: str) -> str:
    return f'"{first}" stands twice' if first == second else f'"{second}" contradicts "{first}"'


def name_problem(name: str) -> str:
    """Say why a name from the config cannot be a target's; empty where it can."""
    word = fold(name)
    if not word.isalnum():
        return "letters and digits only, so that it is one word of a folder name"
    if word in BASES:
        return f'"{word}" is built in; take another name'
    return f'"{word}" is a token of folder names; take another name' if read(word) else ""


def tokens_for_help() -> tuple[TokenHelp, ...]:
    """Return the whole grammar, targets first, one row a word."""
    rows = {word: base.means for word, base in BASES.items()}
    rows |= {word: f"short for {like}" for word, like in BUILT_IN_LIKE.items()}
    rows |= {word: one.means for word, one in WORDS.items()} | dict(PATTERNS)
    return tuple(TokenHelp(token=token, means=means) for token, means in rows.items())
