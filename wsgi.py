"""What a WSGI server serves: the web application of the office that the environment describes."""

import sys

from outreach import bootstrap, settings
from outreach.app import create_app
from outreach.logs import speak_json

speak_json()
try:
    application = create_app(bootstrap.service_office(settings.load()))
except (settings.BadSettings, bootstrap.NotConnectedError) as trouble:
    sys.exit(str(trouble))
