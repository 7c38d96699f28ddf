"""A function with many published versions, of which a few are in use: something for the janitor to read and prune."""

import base64
import io
import zipfile

from emulator.demo.lambda_api import LambdaApi

HOARD, COUNT = "version-hoard", 120
_ROLE = "arn:aws:iam::000000000000:role/demo"
# live: almost all users; a tenth of them try 112. rollback: where the last incident ended. 17: named by a schedule.
_LIVE, _CANARY, _ROLLBACK, _SCHEDULED = "118", "112", "90", "17"


def protected_by_alias() -> set[str]:
    """The versions that the demo has put to use, and that must still be there at its end."""
    return {_LIVE, _CANARY, _ROLLBACK, _SCHEDULED}


def seed_versions(api: LambdaApi) -> None:
    """Make the function, publish its versions, point its aliases. Raises: DemoError."""
    api.post(
        "/2015-03-31/functions",
        {
            "FunctionName": HOARD,
            "Runtime": "python3.13",
            "Role": _ROLE,
            "Handler": "app.handler",
            "Code": {"ZipFile": _code(1)},
            "Publish": True,
        },
    )
    for number in range(2, COUNT + 1):
        api.put(f"/2015-03-31/functions/{HOARD}/code", {"ZipFile": _code(number), "Publish": True})
    aliases = f"/2015-03-31/functions/{HOARD}/aliases"
    weights = {"AdditionalVersionWeights": {_CANARY: 0.1}}
    api.post(aliases, {"Name": "live", "FunctionVersion": _LIVE, "RoutingConfig": weights})
    api.post(aliases, {"Name": "rollback", "FunctionVersion": _ROLLBACK})


def versions_of(api: LambdaApi) -> tuple[str, ...]:
    """The numbers of the function's published versions, oldest first."""
    found: list[str] = []
    marker = ""
    while True:
        path = f"/2015-03-31/functions/{HOARD}/versions" + (f"?Marker={marker}" if marker else "")
        listing = api.get(path)
        found += [each["Version"] for each in listing["Versions"] if each["Version"] != "$LATEST"]
        marker = listing.get("NextMarker") or ""
        if not marker:
            return tuple(sorted(found, key=int))


def _code(number: int) -> str:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", f"RELEASE = {number}\n\n\ndef handler(event, context):\n    return RELEASE\n")
    return base64.b64encode(buffer.getvalue()).decode()
