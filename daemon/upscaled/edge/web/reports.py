"""
A report as the window shows it: its links lead to the jobs' stories here.

On the disk they are paths beside the page, which a browser at this address cannot follow. What a
report was made into on a share is not believed: no other link is left, and it runs nothing.
"""

import re

REPORT_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-same-origin;"
    " frame-ancestors 'self'"
)
"""A report carries its own style and pictures, and no script."""
_LINK = re.compile(
    r"""\shref\s*=\s*(?:"(?!\#)[^"]*"|'(?!\#)[^']*'|(?!["'\#])[^\s>]+)""", re.IGNORECASE
)
_JOB = re.compile(r"<code>([0-9a-z]{12,32})</code>")
_HEAD = re.compile(r"<header[^>]*>|<body[^>]*>(?!\s*<header)")
_BACK = '<p><a href="/reports">All reports</a></p>'
"""In the report's own head: its policy lets no other style in."""


def shown(html: str) -> str:
    """Return a report's page with links that can be followed here, and those alone."""
    plain = _LINK.sub("", html)
    linked = _JOB.sub(r'<a href="/jobs/\1"><code>\1</code></a>', plain)
    return _HEAD.sub(lambda found: found[0] + _BACK, linked, count=1)
