"""A process that only watches a folder and prints each file's name and the second it was seen."""

import os
import sys
import time
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer


def say(path: str) -> None:
    """Print one name."""
    sys.stdout.write(f"{Path(path).name} {time.time()}\n")
    sys.stdout.flush()


class Said(FileSystemEventHandler):
    """Prints what was made or moved."""

    def on_created(self, event: FileSystemEvent) -> None:
        """Print a new file."""
        if not event.is_directory:
            say(os.fsdecode(event.src_path))

    def on_moved(self, event: FileSystemEvent) -> None:
        """Print a renamed file."""
        if not event.is_directory:
            say(os.fsdecode(event.dest_path))


def scan(folder: str, seen: set[str]) -> None:
    """Print what was not there before."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                scan(entry.path, seen)
            elif entry.path not in seen:
                entry.stat()
                seen.add(entry.path)
                say(entry.path)


def main() -> None:
    """Watch until killed."""
    kind, folder = sys.argv[1:]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    if kind == "watchdog":
        observer = Observer()
        observer.schedule(Said(), folder, recursive=True)
        observer.start()
        observer.join()
    seen: set[str] = set()
    while True:
        scan(folder, seen)
        time.sleep(1.0)


if __name__ == "__main__":
    main()
