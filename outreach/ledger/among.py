"""`column IN (many ids)` as one bound parameter: the statement stays the same, however many ids there are.

A list written into the statement would have each database parse it anew, and SQLAlchemy build it anew.
"""

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import BigInteger, BindParameter, Boolean, ColumnElement, Dialect, String, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeDecorator, TypeEngine


class Ids(TypeDecorator[Collection[int]]):
    """Many numbers as one value: an array, and on SQLite, which has none, a JSON document."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(String() if dialect.name == "sqlite" else ARRAY(BigInteger))

    def process_bind_param(self, value: Collection[int] | None, dialect: Dialect) -> Any:
        """Ascending: so the database goes through its index once, and never back."""
        ids = sorted(value or ())
        return json.dumps(ids) if dialect.name == "sqlite" else ids


class _Among(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True

    def self_group(self, against: OperatorType | None = None) -> "_Among":
        """Not to be compared with 1, as SQLAlchemy does where there are no booleans: no index would serve."""
        return self


def among(
    column: ColumnElement[int] | ColumnElement[int | None], ids: Collection[int] | BindParameter[Any]
) -> ColumnElement[bool]:
    """True where the column's number is one of `ids`: these, or those of a parameter made by `ids_named`."""
    given = ids if isinstance(ids, BindParameter) else bindparam(None, ids, type_=Ids(), unique=True)
    return _Among(column, given)


def ids_named(name: str) -> BindParameter[Any]:
    """The place of ids that are given when the statement is executed."""
    return bindparam(name, type_=Ids())


@compiles(_Among, "sqlite")
def _in_document(element: _Among, compiler: SQLCompiler, **kw: Any) -> str:
    column, ids = (compiler.process(one, **kw) for one in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({ids}))"  # noqa: S608  # column and mark are the compiler's


@compiles(_Among, "postgresql")
def _in_array(element: _Among, compiler: SQLCompiler, **kw: Any) -> str:
    column, ids = (compiler.process(one, **kw) for one in element.clauses)
    return f"{column} = ANY({ids})"
