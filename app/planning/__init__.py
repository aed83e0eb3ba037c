"""All pools of an origin hub, planned together and booked: what sails when, at which cost, and why."""
