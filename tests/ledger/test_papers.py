"""Papers are found by their content, and are on disk when somebody says so."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from outreach.ledger import papers
from outreach.ledger.papers import Pile


def _on_disk(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_pile_is_written_when_it_is_synced(tmp_path: Path) -> None:
    pile = Pile(tmp_path)
    sheets = [pile.put(b"%d" % n, media_type="text/plain", retention="letter") for n in range(30)]
    assert _on_disk(tmp_path) == []
    pile.sync()
    assert _on_disk(tmp_path) == sorted(sheet.digest for sheet in sheets)
    assert [papers.path_of(tmp_path, s.digest).read_bytes() for s in sheets] == [b"%d" % n for n in range(30)]


def test_the_same_content_is_one_paper(tmp_path: Path) -> None:
    pile = Pile(tmp_path)
    first, second = (pile.put(b"same", media_type="text/plain", retention="letter") for _ in range(2))
    pile.sync()
    assert first == second
    assert _on_disk(tmp_path) == [hashlib.sha256(b"same").hexdigest()]
    assert papers.write(tmp_path, b"same") == first.digest


def test_two_who_write_the_same_paper_at_once_are_not_in_each_others_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, fsync = Barrier(2, timeout=10), os.fsync

    def together(descriptor: int) -> None:
        fsync(descriptor)
        both.wait()

    monkeypatch.setattr(os, "fsync", together)
    with ThreadPoolExecutor(2) as writers:
        digests = set(writers.map(lambda _: papers.write(tmp_path, b"same"), range(2)))
    assert _on_disk(tmp_path) == [*digests]


def test_a_disk_that_refuses_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    pile = Pile(tmp_path / "file")
    pile.put(b"content", media_type="text/plain", retention="letter")
    with pytest.raises(OSError, match="file"):
        pile.sync()
