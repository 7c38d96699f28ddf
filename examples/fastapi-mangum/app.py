"""A small catalogue on FastAPI behind Mangum, warmable. Lambda's handler setting: app.handler"""

import os
import shutil
import sqlite3
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Response
from mangum import Mangum
from pydantic import BaseModel

from caretaker_kit import current_ping, eager, prime_also, warmable

PRODUCTS = [("Chef's knife", 12_900), ("Whetstone", 4_900), ("Cutting board", 6_500)]
app = FastAPI(title="Catalogue")


class Product(BaseModel):
    """A product as the API shows it; the price is in cents."""

    id: int
    name: str
    price: int


@cache
def database() -> sqlite3.Connection:
    """The one connection of this execution environment. Lambda's code folder is read-only, /tmp is not."""
    given = os.environ.get("CATALOGUE_DATABASE")
    folder = tempfile.mkdtemp(prefix="catalogue-")
    connection = sqlite3.connect(given or Path(folder) / "catalogue.sqlite3", check_same_thread=False)
    if given:
        shutil.rmtree(folder)
    connection.execute("create table if not exists product (id integer primary key, name text, price integer)")
    if connection.execute("select count(*) from product").fetchone() == (0,):
        connection.executemany("insert into product (name, price) values (?, ?)", PRODUCTS)
    connection.commit()
    return connection


@app.get("/products")
def products() -> list[Product]:
    """Every product."""
    rows = database().execute("select id, name, price from product order by id")
    return [Product(id=key, name=name, price=price) for key, name, price in rows]


@app.get("/warmz")
def warm(response: Response) -> dict[str, Any]:
    """Opens what a user's request needs. The public learns whether it worked; a ping has more paths replayed."""
    response.headers["Cache-Control"] = "no-store"
    try:
        database().execute("select 1")
    except sqlite3.Error:
        response.status_code = 503
        return {"status": "unavailable"}
    if current_ping() is not None:
        prime_also(["/products"])
    return {"status": "ok"}


# FastAPI builds its middleware and its OpenAPI document on first use; init is the cheaper place for both.
eager(app.openapi, app.build_middleware_stack)
handler = warmable(Mangum(app, lifespan="off"))
