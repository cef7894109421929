"""Decisions: pure functions of values. No disk, no network, no clock, no dice, no log."""
