"""How the platform answers to outsiders: pure rules, without a clock, a network or a database."""
