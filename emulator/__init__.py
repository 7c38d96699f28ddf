"""Lambda on one machine: real processes as execution environments. Never ships."""
