"""Tests that need torch: `make test-train`. Those of the suite go without it."""
