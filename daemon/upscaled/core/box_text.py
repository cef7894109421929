"""What `_READ-ME.txt` says in a folder that answers, where something in it is not understood."""

from collections.abc import Mapping

from upscaled.core.readme_text import indented
from upscaled.core.report import plain

NAME = "_READ-ME.txt"
SIGNATURE = "Nothing is done with the files in this list"
"""By these words such a note is known as ours."""
_SHOWN = 100


def box_text(box: str, says: Mapping[str, str]) -> str:
    """Return the note; `says` tells why by each file's path, relative to the folder."""
    lines = [f"{plain(box)}: {SIGNATURE}; they stay until somebody takes them away.", ""]
    for path in sorted(says)[:_SHOWN]:
        lines += [plain(path), indented(says[path]), ""]
    if len(says) > _SHOWN:
        lines.append(f"and {len(says) - _SHOWN:,} more")
    return "\n".join(lines)
