"""The `caretaker` command: runs on a person's machine, never ships."""
