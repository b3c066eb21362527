"""Calls as Twilio's API shows them: one, and pages of many."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from email.utils import format_datetime
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from outreach.sandbox.leg import API_VERSION
from outreach.sandbox.truth import ENDED, Call
from outreach.sandbox.twilio_errors import Refused

SUBRESOURCES = (
    *("events", "notifications", "payments", "recordings", "siprec", "streams", "transcriptions"),
    *("user_defined_messages", "user_defined_message_subscriptions"),
)
LARGEST_PAGE = 1000


def calls_path(account: str) -> str:
    return f"/{API_VERSION}/Accounts/{account}/Calls"


def resource(call: Call, account: str) -> dict[str, Any]:
    path = f"{calls_path(account)}/{call.sid}"
    return {
        "sid": call.sid,
        "parent_call_sid": call.parent_sid,
        "account_sid": account,
        "to": call.to,
        "to_formatted": _formatted(call.to),
        "from": call.from_,
        "from_formatted": _formatted(call.from_),
        "phone_number_sid": None,
        "status": call.status,
        "date_created": _moment(call.created_at),
        "date_updated": _moment(call.ended_at or call.answered_at or call.ringing_at or call.created_at),
        "start_time": _moment(call.ringing_at),  # empty until it is dialled
        "end_time": _moment(call.ended_at),
        "duration": str(call.seconds) if call.ended and call.answered_at else None,
        "price": None,
        "price_unit": "USD",
        "direction": call.direction,
        "answered_by": call.answered_by,
        "api_version": API_VERSION,
        "forwarded_from": None,
        "group_sid": None,
        "caller_name": None,
        "queue_time": "0",
        "trunk_sid": None,
        "uri": f"{path}.json",
        "subresource_uris": {name: f"{path}/{_camel(name)}.json" for name in SUBRESOURCES},
    }


def notification(entry: Mapping[str, Any], call: Call, account: str) -> dict[str, Any]:
    path = f"{calls_path(account)}/{call.sid}/Notifications/{entry['sid']}.json"
    at = _moment(datetime.fromisoformat(entry["at"]))
    return {
        "sid": entry["sid"],
        "account_sid": account,
        "call_sid": call.sid,
        "api_version": API_VERSION,
        "error_code": str(entry["code"]),
        "log": "1",
        "message_date": at,
        "date_created": at,
        "date_updated": at,
        "message_text": urlencode(
            {"ErrorCode": entry["code"], "Msg": entry["text"], "Detail": entry["detail"]}
        ),
        "more_info": f"https://www.twilio.com/docs/errors/{entry['code']}",
        "request_method": None,
        "request_url": None,
        "uri": path,
    }


def matching(calls: Iterable[Call], query: Mapping[str, str]) -> Iterable[Call]:
    """Calls that meet every filter given. Times are compared by date (UTC), as Twilio documents them.

    Raises Refused for a date, a status or a call's id that is none.
    """
    wanted = [_filter(name, value) for name, value in query.items() if name in FILTERS]
    return (call for call in calls if all(meets(call) for meets in wanted))


_FIELDS = {"To": "to", "From": "from_", "ParentCallSid": "parent_sid", "Status": "status"}
_SHAPES = {
    "ParentCallSid": "CA[0-9a-fA-F]{32}",
    "Status": "|".join(("queued", "ringing", "in-progress", *ENDED)),
}
_TIMES = ("StartTime", "StartTime<", "StartTime>", "EndTime", "EndTime<", "EndTime>")
FILTERS = (*_FIELDS, *_TIMES)


def _filter(name: str, value: str) -> Callable[[Call], bool]:
    if not re.fullmatch(_SHAPES.get(name, ".*"), value):
        raise Refused(20001, f"{name}={value}")
    if name in _FIELDS:
        return lambda call: getattr(call, _FIELDS[name]) == value
    try:
        day = datetime.fromisoformat(value).date()
    except ValueError as error:
        raise Refused(20001, f"{name}={value}") from error
    field = "ringing_at" if name.startswith("Start") else "ended_at"
    way = name[-1]

    def meets(call: Call) -> bool:
        at: datetime | None = getattr(call, field)
        if at is None:
            return False
        return at.date() <= day if way == "<" else at.date() >= day if way == ">" else at.date() == day

    return meets


def page(key: str, path: str, records: Iterable[dict[str, Any]], query: Mapping[str, str]) -> dict[str, Any]:
    """One page of a list, with the address of the next one while there is more.

    Raises Refused for a page or a size that is none.
    """
    number, size = _whole(query, "Page", 0, 0), _whole(query, "PageSize", 50, 1)
    if size > LARGEST_PAGE:
        raise Refused(20007, str(size))
    start = number * size
    found = list(islice(records, start, start + size + 1))

    def uri(nth: int) -> str:
        return f"{path}?{urlencode({**query, 'Page': nth, 'PageSize': size})}"

    return {
        key: found[:size],
        "page": number,
        "page_size": size,
        "start": start,
        "end": start + min(len(found), size) - 1,
        "uri": uri(number),
        "first_page_uri": uri(0),
        "previous_page_uri": uri(number - 1) if number else None,
        "next_page_uri": uri(number + 1) if len(found) > size else None,
    }


def _whole(query: Mapping[str, str], name: str, default: int, least: int) -> int:
    text = query.get(name, str(default))
    if not re.fullmatch("[0-9]{1,9}", text) or int(text) < least:
        raise Refused(20001, f"{name}={text}")
    return int(text)


def _formatted(number: str) -> str:
    """For display: North American numbers as people there write them, the others in E.164."""
    parts = re.fullmatch(r"\+1(\d{3})(\d{3})(\d{4})", number)
    return "({}) {}-{}".format(*parts.groups()) if parts else number


def _camel(name: str) -> str:
    return name.title().replace("_", "")


def _moment(at: datetime | None) -> str | None:
    return format_datetime(at) if at else None
