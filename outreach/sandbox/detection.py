"""Machine detection: who answered, a few seconds after the answer."""

from dataclasses import dataclass

from outreach.sandbox.callbacks import Target
from outreach.sandbox.leg import Leg
from outreach.sandbox.ring import ANSWERED_BY


@dataclass(frozen=True)
class Detection:
    """`mode` is Enable or DetectMessageEnd; `callback` gets the result of an asynchronous detection."""

    mode: str
    callback: Target | None = None

    def seconds(self, leg: Leg) -> float:
        to_the_beep = self.mode == "DetectMessageEnd" and leg.call.behaviour in ("machine", "voicemail")
        return leg.between(8, 15, "beep") if to_the_beep else leg.between(2, 4, "greeting")

    def result(self, leg: Leg) -> str | None:
        answered_by = ANSWERED_BY.get(leg.call.behaviour)
        to_the_beep = self.mode == "DetectMessageEnd" and answered_by == "machine_start"
        return "machine_end_beep" if to_the_beep else answered_by

    def start(self, leg: Leg) -> None:
        """Detects in the background; the result may come after the call's end."""
        leg.world.running.start("report", self._detect(leg))

    async def _detect(self, leg: Leg) -> None:
        seconds, answered_by = self.seconds(leg), self.result(leg)
        late = leg.world.dice.happens("late_amd")
        await leg.world.clock.sleep(seconds)
        if late:
            await leg.over.wait()
            await leg.world.clock.sleep(1)
        if answered_by:
            leg.call.answered_by = answered_by
            leg.world.truth.note_call(leg.call)
            if self.callback:
                leg.report_detection(self.callback, answered_by, seconds)
