"""Doors: each is the one place where an outside thing begins; they are blind to one another."""
