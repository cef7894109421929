"""The table of the window in a browser."""

from upscaled.core.settings_base import Table, key
from upscaled.core.settings_types import WindowListen


class Web(Table):
    """
    A page to watch, compare and decide; needs the extra web. A change takes a restart.

    From other machines it wants a token: $UPSCALED_WEB_TOKEN or the credential web_token.
    """

    listen: WindowListen = key("", '"127.0.0.1:8642"; empty: no window')
