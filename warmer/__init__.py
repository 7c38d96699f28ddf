"""The warmer: a tick becomes a plan, a burst, a measure and a report."""
