"""Under which names the window answers, which tokens it takes, and what outlives a restart."""

import re
from pathlib import Path

import httpx
import pytest

from place import Place
from upscaled.cli.window.verb import window_faults
from upscaled.core.settings import Settings, parse_settings
from upscaled.edge.web.app import application
from upscaled.edge.web.guarding import COOKIE, Keys
from windows import free_address, is_alive, open_window, served

TOKEN = "a token that nobody guesses"
NAME = "upscaled.studio.example"


class Nobody:
    """Answers nothing: the doors are asked, not the house."""

    def version(self) -> int:
        """Return that nothing changes."""
        return 1


def asked(keys: Keys, path: str = "/login", method: str = "GET", **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with served(application(Nobody(), keys, "0")) as address:  # type: ignore[arg-type]
        return httpx.request(method, address.rstrip("/") + path, headers=named)


@pytest.mark.parametrize("host", ["127.0.0.2:8642", "[::1]:8642", "localhost:8642", "127.0.0.1"])
def test_every_address_of_this_machine_is_answered(host: str) -> None:
    assert asked(Keys(), Host=host).status_code == 200


@pytest.mark.parametrize("host", ["127.0.0.2.evil.example", "localhost.evil.example", "[::2]", ""])
def test_what_only_looks_like_this_machine_is_not(host: str) -> None:
    assert asked(Keys(), Host=host).status_code == 421


def test_behind_a_proxy_its_name_is_answered_and_no_other() -> None:
    keys = Keys(token=TOKEN, names=frozenset({NAME}))
    assert asked(keys, Host=NAME).status_code == 200
    refused = asked(keys, Host="evil.example")
    assert refused.status_code == 421
    assert "[web] names" in refused.json()["error"]["hint"]
    # What a proxy adds can be added by anybody, too: it opens nothing.
    assert asked(keys, Host="evil.example", X_Forwarded_Host=NAME).status_code == 421


@pytest.mark.parametrize("host", [NAME, "127.0.0.1:8642"])
def test_behind_a_proxy_one_logs_in_whatever_host_it_writes(host: str) -> None:
    keys = Keys(token=TOKEN, names=frozenset({NAME}))
    with served(application(Nobody(), keys, "0")) as address:  # type: ignore[arg-type]
        headers = {"Host": host, "Origin": f"https://{NAME}", "Sec-Fetch-Site": "same-origin"}
        given = httpx.post(f"{address}login", data={"token": TOKEN}, headers=headers)
        assert given.status_code == 303
        assert "Secure" in given.headers["set-cookie"]
        foreign = headers | {"Origin": "https://evil.example"}
        assert httpx.post(f"{address}login", data={}, headers=foreign).status_code == 403


def settings(**web: object) -> Settings:
    return parse_settings({"watch": [{}], "web": web}, source=Path("/srv/config.toml"))


@pytest.mark.parametrize("listen", ["0.0.0.0:8642", "127.0.0.1:8642"])
def test_a_token_that_is_soon_guessed_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, listen: str
) -> None:
    monkeypatch.setenv("UPSCALED_WEB_TOKEN", "sesame")
    (fault,) = window_faults(settings(listen=listen), Path("/srv/config.toml"))
    for words in ("UPSCALED_WEB_TOKEN", "web_token", "at least 20", "token_urlsafe"):
        assert words in fault.hint
    assert "sesame" not in str(fault)


def test_a_name_for_others_wants_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    told = settings(listen="127.0.0.1:8642", names=[NAME])
    monkeypatch.delenv("UPSCALED_WEB_TOKEN", raising=False)
    (fault,) = window_faults(told, Path("/srv/config.toml"))
    assert "other machines need a token" in fault.hint
    monkeypatch.setenv("UPSCALED_WEB_TOKEN", TOKEN)
    assert list(window_faults(told, Path("/srv/config.toml"))) == []


@pytest.mark.long
def test_a_form_that_stood_open_over_a_restart_still_counts(tmp_path: Path) -> None:
    place, address = Place(tmp_path), free_address()
    try:
        url = open_window(place, address)
        found = re.search(r'name="forgery" content="([^"]+)"', httpx.get(url).text)
        assert found
        place.stop()
        place.start()
        place.wait_for(lambda: is_alive(url), "the window")
        form = {"paused": "1", "back": "/", "forgery": found[1]}
        assert httpx.post(f"{url}/pause", data=form).status_code == 303
        assert place.ask("status")["paused"]
        assert COOKIE not in httpx.get(url).headers.get("set-cookie", "")
    finally:
        place.end()
