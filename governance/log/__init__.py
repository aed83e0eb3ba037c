"""A log that nobody can rewrite unseen: a Merkle tree of entries, signed heads, proofs, witnesses.

Hashing after RFC 6962 and RFC 9162; files after C2SP tlog-tiles, signed-note, tlog-checkpoint,
tlog-cosignature, tlog-witness and tlog-proof. Keys and times are arguments.
"""
