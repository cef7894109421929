"""One large thing starves nothing else."""

from pathlib import Path

import pytest

from place import Place, photo
from standin import Options, Standin

SLOW_SECONDS = 12.0
SMALL = 6


@pytest.mark.long
def test_small_pictures_end_while_an_upload_goes_on_and_on(place: Place, tmp_path: Path) -> None:
    """As half a gigabyte does on a studio's line: the server reads nothing for twelve seconds."""
    with Standin(tmp_path / "standin", Options(concurrency=4)) as fal:
        names = ("queue_url", "rest_url", "cdn_url", "api_url")
        place.use_fal({name: getattr(fal, name) for name in names})
        fal.script([{"on": "upload", "nth": 1, "do": "hang", "seconds": SLOW_SECONDS}])
        place.start()
        photo(place.path("inbox/hd/large.jpg"), (1200, 800), quality=97)
        place.wait_for(lambda: fal.ledger()["faults"], "the slow upload")
        for seed in range(SMALL):
            photo(place.path(f"inbox/hd/{seed}.jpg"), (1200, 800), seed=seed + 10, quality=97)

        ended = place.path("archive/hd")
        place.wait_for(lambda: len(list(ended.glob("?.jpg"))) == SMALL, "the small ones")
        assert place.jobs()["hd/large.jpg"]["state"] == "working", "its upload had ended"

        place.wait_for((ended / "large.jpg").exists, "the large one", 60)
        told = fal.ledger()
        assert (told["accepted"], told["billed"]) == (SMALL + 1, SMALL + 1)
