"""What other slices ask of complaints: how many count for an organisation's risk, and what its page shows."""

from app.complaints.register import Counted, Entry, counted, of_organisation

__all__ = ["Counted", "Entry", "counted", "of_organisation"]
