"""What `/readyz` reports, and what the worker probes for it."""
