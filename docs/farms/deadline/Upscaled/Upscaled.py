"""
Deadline: an event plugin that hands in the frames of finished jobs.

Copy this folder to `custom/events/Upscaled` of the repository, then set it to Global Enabled or
Opt-In. Only jobs with the extra info key `UpscaledTarget` (in the job info file:
`ExtraInfoKeyValue0=UpscaledTarget=4k`) are handed in; `UpscaledModel` and `UpscaledSeries` may
stand beside it. It runs where the job's last task finished, and that machine needs the `upscaled`
command and the share.
"""

import os
import re
import subprocess

from Deadline.Events import DeadlineEventListener
from Deadline.Scripting import RepositoryUtils

SECONDS = 3600
AT_ONCE = 200
"""Files of one call: command lines have a limit."""


def GetDeadlineEventListener():
    """Return the listener; Deadline calls this."""
    return Upscaled()


def CleanupDeadlineEventListener(listener):
    """Let go of the listener; Deadline calls this."""
    listener.Cleanup()


class Upscaled(DeadlineEventListener):
    """Hands in what a finished job has rendered."""

    def __init__(self):
        super().__init__()
        self.OnJobFinishedCallback += self.OnJobFinished

    def Cleanup(self):
        """Let go of the callback."""
        del self.OnJobFinishedCallback

    def OnJobFinished(self, job):
        """Hand in every frame of every output."""
        target = job.GetJobExtraInfoKeyValue("UpscaledTarget")
        if not target:
            return
        command = self.GetConfigEntryWithDefault("Command", "upscaled")
        options = ["--target", target]
        for key, option in (("UpscaledModel", "--model"), ("UpscaledSeries", "--series")):
            if value := job.GetJobExtraInfoKeyValue(key):
                options += [option, value]
        inbox = self.GetConfigEntryWithDefault("Inbox", "")
        options += ["--inbox", inbox] if inbox else []
        files = outputs(job)
        for first in range(0, len(files), AT_ONCE):
            self.submit([command, "submit", *files[first : first + AT_ONCE], *options])

    def submit(self, command):
        """Call the command; what it says goes into the event's log."""
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
        for line in (done.stdout + done.stderr).splitlines():
            self.LogInfo(line)
        if done.returncode:
            self.LogWarning("upscaled ended with %d: not all files are handed in" % done.returncode)


def outputs(job):
    """Return the paths of all frames, as this machine sees them."""
    files = []
    for folder, name in zip(job.JobOutputDirectories, job.JobOutputFileNames):
        path = RepositoryUtils.CheckPathMapping(os.path.join(folder, name))
        files += [numbered(path, frame) for frame in job.JobFramesList]
    return list(dict.fromkeys(files))


def numbered(path, frame):
    """Return the path of one frame: Deadline pads with `#`, some programs with `?`."""
    folder, name = os.path.split(path)
    padded = re.sub(r"[#?]+", lambda run: str(frame).zfill(len(run.group())), name)
    return os.path.join(folder, padded)
