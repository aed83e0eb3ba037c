"""The parcels of a shipment: measured, named, loaded and seen on their way."""
