"""What the verbs share: options of one name that mean the same everywhere, and the statuses that they end with."""

import os

import click

DONE, FINDINGS, UNUSABLE = 0, 1, 2

FORMAT = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", help="For people or machines."
)


def _ask_only(_ctx: click.Context, _param: click.Parameter, url: str | None) -> None:
    """Ask nobody but this endpoint: the services' own variables would win over the general one."""
    if url is None:
        return
    for name in [name for name in os.environ if name.startswith("AWS_ENDPOINT_URL")]:
        del os.environ[name]
    os.environ["AWS_ENDPOINT_URL"] = url


ENDPOINT_URL = click.option(
    "--endpoint-url",
    metavar="URL",
    callback=_ask_only,
    expose_value=False,
    help="Where AWS answers, in place of AWS_ENDPOINT_URL and its kin.",
)
