"""Liniya: the consultation-line assistant of a public body."""

__version__ = "0.4.0"
