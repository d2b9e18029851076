"""The parts of `scripts.bench_line`: who is measured, the load, and what it makes of the answers."""
