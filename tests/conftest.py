"""What every kind of test has: a plain word where a program of Debian's is absent."""

from __future__ import annotations

import shutil

import pytest


@pytest.fixture(autouse=True)
def _needed_programs(request: pytest.FixtureRequest) -> None:
    """`@pytest.mark.needs_debian("sipp", "chromium")`: skipped, and said so, on a machine without one of them."""
    for mark in request.node.iter_markers("needs_debian"):
        for program in mark.args:
            if shutil.which(program) is None:
                pytest.skip(f"needs the Debian package that has {program}: scripts/install_debian.sh installs it")
