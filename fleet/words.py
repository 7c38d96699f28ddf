"""What others said, made fit for reports, logs and terminals: one line, printable, short, without credentials. Pure.

"Others" are functions that failed, services that refused, addresses that an application redirects to. What the product
itself says needs none of this.
"""

import re

_MOST = 300
_HIDDEN = "***"
_MASKS = (
    # The user and password of an address: postgres://shop:hunter2@db/shop.
    (re.compile(r"(?<=://)[^\s/@]{1,300}@"), f"{_HIDDEN}@"),
    # Source: IAM user guide, "Unique identifiers": access key ids of users and of sessions.
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{12,32}\b"), _HIDDEN),
    # A JSON Web Token: three parts, the first two of which are JSON objects in base64.
    (re.compile(r"\beyJ[\w-]{5,4000}\.eyJ[\w-]{1,4000}(?:\.[\w-]{0,4000})?"), _HIDDEN),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,4000}"), rf"\1 {_HIDDEN}"),
    # A name that tells of a secret, and the value after it: password=…, "api_key": "…", X-Amz-Security-Token=….
    (
        re.compile(
            r"""(?ix)
            ( (?:pass(?:word|wd|phrase)? | pwd | secret | token | api[_-]?key | access[_-]?key | private[_-]?key
                | credentials? | authorization | signature | cookie )
              [\w-]{0,40} ["']? \s{0,5} [=:] \s{0,5} ["']? )
            (?!\*\*\*) (?: (?:bearer|basic)\s+ )? [^\s"',;&)}\]]{1,4000}
            """
        ),
        rf"\1{_HIDDEN}",
    ),
)


def said(text: object, *, most: int = _MOST) -> str:
    """The text on one line of at most `most` characters, nothing unprintable in it, credentials masked as ***.

    Masking goes by how credentials look and by the names in front of them; it cannot know every secret.
    """
    # What is cut off cannot change what stays, but for a secret that the cut would make unrecognisable.
    line = " ".join(str(text)[: 4 * most + 4000].split())
    for pattern, instead in _MASKS:
        line = pattern.sub(instead, line)
    line = "".join(letter if letter.isprintable() else " " for letter in line)
    return line if len(line) <= most else f"{line[: most - 1]}…"
