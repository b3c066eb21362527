"""News reaches whoever listens, and troubles nobody when Redis is gone."""

from threading import Event

from outreach import news


def test_a_listener_hears_what_is_told(redis_url: str) -> None:
    stop = Event()
    heard = news.News(redis_url).heard(stop)
    assert next(heard) == news.EVERYTHING
    assert news.News(redis_url).tell(news.account("C-1"), news.BOARD)
    assert [next(heard), next(heard)] == ["account:C-1", "board"]
    stop.set()
    assert list(heard) == []


def test_without_redis_nothing_is_told_and_nothing_raises() -> None:
    assert not news.News("unix:///nowhere/redis.sock").tell(news.BOARD)
    assert not news.News(None).tell(news.BOARD)
    assert list(news.News(None).heard(Event())) == []
