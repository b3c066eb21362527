"""Twilio's error codes as its REST API answers them (providers.md A 2.1, "Error codes")."""

from dataclasses import dataclass

# code: (HTTP status, message). 400 unless the provider facts say otherwise.
ERRORS: dict[int, tuple[int, str]] = {
    10001: (400, "Account is not active"),
    10004: (400, "Call concurrency limit exceeded"),
    20001: (400, "Unknown parameters"),
    20003: (401, "Authenticate"),
    20004: (405, "Method not allowed"),
    20005: (400, "Account not active"),
    20007: (400, "Page size too large"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "An internal server error has occurred"),
    20503: (503, "Service Unavailable"),
    21201: (400, "No 'To' number is specified"),
    21205: (400, "Url is not a valid URL"),
    21206: (400, "SendDigits is invalid"),
    21207: (400, "MachineDetection is invalid"),
    21208: (400, "Timeout is invalid"),
    21209: (400, "Method is invalid: it must be GET or POST"),
    21210: (400, "The source phone number provided is not yet verified for your account"),
    21211: (400, "The 'To' number is not a valid phone number"),
    21212: (400, "The 'From' number is not a valid phone number or caller ID"),
    21213: (400, "No 'From' number is specified"),
    21214: (400, "The 'To' phone number provided cannot be reached"),
    21215: (400, "Account not authorized to call this number; check your geo permissions"),
    21216: (400, "Account not allowed to call this phone number"),
    21217: (400, "The phone number does not appear to be valid"),
    21218: (400, "ApplicationSid is invalid"),
    21219: (400, "The 'To' phone number provided is not yet verified for this account"),
    21220: (400, "Call is not in-progress"),
    21609: (400, "The StatusCallback URL is not a valid URL"),
    21626: (400, "StatusCallbackEvent is invalid"),
}

# What Twilio's debugger records against a call whose documents or callbacks go wrong.
NOTICES: dict[int, str] = {
    11200: "HTTP retrieval failure",
    11205: "HTTP connection failure",
    12100: "Document parse failure",
    12200: "Schema validation warning",
    12300: "Invalid Content-Type",
    13201: "Dial: Cannot Dial out from a Dial Call Segment",
    13214: "Dial: Invalid callerId value",
    13223: "Dial: Invalid phone number format",
    13224: "Dial: Twilio does not support calling this number or the number is invalid",
    13225: "Dial: Call blocked by Twilio",
    13226: "Dial: Invalid country code",
    13227: "Dial: No International Authorization",
    15003: "Call Progress: Warning Response to Callback URL",
}


@dataclass
class Refused(Exception):
    """A request Twilio turns down: certainly nothing was placed."""

    code: int
    detail: str = ""

    @property
    def status(self) -> int:
        return ERRORS[self.code][0]

    def body(self) -> dict[str, object]:
        message = ERRORS[self.code][1] + (f": {self.detail}" if self.detail else "")
        more = f"https://www.twilio.com/docs/errors/{self.code}"
        return {"code": self.code, "message": message, "more_info": more, "status": self.status}
