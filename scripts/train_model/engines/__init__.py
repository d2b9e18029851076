"""Synthesisers that tell where each phone stands: what the network learns from."""
