"""Time-of-day concurrency profiles: knows time, knows no AWS."""
