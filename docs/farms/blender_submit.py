"""
Blender: hand in each frame as soon as it is written.

    UPSCALED_TARGET=4k blender -b shot.blend -P blender_submit.py -a

An output path with a dot before its `#`, such as `//frames/sh010.####`, makes a numbered sequence,
which gets one recipe. `render_write` is called right after a frame was written. A frame that could
not be handed in is tried once more when the render is complete; a render never fails for that.
"""

import os
import subprocess
import sys

import bpy

COMMAND = os.environ.get("UPSCALED", "upscaled")
TARGET = os.environ["UPSCALED_TARGET"]
OPTIONS = os.environ.get("UPSCALED_OPTIONS", "").split()
"""Such as `--model cgi --inbox /mnt/farm/inbox`."""
SECONDS = 600

left = []


def submit(path):
    """Hand one file in; return whether it is in."""
    command = [COMMAND, "submit", path, "--target", TARGET, *OPTIONS]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"upscaled: {path}: {error}", file=sys.stderr)
        return False
    print(f"upscaled: {path}: {done.stdout.strip() or done.stderr.strip()}")
    return done.returncode == 0


@bpy.app.handlers.persistent
def written(scene, *_depsgraph):
    """Hand in the frame that was just written."""
    path = bpy.path.abspath(scene.render.frame_path(frame=scene.frame_current))
    if not submit(path):
        left.append(path)


@bpy.app.handlers.persistent
def complete(_scene, *_depsgraph):
    """Try once more what could not be handed in."""
    left[:] = [path for path in left if not submit(path)]
    for path in left:
        print(f"upscaled: {path} was NOT handed in", file=sys.stderr)


bpy.app.handlers.render_write.append(written)
bpy.app.handlers.render_complete.append(complete)
