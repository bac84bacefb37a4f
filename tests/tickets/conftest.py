# Requests are looked at as whatever JSON they are; names are those of http.server.
# ruff: noqa: ANN401, ANN202, PLR0917, A002, N815
"""Real servers on this machine that keep to what each vendor documents, and fail on demand."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest
from jsonschema import Draft202012Validator

Json = dict[str, Any]
Answer = tuple[int, Any]

TEXT: Json = {"type": "string", "minLength": 1}
NAMED: Json = {"type": "object", "required": ["name"], "properties": {"name": TEXT}, "additionalProperties": False}
LABEL: Json = {"type": "string", "pattern": r"^\S+$", "maxLength": 255}


def _fields(description: Json) -> Json:
    """Jira: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/."""
    return {
        "type": "object",
        "required": ["fields"],
        "additionalProperties": False,
        "properties": {
            "fields": {
                "type": "object",
                "required": ["project", "issuetype", "summary"],
                "additionalProperties": False,
                "properties": {
                    "project": {"type": "object", "required": ["key"]},
                    "issuetype": NAMED,
                    "summary": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[^\r\n]*$"},
                    "labels": {"type": "array", "items": LABEL},
                    "priority": {"properties": {"name": {"enum": ["Highest", "High", "Medium", "Low", "Lowest"]}}},
                    "components": {"type": "array", "items": NAMED},
                    "description": description,
                },
            }
        },
    }


ADF: Json = {
    "type": "object",
    "required": ["type", "version", "content"],
    "properties": {
        "type": {"const": "doc"},
        "version": {"const": 1},
        "content": {"type": "array", "items": {"$ref": "#/$defs/node"}},
    },
    "$defs": {},
}
NODE: Json = {
    "type": "object",
    "required": ["type"],
    "properties": {
        "type": {"enum": ["heading", "paragraph", "bulletList", "listItem", "text"]},
        "text": TEXT,
        "attrs": {"type": "object"},
        "content": {"type": "array", "items": {"$ref": "#/$defs/node"}},
    },
    "additionalProperties": False,
}
CLOUD: Json = {**_fields(ADF), "$defs": {"node": NODE}}
CLOUD_COMMENT: Json = {"type": "object", "required": ["body"], "properties": {"body": ADF}, "$defs": {"node": NODE}}
SERVER: Json = _fields({"type": "string", "maxLength": 32_767})
SERVER_COMMENT: Json = {"type": "object", "required": ["body"], "properties": {"body": TEXT}}
HIVE: Json = {  # thehive4py, InputAlert
    "type": "object",
    "required": ["type", "source", "sourceRef", "title", "description"],
    "additionalProperties": False,
    "properties": {
        "type": TEXT,
        "source": TEXT,
        "sourceRef": TEXT,
        "title": TEXT,
        "description": TEXT,
        "severity": {"enum": [1, 2, 3, 4]},
        "date": {"type": "integer"},
        "tags": {"type": "array", "items": TEXT},
        "tlp": {"enum": [0, 1, 2, 3, 4]},
        "pap": {"enum": [0, 1, 2, 3]},
        "observables": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["dataType", "data"],
                "properties": {"dataType": {"enum": ["hostname", "filename", "other"]}, "data": TEXT},
            },
        },
    },
}
IRIS: Json = {  # iris-web, AlertSchema
    "type": "object",
    "required": ["alert_title", "alert_severity_id", "alert_status_id", "alert_customer_id"],
    "properties": {
        "alert_title": TEXT,
        "alert_severity_id": {"type": "integer", "minimum": 1, "maximum": 6},
        "alert_status_id": {"type": "integer"},
        "alert_customer_id": {"type": "integer"},
        "alert_tags": {"type": "string"},
        "alert_source_content": {"type": "object"},
        "alert_source_event_time": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+$"},
        "alert_context": {"type": "object"},
    },
}
SNOW: Json = {
    "type": "object",
    "required": ["short_description"],
    "properties": {
        "short_description": {"type": "string", "maxLength": 160},
        "urgency": {"enum": ["1", "2", "3"]},
        "impact": {"enum": ["1", "2", "3"]},
        "correlation_id": {"type": "string", "maxLength": 100},
        "correlation_display": {"type": "string", "maxLength": 100},
        "work_notes": TEXT,
    },
    "additionalProperties": {"type": "string"},
}
SLACK: Json = {  # https://docs.slack.dev/reference/methods/chat.postMessage
    "type": "object",
    "required": ["channel", "text"],
    "properties": {
        "channel": TEXT,
        "blocks": {
            "type": "array",
            "maxItems": 50,
            "items": {
                "properties": {
                    "type": {"enum": ["header", "section"]},
                    "text": {
                        "properties": {"text": {"type": "string", "minLength": 1, "maxLength": 3000}},
                        "if": {"properties": {"type": {"const": "plain_text"}}},
                        "then": {"properties": {"text": {"maxLength": 150}}},
                    },
                }
            },
        },
        "metadata": {"type": "object", "required": ["event_type", "event_payload"]},
    },
}
TEAMS: Json = {
    "type": "object",
    "required": ["type", "attachments"],
    "properties": {
        "type": {"const": "message"},
        "attachments": {
            "items": {
                "required": ["contentType", "content"],
                "properties": {
                    "contentType": {"const": "application/vnd.microsoft.card.adaptive"},
                    "content": {
                        "required": ["type", "version", "body"],
                        "properties": {"type": {"const": "AdaptiveCard"}, "version": {"const": "1.4"}},
                    },
                },
            }
        },
    },
}


@dataclass
class Vendor:
    """A server: its tickets, its comments, what it saw, and the faults to come."""

    name: str
    tickets: list[Json] = field(default_factory=list[Json])
    comments: list[str] = field(default_factory=list[str])
    seen: list[str] = field(default_factory=list[str])
    faults: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """Faults by kind of request ("search", "create", "update", "comment"), taken one a request."""
    lag: int = 0
    """How many searches do not know yet what was created."""
    url: str = ""
    steps: list[Json] = field(default_factory=list[Json])
    """Transitions that a Jira project's workflow offers."""
    bodies: list[bytes] = field(default_factory=list[bytes])
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, method: str, url: str, headers: Json, raw: bytes) -> tuple[str, Callable[[], Answer]]:
        """Say what kind of request it is, and how to carry it out."""
        parts = urlsplit(url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        body = json.loads(raw) if raw else None
        return VENDORS[self.name](self, method, parts.path, query, body, headers, raw)


def _check(schema: Json, body: Any) -> Answer | None:
    errors = [error.message for error in cast("Any", Draft202012Validator(schema)).iter_errors(body)]
    return (400, {"errorMessages": errors}) if errors else None


def _lagging(vendor: Vendor, found: list[Json]) -> list[Json]:
    if vendor.lag and found:
        vendor.lag -= 1
        return []
    return found


def _jira(
    vendor: Vendor, method: str, path: str, query: Json, body: Any, api: str, schemas: tuple[Json, Json], search: str
) -> tuple[str, Callable[[], Answer]]:
    if path == f"{api}/{search}":

        def look() -> Answer:
            label = query["jql"].partition('labels = "')[2].partition('"')[0]
            found = [
                {"key": t["key"], "fields": {"labels": t["labels"]}} for t in vendor.tickets if label in t["labels"]
            ]
            return 200, {"issues": _lagging(vendor, found)}

        return "search", look
    if path == f"{api}/issue":

        def create() -> Answer:
            if wrong := _check(schemas[0], body):
                return wrong
            key = f"SOC-{len(vendor.tickets) + 1}"
            vendor.tickets.append({"key": key, **body["fields"]})
            return 201, {"id": "1", "key": key}

        return "create", create
    ticket = next(t for t in vendor.tickets if t["key"] == path.partition("/issue/")[2].partition("/")[0])
    if path.endswith("/transitions"):
        return _jira_transitions(vendor, method, query, body, ticket)
    if method == "GET" and "fields" in query:
        category = "done" if "status" in ticket else "indeterminate"
        return "state", lambda: (200, {"fields": {"status": {"statusCategory": {"key": category}}}})
    if path.endswith("/comment"):
        if method == "GET":
            return "comments", lambda: (200, {"comments": [{"body": json.loads(each)} for each in vendor.comments]})

        def comment() -> Answer:
            if wrong := _check(schemas[1], body):
                return wrong
            vendor.comments.append(json.dumps(body["body"]))
            return 201, {"id": "1"}

        return "comment", comment

    def update() -> Answer:
        for change in body["update"]["labels"]:
            if "remove" in change and change["remove"] in ticket["labels"]:
                ticket["labels"].remove(change["remove"])
            if "add" in change:
                ticket["labels"].append(change["add"])
        return 204, None

    return "update", update


def _jira_transitions(vendor: Vendor, method: str, query: Json, body: Any, ticket: Json):
    """A closed issue offers no step that closes; a field that the screen lacks is refused, as Jira does."""
    steps = [each for each in vendor.steps if "status" not in ticket or each["to"]["statusCategory"]["key"] != "done"]
    if method == "GET":
        assert query["expand"] == "transitions.fields"
        return "transitions", lambda: (200, {"transitions": steps})

    def step() -> Answer:
        taken = next((each for each in steps if each["id"] == body["transition"]["id"]), None)
        if taken is None:
            return 400, {"errorMessages": ["It is not a valid transition"]}
        given, screen = body.get("fields", {}), taken.get("fields", {})
        if given.keys() - screen.keys():
            return 400, {"errors": {"resolution": "Field 'resolution' cannot be set. It is not on the screen."}}
        if missing := [name for name, each in screen.items() if each["required"] and name not in given]:
            return 400, {"errors": {missing[0]: "is required"}}
        for name, value in given.items():
            if value not in [{"name": each["name"]} for each in screen[name]["allowedValues"]]:
                return 400, {"errors": {name: "The value is not allowed"}}
        ticket.update(status=taken["to"]["name"], **given)
        return 204, None

    return "transition", step


def _jira_cloud(vendor: Vendor, method: str, path: str, query: Json, body: Any, headers: Json, raw: bytes):
    assert headers["Authorization"].startswith("Basic ")
    return _jira(vendor, method, path, query, body, "/rest/api/3", (CLOUD, CLOUD_COMMENT), "search/jql")


def _jira_server(vendor: Vendor, method: str, path: str, query: Json, body: Any, headers: Json, raw: bytes):
    assert headers["Authorization"].startswith("Bearer ")
    return _jira(vendor, method, path, query, body, "/rest/api/2", (SERVER, SERVER_COMMENT), "search")


def _thehive(vendor: Vendor, method: str, path: str, query: Json, body: Any, headers: Json, raw: bytes):
    if path == "/api/v1/query":
        if query["name"] == "alert-comments":
            return "comments", lambda: (200, [{"message": each} for each in vendor.comments])
        wanted = {each["_eq"]["_field"]: each["_eq"]["_value"] for each in body["query"][1]["_and"]}
        return "search", lambda: (
            200,
            _lagging(vendor, [t for t in vendor.tickets if all(t[name] == value for name, value in wanted.items())]),
        )
    if path == "/api/v1/alert":

        def create() -> Answer:
            if wrong := _check(HIVE, body):
                return wrong
            if any((t["source"], t["sourceRef"]) == (body["source"], body["sourceRef"]) for t in vendor.tickets):
                return 400, {"type": "CreateError", "message": "Alert already exists"}
            vendor.tickets.append({"_id": f"~{len(vendor.tickets) + 1}", **body})
            return 201, vendor.tickets[-1]

        return "create", create
    if path.endswith("/comment"):

        def comment() -> Answer:
            vendor.comments.append(body["message"])
            return 201, {"_id": "~c"}

        return "comment", comment

    def update() -> Answer:
        tags = vendor.tickets[0]["tags"]
        vendor.tickets[0]["tags"] = [*(each for each in tags if each not in body["removeTags"]), *body["addTags"]]
        return 204, None

    return "update", update


def _iris(vendor: Vendor, method: str, path: str, query: Json, body: Any, headers: Json, raw: bytes):
    if path == "/alerts/filter":
        return "search", lambda: (
            200,
            {
                "status": "success",
                "data": {
                    "alerts": _lagging(
                        vendor, [t for t in vendor.tickets if query["source_reference"] in t["alert_source_ref"]]
                    )
                },
            },
        )
    if path == "/alerts/add":

        def create() -> Answer:
            if wrong := _check(IRIS, body):
                return wrong
            vendor.tickets.append({"alert_id": len(vendor.tickets) + 1, **body})
            return 200, {"status": "success", "data": vendor.tickets[-1]}

        return "create", create
    if path.endswith("/comments/list"):
        return "comments", lambda: (200, {"data": [{"comment_text": each} for each in vendor.comments]})
    if path.endswith("/comments/add"):

        def comment() -> Answer:
            vendor.comments.append(body["comment_text"])
            return 200, {"status": "success"}

        return "comment", comment

    def update() -> Answer:
        vendor.tickets[0] |= body
        return 200, {"status": "success"}

    return "update", update


def _servicenow(vendor: Vendor, method: str, path: str, query: Json, body: Any, headers: Json, raw: bytes):
    if path.endswith("/sys_journal_field"):
        return "comments", lambda: (200, {"result": [{"value": each} for each in vendor.comments]})
    if method == "GET":
        wanted = query["sysparm_query"].partition("^")[0].partition("=")[2]
        return "search", lambda: (
            200,
            {"result": _lagging(vendor, [t for t in vendor.tickets if t["correlation_id"] == wanted])},
        )
    if method == "POST":

        def create() -> Answer:
            if wrong := _check(SNOW, body):
                return wrong
            vendor.tickets.append({"sys_id": f"{len(vendor.tickets) + 1:032x}", **body})
            return 201, {"result": vendor.tickets[-1]}

        return "create", create

    def update() -> Answer:
        if wrong := _check({**SNOW, "required": []}, body):
            return wrong
        vendor.comments.append(body["work_notes"])
        vendor.tickets[0] |= {name: value for name, value in body.items() if name != "work_notes"}
        return 200, {"result": vendor.tickets[0]}

    return "comment", update


def _slack(vendor: Vendor, method: str, path: str, query: Json, body: Any, headers: Json, raw: bytes):
    if path == "/api/conversations.history":
        assert query["include_all_metadata"] == "true"
        return "search", lambda: (200, {"ok": True, "messages": _lagging(vendor, vendor.tickets[::-1])})

    def post() -> Answer:
        if wrong := _check(SLACK, body):
            return 200, {"ok": False, "error": f"invalid_blocks {wrong[1]}"}
        if path == "/api/chat.update":
            vendor.tickets[[t["ts"] for t in vendor.tickets].index(body["ts"])] = body
        else:
            vendor.tickets.append({"ts": f"1700000000.{len(vendor.tickets):06d}", **body})
        return 200, {"ok": True, "ts": vendor.tickets[-1]["ts"]}

    return ("update" if path == "/api/chat.update" else "create"), post


def _teams(vendor: Vendor, method: str, path: str, query: Json, body: Any, headers: Json, raw: bytes):
    def post() -> Answer:
        assert len(raw) < 28_000
        if wrong := _check(TEAMS, body):
            return wrong
        vendor.tickets.append(body)
        return 202, None

    return "create", post


def _webhook(vendor: Vendor, method: str, path: str, query: Json, body: Any, headers: Json, raw: bytes):
    def post() -> Answer:
        told = dict(part.split("=") for part in headers["X-Stashlight-Signature"].split(","))
        made = hmac.new(b"webhook-secret", f"{told['t']}.".encode() + raw, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(made, told["v1"]) or abs(time.time() - int(told["t"])) > 300:
            return 401, {"error": "signature"}
        if headers["Idempotency-Key"] not in [t["key"] for t in vendor.tickets]:
            vendor.tickets.append(body)
        return 200, {"id": body["key"]}

    return "create", post


def _splunk_hec(vendor: Vendor, method: str, path: str, query: Json, body: Any, headers: Json, raw: bytes):
    assert headers["Authorization"] == "Splunk splunk-token"
    if path == "/services/collector/ack":
        vendor.lag = max(0, vendor.lag - 1)
        return "ack", lambda: (200, {"acks": {str(number): vendor.lag == 0 for number in body["acks"]}})

    def post() -> Answer:
        if headers["X-Splunk-Request-Channel"].count("-") != 4:
            return 400, {"text": "Data channel is missing", "code": 10}
        if body["fields"]["stashlight_revision"] not in [t["fields"]["stashlight_revision"] for t in vendor.tickets]:
            vendor.tickets.append(body)  # a search with `dedup stashlight_revision` sees one
        return 200, {"text": "Success", "code": 0, "ackId": len(vendor.tickets)}

    return "create", post


VENDORS: dict[str, Callable[..., tuple[str, Callable[[], Answer]]]] = {
    "jira_cloud": _jira_cloud,
    "jira_server": _jira_server,
    "thehive": _thehive,
    "iris": _iris,
    "servicenow": _servicenow,
    "slack": _slack,
    "teams": _teams,
    "webhook": _webhook,
    "splunk_hec": _splunk_hec,
}


@contextmanager
def serving(name: str) -> Generator[Vendor]:
    """Run a vendor's server on a free port of the loopback."""
    vendor = Vendor(name)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            pass

        def handle_any(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            with vendor.lock:
                kind, carry_out = vendor.answer(self.command, self.path, dict(self.headers.items()), raw)
                vendor.seen.append(kind)
                vendor.bodies.append(raw)
                pending = vendor.faults.get(kind, [])
                fault = pending.pop(0) if pending else ""
                status, body = (0, None) if fault in BEFORE else carry_out()
            self._reply(fault, status, body)

        def _reply(self, fault: str, status: int, body: object) -> None:
            headers: dict[str, str] = {}
            if fault.startswith("429"):
                status, body, headers = 429, {"error": "slow down"}, {"Retry-After": fault.partition(" ")[2] or "1"}
            elif fault.startswith("5"):
                status, body = int(fault[:3]), {"error": "broken"}
            elif fault.startswith("reset"):
                self.close_connection = True
                self.connection.close()
                return
            elif fault.startswith("hang"):
                time.sleep(0.4)
            elif fault.startswith("401"):
                status, body = 401, {"error": f"bad login {self.headers.get('Authorization')}"}
            said = b"" if body is None else json.dumps(body).encode()
            try:
                self.send_response(status)
                for header, value in {**headers, "Content-Length": str(len(said))}.items():
                    self.send_header(header, value)
                self.end_headers()
                self.wfile.write(said)
            except OSError:  # the client has given up, as it should
                self.close_connection = True

        do_GET = do_POST = do_PUT = do_PATCH = handle_any

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    vendor.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield vendor
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


BEFORE = frozenset({"429", "429 1", "429 9999", "500 before", "503", "reset before", "401"})


@pytest.fixture
def vendor(request: pytest.FixtureRequest) -> Iterator[Vendor]:
    """A server of the vendor that the test names."""
    with serving(request.param) as running:
        yield running
