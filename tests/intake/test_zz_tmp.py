"""Whatever is in a file: never a traceback, and every good row comes in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach.intake.columns import Overrides
from outreach.intake.invoice_file import open_invoice_file
from outreach.intake.invoices import InvoiceRow
from outreach.intake.problems import FileRefused
from outreach.intake.reading import open_table
from outreach.intake.run import silent
from tests.intake.conftest import AS_OF, Books
from tests.intake.files import HEADER

relaxed = settings(
    max_examples=10000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class Good(NamedTuple):
    """A row as it should be."""

    number: str
    account: str
    days_late: int
    minor: int
    form: str

    def line(self) -> str:
        due = AS_OF - timedelta(days=self.days_late)
        amount = self.form.format(self.minor / 100)  # two decimals: exact in print
        return f'"{self.account}",{self.number},{due - timedelta(30)},{due},{amount}'


names = st.text(
    st.characters(codec="utf-8", exclude_characters='"\ufffd', exclude_categories=["C", "Z"]), min_size=1
)
forms = st.sampled_from(["{:.2f}", '"{:,.2f}"', '"$ {:,.2f}"', "{:.2f} USD"])
good_rows = st.lists(
    st.builds(
        Good, st.just(""), names.map(lambda s: s[:40]), st.integers(-60, 400), st.integers(1, 10**9), forms
    ),
    min_size=1,
    max_size=8,
).map(lambda rows: [row._replace(number=f"GOOD-{n}") for n, row in enumerate(rows)])

dirty = st.text(st.sampled_from('",;\n\r\0\t =(-$€1x/'), max_size=40) | st.text(max_size=40)
encodings = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
line_ends = st.sampled_from(["\n", "\r\n", "\r"])


@relaxed
@given(good=good_rows, noise=st.lists(dirty, max_size=8), encoding=encodings, end=line_ends, data=st.data())
def test_good_rows_come_in_whatever_stands_between_them(
    tmp_path: Path, good: list[Good], noise: list[str], encoding: str, end: str, data: st.DataObject
) -> None:
    lines = data.draw(st.permutations([row.line() for row in good] + noise))
    path = tmp_path / "random.csv"
    path.write_bytes(end.join([",".join(HEADER), *lines, ""]).encode(encoding, "surrogatepass"))
    file = open_invoice_file(path, Overrides(), None, silent)
    found = {row.number: row for row in file.records("USD", "US") if isinstance(row, InvoiceRow)}
    for row in good:
        assert found[row.number].open == row.minor
        assert found[row.number].due_on == AS_OF - timedelta(days=row.days_late)


@relaxed
@given(content=st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused_with_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "random.csv"
    path.write_bytes(content)
    try:
        table = open_table(path)
        assert all(row.cells for row in table.rows())
        open_invoice_file(path, Overrides(), None, silent)
    except FileRefused as refused:
        assert "\n" not in str(refused)  # noqa: PT017 - either is right


@settings(relaxed, max_examples=15)
@given(good=good_rows, noise=st.lists(dirty, max_size=5))
@pytest.mark.parametrize("again", [2])
def test_a_random_file_again_and_again_leaves_the_same_database(
    books: Books, tmp_path: Path, good: Sequence[Good], noise: list[str], again: int
) -> None:
    path = tmp_path / "random.csv"
    lines = [",".join(HEADER), *(row.line() for row in good), *noise]
    path.write_text("\n".join(lines), encoding="utf-8", errors="replace")
    source = f"s{abs(hash(path.read_bytes()))}"
    books.bring(path, source=source, accept_closed=True)
    before = books.dump()
    for _ in range(again):
        assert not books.bring(path, source=source, accept_closed=True).applied
    assert books.dump() == before
