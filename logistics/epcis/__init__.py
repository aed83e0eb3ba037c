"""EPCIS 2.0 events without I/O: validation, GS1 identifiers, the event hash, and the events of a shipment."""
