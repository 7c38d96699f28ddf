"""How a permissions boundary is made to allow more, in words. Pure."""

from fleet.deployed import DeployedRole


def in_boundary(role: DeployedRole, allow: str, parameter: str = "") -> str:
    """What to do where the boundary of `role` does not allow `allow`: first for the one that `make deploy-role` makes.

    CloudFormation has that one, and its next update takes back what was changed by hand. Without `parameter` it is the
    release whose boundary allows it.
    """
    more = f' PARAMETERS="{parameter}"' if parameter else ", of the release that is deployed"
    again = f"make deploy-role REPOSITORY=<as before>{more}"
    return f"{again}, where that made {role.boundary}, as docs/delivery.md says; else allow {allow} there as well"
