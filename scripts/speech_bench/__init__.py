"""The parts of `scripts.bench_speech`: the peer, the conversations, the load, and what it makes of the answers."""
