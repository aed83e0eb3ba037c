"""Plainly-marked demo data, made through the same use cases as everything else."""
