"""The contact flow that comes with outreach is whole, and reads only what the adapter sends."""

import json
import re
from pathlib import Path

from outreach.dialer.amazon_connect import AmazonConnect
from outreach.dialer.carrier import CallOrder

FLOW = (Path(__file__).parents[2] / "config" / "connect" / "outbound.json").read_text()


def test_every_step_leads_to_one_that_is_there() -> None:
    flow = json.loads(FLOW)
    steps = {action["Identifier"]: action for action in flow["Actions"]}
    led_to = {flow["StartAction"]} | set(re.findall(r'"NextAction": "([^"]+)"', FLOW))
    assert led_to == set(steps) == set(flow["Metadata"]["ActionMetadata"])
    assert steps["end"]["Type"] == "DisconnectParticipant"


def test_it_reads_no_attribute_that_is_never_set() -> None:
    carrier = AmazonConnect(instance_id="i", flow_id="f", queue_id="q", connect=lambda: None)
    order = CallOrder("a1", rep_phone="", to="+12125550101", caller_id="+13125550190", rep="ana")
    sent = carrier._request(order, agent="g")["Attributes"]
    assert set(re.findall(r"\$\.Attributes\.(\w+)", FLOW)) <= set(sent)
