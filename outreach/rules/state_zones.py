"""Every zone of each state of the United States and each province of Canada, the small corners included.

A call must suit all of them: an address names the state, not which side of a county line it is on. No library
we use has this table; it follows the zone boundaries of 49 CFR 71, by the names of the IANA database.
"""

from collections.abc import Mapping

_EASTERN, _CENTRAL, _MOUNTAIN, _PACIFIC = (
    f"America/{city}" for city in ("New_York", "Chicago", "Denver", "Los_Angeles")
)
_ATLANTIC, _SASKATCHEWAN = "America/Halifax", "America/Regina"
_PUERTO_RICO, _GUAM = "America/Puerto_Rico", "Pacific/Guam"


def _each(states: str, *zones: str) -> dict[str, tuple[str, ...]]:
    return dict.fromkeys(states.split(), zones)


_UNITED_STATES: Mapping[str, tuple[str, ...]] = {
    **_each("CT DC DE GA MA MD ME NC NH NJ NY OH PA RI SC VA VT WV", _EASTERN),
    **_each("AL AR IA IL LA MN MO MS OK WI", _CENTRAL),
    **_each("CO MT NM UT WY", _MOUNTAIN),
    **_each("CA WA", _PACIFIC),
    **_each("FL KY TN", _EASTERN, _CENTRAL),
    **_each("KS ND NE SD TX", _CENTRAL, _MOUNTAIN),
    "AK": ("America/Anchorage", "America/Adak"),
    "AZ": ("America/Phoenix", _MOUNTAIN),  # the Navajo Nation keeps daylight saving time
    "HI": ("Pacific/Honolulu",),
    "ID": ("America/Boise", _PACIFIC),
    "IN": ("America/Indiana/Indianapolis", _CENTRAL),
    "MI": ("America/Detroit", "America/Menominee"),
    "NV": (_PACIFIC, _MOUNTAIN),  # West Wendover
    "OR": (_PACIFIC, "America/Boise"),  # Malheur County
    "AS": ("Pacific/Pago_Pago",),
    "GU": (_GUAM,),
    "MP": (_GUAM,),
    "PR": (_PUERTO_RICO,),
    "VI": (_PUERTO_RICO,),
}

_CANADA: Mapping[str, tuple[str, ...]] = {
    "AB": ("America/Edmonton",),
    "BC": ("America/Vancouver", "America/Edmonton", "America/Dawson_Creek"),
    "MB": ("America/Winnipeg",),
    "NB": (_ATLANTIC,),
    "NL": ("America/St_Johns", "America/Goose_Bay"),
    "NS": (_ATLANTIC,),
    "NT": ("America/Edmonton",),
    "NU": ("America/Iqaluit", "America/Rankin_Inlet", "America/Cambridge_Bay", "America/Panama"),
    "ON": ("America/Toronto", "America/Winnipeg", "America/Panama"),  # Atikokan keeps Panama's clock
    "PE": (_ATLANTIC,),
    "QC": ("America/Toronto", _PUERTO_RICO),  # the lower north shore keeps Atlantic Standard Time
    "SK": (_SASKATCHEWAN, "America/Edmonton"),  # Lloydminster
    "YT": ("America/Whitehorse",),
}

STATE_ZONES: Mapping[str, Mapping[str, tuple[str, ...]]] = {"US": _UNITED_STATES, "CA": _CANADA}
"""country -> state -> zones"""
