"""Tokens, uploads and the media host: what `rest.fal.ai` and `*.fal.media` answer."""

import hashlib
import re
import uuid
from pathlib import Path

from standin.checks import lifecycle
from standin.jobs import Jobs
from standin.talk import Call, Reply, refuse
from standin.world import World

_EXTENSIONS = {"image/png": ".png", "image/jpeg": ".jpg"}
_TYPES = {".png": "image/png", ".jpg": "image/jpeg"}


def token(world: World, _jobs: Jobs, call: Call) -> Reply:
    """Give a token for the storage."""
    if call.query.get("storage_type") != "fal-cdn-v3":
        return refuse(400, "Unknown storage type")
    word = uuid.uuid4().hex
    with world.lock:
        world.tokens[word] = world.clock() + world.options.token_life
        ends = world.moment(world.tokens[word]).isoformat()
    base = f"{world.url}/cdn"
    told = {"token": word, "token_type": "Bearer", "base_url": base, "expires_at": ends}
    return Reply(json=told)


def upload(world: World, _jobs: Jobs, call: Call) -> Reply:
    """Take a file whole."""
    refused = _admitted(world, call)
    if refused:
        return refused
    name = _new_name(world, call)
    _store(world, call, world.file(name))
    return Reply(json={"access_url": f"{world.url}/cdn/files/{name}"})


def begin(world: World, _jobs: Jobs, call: Call) -> Reply:
    """Begin an upload in parts."""
    refused = _admitted(world, call)
    if refused:
        return refused
    name, upload_id = _new_name(world, call), uuid.uuid4().hex
    world.file(upload_id).mkdir()
    return Reply(json={"access_url": f"{world.url}/cdn/files/{name}", "uploadId": upload_id})


def part(world: World, _jobs: Jobs, call: Call) -> Reply:
    """Take one part."""
    refused = _admitted(world, call)
    if refused:
        return refused
    _, upload_id, number = call.args
    folder = world.file(upload_id)
    if not folder.is_dir():
        return refuse(404, "No such upload")
    _write(call, folder / number)
    return Reply(headers={"ETag": _tag(folder / number)})


def complete(world: World, _jobs: Jobs, call: Call) -> Reply:
    """Join the parts, whatever their order; every one must be there with its own tag."""
    refused = _admitted(world, call)
    if refused:
        return refused
    name, upload_id = call.args
    folder, told = world.file(upload_id), (call.json() or {}).get("parts", [])
    parts = sorted(told, key=lambda one: int(one["partNumber"]))
    paths = [folder / str(one["partNumber"]) for one in parts]
    if {path.name for path in folder.iterdir()} != {path.name for path in paths}:
        return refuse(400, "Parts are missing")
    if any(_tag(path) != one["etag"] for path, one in zip(paths, parts, strict=True)):
        return refuse(400, "A part's tag is wrong")
    _note(world, world.file(name), _joined(paths, world.file(name)), parts=len(parts))
    return Reply(json={"access_url": f"{world.url}/cdn/files/{name}"})


def initiate(world: World, _jobs: Jobs, call: Call) -> Reply:
    """Sign an address for one PUT into the older bucket."""
    asked = call.json()
    if not isinstance(asked, dict) or "content_type" not in asked:
        return refuse(422, "content_type is required")
    lifecycle(world, call)
    name, word = uuid.uuid4().hex + _EXTENSIONS.get(asked["content_type"], ""), uuid.uuid4().hex
    world.signed[word] = name
    file_url = f"{world.url}/cdn/files/{name}"
    return Reply(json={"upload_url": f"{world.url}/bucket/{word}", "file_url": file_url})


def put(world: World, _jobs: Jobs, call: Call) -> Reply:
    """Take a file at a signed address, without any authorisation."""
    name = world.signed.pop(call.args[0], None)
    if name is None:
        return refuse(403, "The signature is unknown or used")
    _store(world, call, world.file(name))
    return Reply(raw=b"")


def download(world: World, _jobs: Jobs, call: Call) -> Reply:
    """Serve a file, whole or from a byte on; the key has no business here."""
    name = call.args[0]
    path = world.file(name)
    if world.clock() > world.mortal.get(name, float("inf")) or not path.is_file():
        return refuse(404, "Not found")
    if "X-Standin-Runner" not in call.headers:
        world.book.write("download", name=name, range=call.headers.get("Range"))
    tag = _tag(path)
    reply = Reply(file=path, type=_TYPES.get(path.suffix, "application/octet-stream"))
    reply.headers = {"ETag": tag, "Accept-Ranges": "bytes"}
    start = _range(call, tag)
    size = path.stat().st_size
    if start is not None and start >= size:
        return Reply(status=416, headers={"Content-Range": f"bytes */{size}"})
    if start is not None:
        reply.status, reply.start = 206, start
        reply.headers["Content-Range"] = f"bytes {start}-{size - 1}/{size}"
    return reply


def _admitted(world: World, call: Call) -> Reply | None:
    kind, _, word = call.headers.get("Authorization", "").partition(" ")
    if kind != "Bearer" or world.clock() > world.tokens.get(word, float("-inf")):
        return refuse(401, "The token is unknown or expired")
    return None


def _new_name(world: World, call: Call) -> str:
    name = uuid.uuid4().hex + _EXTENSIONS.get(call.headers.get("Content-Type", ""), "")
    seconds = lifecycle(world, call)
    if seconds is not None:
        world.mortal[name] = world.clock() + seconds
    return name


def _store(world: World, call: Call, path: Path) -> None:
    _note(world, path, _write(call, path), name=call.headers.get("X-Fal-File-Name"))


def _note(world: World, path: Path, sha256: str, **about: object) -> None:
    url = f"{world.url}/cdn/files/{path.name}"
    world.book.write("upload", url=url, bytes=path.stat().st_size, sha256=sha256, **about)


def _tag(path: Path) -> str:
    return f'"{path.stat().st_size:x}-{path.stat().st_mtime_ns:x}"'


def _joined(paths: list[Path], whole: Path) -> str:
    digest = hashlib.sha256()
    with whole.open("wb") as file:
        for path in paths:
            part = path.read_bytes()
            digest.update(part)
            file.write(part)
    return digest.hexdigest()


def _write(call: Call, path: Path) -> str:
    """Write the body to a file and return its hash; a body cut short leaves nothing."""
    digest = hashlib.sha256()
    try:
        with path.open("wb") as file:
            for chunk in call.chunks():
                digest.update(chunk)
                file.write(chunk)
    except ConnectionError:
        path.unlink()
        raise
    return digest.hexdigest()


def _range(call: Call, tag: str) -> int | None:
    found = re.fullmatch(r"bytes=(\d+)-", call.headers.get("Range", ""))
    if found is None or call.headers.get("If-Range", tag) != tag:
        return None
    return int(found.group(1))
