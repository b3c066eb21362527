"""A Flask application that takes whatever is posted: the floor under our door."""

from flask import Flask, Response, request

app = Flask(__name__)


@app.get("/healthz")
def healthz() -> str:
    return "alive"


@app.post("/webhooks/<path:name>")
def take(name: str) -> Response:
    request.get_data()
    return Response(status=204)
