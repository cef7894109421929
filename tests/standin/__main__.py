"""`python -m standin --port 0 --state DIR`: serve until interrupted, address first, as JSON."""

import argparse
import contextlib
import json
import signal
import sys
import threading
from pathlib import Path

from standin.server import Standin
from standin.world import Options


def main() -> int:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="standin", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds of work per request")
    parser.add_argument("--concurrency", type=int, default=2)
    parser.add_argument("--balance", type=float, default=None, help="play dollars, then locked")
    parser.add_argument("--listing-delay", type=float, default=0.0, help="seconds until listed")
    parser.add_argument("--result-life", type=float, default=3600.0, help="seconds in the queue")
    asked = parser.parse_args()
    options = Options(
        latency=asked.latency,
        concurrency=asked.concurrency,
        balance_usd=asked.balance,
        listing_delay=asked.listing_delay,
        result_life=asked.result_life,
    )
    end = threading.Event()
    for word in (signal.SIGTERM, signal.SIGINT):
        signal.signal(word, lambda *_: end.set())
    with Standin(asked.state, options, port=asked.port) as fal:
        about = {"url": fal.url, "queue_url": fal.queue_url, "rest_url": fal.rest_url}
        about |= {"cdn_url": fal.cdn_url, "api_url": fal.api_url}
        with contextlib.suppress(BrokenPipeError):
            sys.stdout.write(json.dumps(about) + "\n")
            sys.stdout.flush()
        end.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
