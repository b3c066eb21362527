"""Carriers and mail providers on loopback, in their own wire formats (design.md 6).

Start reading at `server`. Twilio: `calls_api` takes requests, `exchange` plays calls, `twiml` and `flow` obey
our documents, `callbacks` posts them. SendGrid: `mail_api`, `letters`, `events`. SES: `ses_api`.
Connect: `connect_api` takes requests, `switchboard` plays contacts, `contact_events` tells of them through
`event_queue`, which `sqs_api` lets us read. All:
`people` decides how somebody behaves, `faults` what goes wrong, `truth` keeps what happened.
Imports nothing else of outreach.
"""
