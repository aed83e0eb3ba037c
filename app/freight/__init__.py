"""What carriers quote for a load when they are asked, and how quotes become rate cards."""
