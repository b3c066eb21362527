"""Files put into the page's hands, and a worker's turn at what waits."""

from __future__ import annotations

import io

from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from outreach.intake import uploads
from outreach.ledger.uploads import Upload
from outreach.office import Office
from tests.web.conftest import Person

HEADER = "Customer ID,Customer name,Invoice number,Invoice date,Due date,Open amount"
ROWS = (
    "HARBOR,Harbor Clinic,INV-1001,2026-10-18,2026-11-17,1100.00",
    "NEW,New & Sons,N-1,2026-10-01,2026-10-31,250.00",
    "NEW,New & Sons,N-2,2026-10-01,31/02/2026,80.00",
)


def content(*rows: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *rows, ""]).encode()


def put(
    person: Person, data: bytes, name: str = "open.csv", *, source: str = "other", as_of: str = "2026-11-23"
) -> TestResponse:
    file = FileStorage(io.BytesIO(data), name, "file")
    form = {"csrf_token": person.token(), "file": file, "source": source, "as_of": as_of}
    boundary, body = encode_multipart(form)  # the client itself would leave a temporary file open
    return person.client.post("/imports", data=body, content_type=f"multipart/form-data; boundary={boundary}")


def worked(office: Office) -> Upload:
    """The last upload after a worker has done what waits."""
    told: list[str] = []
    uploads.work(office.ledger, office.clock, office.files, told.append)
    return last(office)


def last(office: Office) -> Upload:
    with office.ledger.reading() as session:
        return session.scalars(
            select(Upload).order_by(Upload.created_at.desc(), Upload.moved_at.desc())
        ).one()
