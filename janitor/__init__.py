"""The janitor: an inventory becomes a plan with a reason for every version, then a sweep."""
