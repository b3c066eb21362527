"""Every test that touches data runs on both databases, on a fresh one each time."""

from sqlalchemy import create_engine, inspect, text

from tests.services import Databases


def test_a_blank_database_has_no_table(blank_database_url: str) -> None:
    engine = create_engine(blank_database_url)
    assert inspect(engine).get_table_names() == []
    engine.dispose()


def test_two_databases_share_nothing(databases: Databases) -> None:
    with databases.blank() as one, databases.blank() as other:
        first, second = create_engine(one), create_engine(other)
        with first.begin() as connection:
            connection.execute(text("CREATE TABLE mine (id integer)"))
        assert inspect(second).get_table_names() == []
        first.dispose()
        second.dispose()
