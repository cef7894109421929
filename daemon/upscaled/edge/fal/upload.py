"""
Puts a picture where fal's models can fetch it: one streamed POST, parts above 100 MiB, or fal's
older bucket where its storage is down. Memory stays flat: a file is read in chunks of 1 MiB.

A file's name at fal is chance alone: unguessable, unique (a doubtful submit is found by it) and
free of people's names. Uploading costs nothing, so every piece of it may be repeated.
"""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from upscaled.edge.fal import answers, refusals
from upscaled.edge.fal.addresses import Addresses
from upscaled.edge.fal.options import MIB
from upscaled.edge.fal.token import Token, Tokens
from upscaled.edge.fal.wire import Answer, Ask, Wire
from upscaled.errors import Again, Aside, Outage
from upscaled.nouns import Artifact, Code

T = TypeVar("T")

TRIES = 4
CHUNK = MIB
_TYPES = {"PNG": ("image/png", ".png"), "JPEG": ("image/jpeg", ".jpg")}


def lifecycle(seconds: int) -> str:
    """Return fal's lifecycle header; never null, which has deleted files within minutes."""
    return json.dumps({"expiration_duration_seconds": max(60, seconds)})


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """What goes up."""

    path: Path
    size: int
    type: str
    name: str
    progress: Callable[[float], None]

    def chunks(self, start: int, length: int) -> Iterator[bytes]:
        """Yield `length` bytes from `start` on, chunk by chunk, telling how far it is."""
        with self.path.open("rb") as file:
            file.seek(start)
            end = start + length
            while start < end and (chunk := file.read(min(CHUNK, end - start))):
                yield chunk
                start += len(chunk)
                self.progress(start / self.size)


class Uploads:
    """fal's storage."""

    def __init__(
        self,
        wire: Wire,
        addresses: Addresses,
        now: Callable[[], datetime],
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._wire = wire
        self._addresses = addresses
        self._options = addresses.options
        self._now = now
        self._pause = pause
        self._tokens = Tokens(wire, addresses, now)

    def put(self, upload: Artifact, progress: Callable[[float], None]) -> str:
        """Return the picture's public address at fal."""
        file = _file(upload, progress)
        try:
            if file.size > self._options.single_upload_bytes:
                return self._in_parts(file)
            return self._whole(file)
        except OSError as error:
            raise Again(f"{file.path.name} cannot be read: {error.strerror}") from error

    def _whole(self, file: _File) -> str:
        try:
            return self._to_storage(file)
        except Outage as first:
            try:
                return self._to_bucket(file)
            except Outage:
                raise first from None

    def _to_storage(self, file: _File) -> str:
        url = f"{self._options.cdn_url}/files/upload"
        answer = self._with_token(lambda token: self._send(file, "POST", url, token))
        return self._public(answer.record().get("access_url"))

    def _to_bucket(self, file: _File) -> str:
        """Use the way fal's own client falls back to: an address signed for one PUT."""
        url = f"{self._options.rest_url}/storage/upload/initiate?storage_type=gcs"
        asked = {"file_name": file.name, "content_type": file.type}
        begun = self._wire.ask(Ask(method="POST", url=url, headers=self._lifecycle(), json=asked))
        if not begun.ok:
            raise refusals.of_free_call(begun, self._now())
        told = begun.record()
        there, to = self._public(told.get("file_url")), self._public(told.get("upload_url"))
        put = self._send(file, "PUT", to, None)
        if not put.ok:
            raise refusals.unavailable(put, self._now())
        return there

    def _send(self, file: _File, method: str, url: str, token: Token | None) -> Answer:
        headers = {"Content-Type": file.type, "Content-Length": str(file.size)}
        if token:
            headers |= {**token.header, **self._lifecycle(), "X-Fal-File-Name": file.name}
        content = file.chunks(0, file.size)
        return self._wire.ask(
            Ask(method=method, url=url, headers=headers, content=content, keyed=False)
        )

    def _in_parts(self, file: _File) -> str:
        begun = self._again(lambda: self._with_token(lambda token: self._begin(file, token)))
        told = begun.record()
        there = self._public(told.get("access_url"))
        if not self._addresses.is_storage(there):
            raise Outage("fal's storage names a foreign address for the parts", "it is tried again")
        base = f"{there}/multipart/{quote(str(told.get('uploadId')), safe='')}"
        size = self._options.part_bytes
        starts = enumerate(range(0, file.size, size), start=1)
        parts = [
            {"partNumber": n, "etag": self._part(file, f"{base}/{n}", start)} for n, start in starts
        ]
        self._again(lambda: self._with_token(lambda token: self._complete(base, token, parts)))
        return there

    def _begin(self, file: _File, token: Token) -> Answer:
        base = token.base_url if self._addresses.is_storage(token.base_url) else ""
        url = f"{base or self._options.cdn_url}/files/upload/multipart"
        about = {"Content-Type": file.type, "X-Fal-File-Name": file.name}
        headers = {**about, **token.header, **self._lifecycle()}
        return self._wire.ask(Ask(method="POST", url=url, headers=headers, keyed=False))

    def _part(self, file: _File, url: str, start: int) -> str:
        length = min(self._options.part_bytes, file.size - start)
        about = {"Content-Type": file.type, "Content-Length": str(length)}

        def send(token: Token) -> Answer:
            content, headers = file.chunks(start, length), {**about, **token.header}
            return self._wire.ask(
                Ask(method="PUT", url=url, headers=headers, content=content, keyed=False)
            )

        def whole() -> str:
            etag = self._with_token(send).headers.get("etag")
            if not etag:
                raise Outage("fal's storage did not confirm a part", "it is sent again")
            return etag

        return self._again(whole)

    def _complete(self, base: str, token: Token, parts: list[dict[str, Any]]) -> Answer:
        ask = Ask(
            method="POST",
            url=f"{base}/complete",
            headers=token.header,
            json={"parts": parts},
            keyed=False,
        )
        return self._wire.ask(ask)

    def _with_token(self, call: Callable[[Token], Answer]) -> Answer:
        """Return the answer of a call that carries a token; a refused token is renewed once."""
        answer = call(self._tokens.get())
        if answer.status in {401, 403}:
            answer = call(self._tokens.get(fresh=True))
        if answer.status == 413:
            hint = "make the picture smaller, then drop it again"
            raise Aside(Code.REFUSED, "the file is too large for fal's storage", hint)
        if not answer.ok:
            raise refusals.unavailable(answer, self._now())
        return answer

    def _again(self, call: Callable[[], T]) -> T:
        """Return the call's answer, tried a few times: a part costs bytes, not money."""
        for tried in range(1, TRIES):
            try:
                return call()
            except Outage:
                self._pause(0.5 * tried)
        return call()

    def _lifecycle(self) -> dict[str, str]:
        kept = lifecycle(self._options.input_lifecycle_seconds)
        return {"X-Fal-Object-Lifecycle": kept, "X-Fal-Object-Lifecycle-Preference": kept}

    def _public(self, url: object) -> str:
        if not self._addresses.is_public(url):
            raise Outage(f"fal's storage names no usable address: {answers.quote(url)}")
        return str(url)


def _file(upload: Artifact, progress: Callable[[float], None]) -> _File:
    path = Path(upload.path)
    type_, extension = _TYPES.get(upload.format, ("application/octet-stream", ""))
    try:
        size = path.stat().st_size
    except OSError as error:
        raise Again(f"{path.name} cannot be read: {error.strerror}") from error
    if size != upload.bytes or not size:
        raise Again(f"{path.name} is no longer the file that was made for the upload")
    name = f"{uuid.uuid4().hex}{extension}"
    return _File(path=path, size=size, type=type_, name=name, progress=progress)
