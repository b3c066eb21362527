"""HTML that strangers write is read as it was meant, and keeps nobody busy."""

import pytest

from outreach.mail import safe_html
from outreach.mail.html_words import words_of

MANY = 100_000


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>We pay<br>on Friday</p><p>Maria</p>", "We pay\non Friday\n\nMaria"),
        ("<title>No</title><style>p {}</style><script>x()</script>Yes", "Yes"),
        ("Yes<!-- no --><template>no</template>", "Yes"),
        ("Yes<div class=gmail_quote>You owe us <b>10</b></div>", "Yes\n> You owe us 10"),
        ("Yes<blockquote><p>one<p>two</blockquote>done", "Yes\n\n> one\n\n> two\n\ndone"),
        ("<ul><li>one<li>two &amp; three &lt;b&gt;</ul>", "one\n\ntwo & three <b>"),
        ("a&nbsp;b <unknown>c</unknown> <p", "a b c"),
        ("", ""),
    ],
)
def test_the_words_of_a_page(html: str, words: str) -> None:
    assert words_of(html) == words


INTRICATE = [
    "<div>" * MANY + "We pay",
    "<b></p>" * MANY + "We pay",
    "<div></b>" * MANY + "We pay",
    "</div>" * MANY + "<div>" * MANY + "We pay",
    "".join(f"<font color={n}>" for n in range(5000)) + "<p>" * 5000 + "We pay",
    "<div>" * 400 + "<p>x" * 10_000 + "We pay",
]


@pytest.mark.parametrize("html", INTRICATE, ids=range(len(INTRICATE)))
def test_what_no_mail_program_makes_is_left_alone(html: str) -> None:
    with pytest.raises(safe_html.IntricateError):
        safe_html.to_show(html)
    assert words_of(html).endswith("We pay")


UNCLOSED = ["<a ", "<!--", '<a b="', "</", "<![CDATA[", "<?", "&", "<p></b>", "<p>x", "<td>x", "<li>"]


@pytest.mark.parametrize("piece", UNCLOSED)
def test_what_is_never_closed_is_read_all_the_same(piece: str) -> None:
    """It would take Python's parser hours."""
    assert words_of("We pay<br>" + piece * MANY).startswith("We pay")
    if not piece.startswith("<a"):  # which counts as an element within each other
        assert safe_html.to_show("We pay<br>" + piece * MANY).startswith("We pay<br>")


def test_a_long_thread_is_shown() -> None:
    thread = "<blockquote><div><p>On Monday they wrote:</p>" * 60 + "<td><b>x</b></td>" * 2000
    assert "On Monday" in safe_html.to_show(thread)


def test_nothing_runs_or_reaches_out() -> None:
    html = (
        "<img src=http://x/y><a href='javascript:alert(1)' onclick=x>a</a><iframe src=//x></iframe>"
        "<svg onload=alert(1)><style>@import 'http://x'</style><form action=//x><input></form><b>kept</b>"
    )
    shown = safe_html.to_show(html)
    for bad in ("img", "javascript", "onclick", "iframe", "svg", "style", "form", "http:"):
        assert bad not in shown
    assert "<b>kept</b>" in shown
