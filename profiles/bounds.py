"""What a value of a schedule may be, in patterns and numbers: for the reader and for compiled documents."""

import re
from datetime import timedelta

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(:[0-9]{1,5})?", re.ASCII)
PATH = re.compile(r"/[\x21-\x7e]{0,2000}")
HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}", re.ASCII)
HEADER_VALUE = re.compile(r"[\x20-\x7e\t]{0,4000}")
# Source: Lambda API reference, CreateAlias, Name: (?!^[0-9]+$)([a-zA-Z0-9-_]+), at most 128; and published versions.
QUALIFIER = re.compile(r"\$LATEST|(?![0-9]+$)[A-Za-z0-9_-]{1,128}|[1-9][0-9]{0,17}", re.ASCII)
# Source: zappa/handler.py and serverless_wsgi.py: keys that run code or management commands in the target.
DANGEROUS_KEYS = frozenset(("command", "raw_command", "manage", "awslogs", "_serverless-wsgi"))

INTERVALS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 3, 5, 10))
MAX_CEILING = 10_000
MAX_DEPTH = 32
# Of one YAML file; and of a compiled document, or all YAML files of a place together: two thousand services take half.
MOST_FILE_BYTES = 1024 * 1024
MOST_BYTES = 8 * 1024 * 1024
MOST_DOCUMENTS = 5_000
LONGEST_RAMP = timedelta(hours=1)
LONGEST_WINDOW = timedelta(hours=24)
LONGEST_OVERRIDE = timedelta(days=31)
# Source: Lambda quotas, function timeout: 900 seconds.
TIMEOUTS = (timedelta(seconds=1), timedelta(seconds=900))
# Each may name every minute of a day, and all of that is worked out at a tick; a hundred take a second.
MOST_CRONS = 100
KEEP = (2, 10_000)
SUPERSEDED = (timedelta(minutes=1), timedelta(days=3650))
