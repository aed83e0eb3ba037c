"""Certification without I/O: what a standard is, how a case is judged, when a certificate holds.

Values go in, new values and the line for the history come out, and a rule that says no raises a named
`Refusal`. Time, seed and actor are arguments.
"""
