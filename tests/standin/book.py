"""The ledger: one line of JSON per event, on disk before it is acted on, kept across restarts."""

import json
import os
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

Event = dict[str, Any]


class Book:
    """Every event so far, and the sums that tests assert on."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._path = path
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        self._events: list[Event] = [json.loads(line) for line in lines]
        self._file = path.open("a", encoding="utf-8")

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def write(self, event: str, **about: Any) -> None:
        """Add an event."""
        entry: Event = {"event": event, "at": time.time(), **about}
        with self._lock:
            self._events.append(entry)
            if not self._file.closed:
                self._file.write(json.dumps(entry) + "\n")
                self._file.flush()
                os.fsync(self._file.fileno())

    def of(self, event: str) -> list[Event]:
        """Return the events of one kind, oldest first."""
        with self._lock:
            return [entry for entry in self._events if entry["event"] == event]

    def summary(self) -> dict[str, Any]:
        """Return the ledger as a test reads it."""
        accepted, billed = self.of("accepted"), self.of("billed")
        urls = Counter(str(entry["image_url"]) for entry in accepted)
        units = sum(float(entry["units"]) for entry in billed)
        return {
            "submits": len(self.of("submit")),
            "accepted": len(accepted),
            "billed": len(billed),
            "billed_units": units,
            "billed_usd": round(units / 100, 4),
            "duplicates": {url: n for url, n in urls.items() if n > 1},
            "jobs": accepted,
            "bills": billed,
            "ended": self.of("ended"),
            "uploads": self.of("upload"),
            "downloads": len(self.of("download")),
            "faults": self.of("fault"),
            "violations": self.of("violation"),
        }
