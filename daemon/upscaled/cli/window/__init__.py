"""The window's front door: its verb, its answers, and how it stands beside the daemon."""
