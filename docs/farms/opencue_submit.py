"""
OpenCue: a job whose frames are handed in as soon as each is rendered.

    python opencue_submit.py sh010.blend /mnt/farm/sh010/sh010 1001-1100 4k

The second layer depends on the first frame by frame. Cuebot replaces `#IFRAME#` by the frame's
number and `#ZFRAME#` by the number with four digits; Blender writes `####` the same way.
"""

import sys
from shlex import quote

import outline
import outline.cuerun
from outline.modules.shell import Shell

COMMAND = "upscaled"


def job_of(blend, stem, frames, target):
    """Return the outline: render, then hand in."""
    job = outline.Outline("upscaled-render", frame_range=frames)
    paths = ["-b", quote(blend), "-o", quote(stem + ".####"), "-F", "PNG"]
    render = Shell("render", command=["blender", *paths, "-f", "#IFRAME#"], range=frames)
    made = quote(stem + ".#ZFRAME#.png")
    call = [COMMAND, "submit", made, "--target", quote(target)]
    submit = Shell("upscaled", command=call, range=frames)
    job.add_layer(render)
    job.add_layer(submit)
    submit.depend_on(render)  # frame by frame, unless told otherwise
    return job


if __name__ == "__main__":
    # Without the wrapper: only then the commands are cuebot's own, with its tokens replaced.
    outline.cuerun.launch(job_of(*sys.argv[1:5]), use_pycuerun=False)
