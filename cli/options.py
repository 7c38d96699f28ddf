"""What the verbs share: options of one name that mean the same everywhere, and the statuses that they end with."""

import json
import os
from typing import Any

import click

DONE, FINDINGS, UNUSABLE = 0, 1, 2

FORMAT = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", help="For people or machines."
)


class Asked(click.Option):
    """An option that people are asked for; machines, who have `--format json`, get its default or a usage error."""

    def prompt_for_value(self, ctx: click.Context) -> Any:
        """The answer. Raises: click.MissingParameter where nobody is to be asked and there is no default."""
        if ctx.params.get("form") != "json":
            return super().prompt_for_value(ctx)
        found = self.get_default(ctx)
        # What click has for "no default" differs from release to release.
        if not isinstance(found, str | int):
            raise click.MissingParameter("--format json asks nobody", ctx=ctx, param=self)
        return found


def say_written(form: str, sentence: str, facts: dict[str, Any], *, err: bool = True) -> None:
    """What a verb wrote: the facts on standard output for machines, else the sentence, by default on standard error."""
    if form == "json":
        click.echo(json.dumps(facts, indent=2, ensure_ascii=False))
    else:
        click.echo(sentence, err=err)


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
