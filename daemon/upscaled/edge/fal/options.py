"""What the fal door is told when it is built. Never the key: this may be printed."""

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class FalOptions:
    """Addresses without a trailing slash (they may carry a path), times in seconds."""

    queue_url: str = "https://queue.fal.run"
    rest_url: str = "https://rest.fal.ai"
    cdn_url: str = "https://v3.fal.media"
    api_url: str = "https://api.fal.ai/v1"
    backup_queue_url: str | None = None
    """Asked where `queue_url` cannot be connected; None: fal's own, for fal's own queue."""
    max_in_flight: int = 8
    request_timeout_seconds: float = 60.0
    """Longest silence in one call."""
    rest_first_seconds: float = 5.0
    rest_most_seconds: float = 120.0
    """How long a service that failed several times in a row is left alone: first, and at most."""
    start_timeout_seconds: float = 3600.0
    """A request that has not begun by then fails at fal, unbilled."""
    input_lifecycle_seconds: int = 7 * 86_400
    """Kept longer than any queue and its retries: the model fetches the upload itself."""
    output_lifecycle_seconds: int = 7 * 86_400
    single_upload_bytes: int = 100 * MIB
    """Larger files go up in parts; fal's documented limit of the simple upload."""
    part_bytes: int = 10 * MIB
