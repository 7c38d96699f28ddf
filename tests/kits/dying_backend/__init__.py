"""A database backend for Django: SQLite whose first connections are dead."""
