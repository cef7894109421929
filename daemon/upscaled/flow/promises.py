"""Names that are spoken for: two results of one moment must not choose the same one."""

from threading import Lock


class Promises:
    """
    Names that are spoken for but may not be visible yet.

    Steps of one root reserve here before they stage; the conductor releases when a job ends and
    reserves again from the ledger after a restart.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._names: dict[str, str] = {}

    def reserve(self, name: str, job_id: str) -> bool:
        """Speak for a name; False where another job did."""
        with self._lock:
            return self._names.setdefault(name, job_id) == job_id

    def release(self, job_id: str) -> None:
        """Let go of every name of a job."""
        with self._lock:
            self._names = {name: job for name, job in self._names.items() if job != job_id}
