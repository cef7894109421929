"""
A stand-in of fal.ai on loopback: the queue, the storage, the media host and the list of requests.

It speaks fal's protocol as its documents and its client describe it, really fetches and enlarges
the uploaded picture, charges play money, writes down every accepted and billed request, and injects
faults by script. It knows nothing of `upscaled`, so that both can be wrong only separately.
"""

from standin.server import Standin
from standin.world import Options

__all__ = ["Options", "Standin"]
