"""The front door: one thin file per group of verbs."""
