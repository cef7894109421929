"""The morning report: values in, a page and its text twin out. Gathering is done elsewhere."""

from upscaled.core.report.words import money, plain

__all__ = ["money", "plain"]
