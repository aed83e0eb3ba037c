"""EPCIS 2.0: what happened to goods, captured from our milestones and from other systems, and asked for."""
