"""The daemon as a service: what a real process tells its manager, and when."""

from manager import Ear
from place import Place, photo


def test_the_daemon_tells_its_manager_from_start_to_end(place: Place) -> None:
    with Ear.below(place.root) as ear:
        place.configure(engine={"name": "fal"})
        place.environment |= {"NOTIFY_SOCKET": ear.address, "WATCHDOG_USEC": "400000"}
        place.start()
        ready = ear.until("READY", "1")
        # Before that, each part that may take long asked for its time; nothing was ready.
        before = [message for message in ear.heard if message is not ready]
        assert before
        assert all("EXTEND_TIMEOUT_USEC" in message for message in before)
        assert place.path("outbox/.upscaled-root").exists()

        made = photo(place.path("a.png"))
        place.path("inbox/hd").mkdir(parents=True)
        made.rename(place.path("inbox/hd/a.png"))  # whole at once, however busy the machine is
        # Words are renewed once a second: what passes sooner is not seen, a hold is.
        ear.until("STATUS", "1 held (no_key 1)")
        ear.until("WATCHDOG", "1")

        assert place.stop() == 0
        ear.until("STOPPING", "1")
