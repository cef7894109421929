"""
A unit's sandbox where systemd is not process 1: its settings, read from the file, on a process.

`python -m sandbox UNIT FOLDERS PROGRAM -- COMMAND...` as root, inside `unshare --mount --uts`.
Every setting of `[Service]` is put into effect here or listed as what only systemd itself can
do; one that is neither, or a value that is not known, is an error: no test falls behind the unit.
"""
