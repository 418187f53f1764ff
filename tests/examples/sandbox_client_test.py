"""What a test in another language sees of the sandbox, with nothing but Python's standard library.

Run by `sipher-sandbox --control --manual-clock -- python3 sandbox_client_test.py`.
"""

import concurrent.futures
import http.client
import json
import os
import pathlib
import ssl
import unittest
import urllib.error
import urllib.request

BASE_URL = os.environ["SIPHER_BASE_URL"]
API_KEY = os.environ["SIPHER_API_KEY"]
TRUST = ssl.create_default_context(cafile=os.environ["SIPHER_CA_FILE"])
TESTING_PAGE = pathlib.Path(__file__).parents[2] / "docs" / "testing.md"


def call(method, path, body=None, timeout=30):
    """Status, header fields and the body's text of the response."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"X-API-Key": API_KEY, "Content-Type": "application/json"}
    request = urllib.request.Request(BASE_URL + path, data, headers, method=method)
    try:
        response = urllib.request.urlopen(request, timeout=timeout, context=TRUST)
    except urllib.error.HTTPError as refused:
        response = refused
    with response:
        return response.status, response.headers, response.read().decode()


def control(method, path, body=None):
    status, _, text = call(method, "/sandbox/" + path, body)
    assert status == 200, text
    return json.loads(text)


def create():
    return call("POST", "/v1/sessions", {"defaults": {"chain": "near"}, "ttlSeconds": 1800})


class SandboxTest(unittest.TestCase):
    def setUp(self):
        control("POST", "reset")

    def refused(self, method, path, body, status, message):
        given, _, text = call(method, path, body)
        self.assertEqual((given, json.loads(text)), (status, {"error": message}))

    def test_a_session_is_created_read_and_deleted(self):
        status, _, text = create()
        self.assertEqual(status, 201)
        path = "/v1/sessions/" + json.loads(text)["data"]["sessionId"]
        self.assertEqual(json.loads(call("GET", path)[2])["data"]["defaults"], {"chain": "near"})
        self.assertEqual(call("DELETE", path)[0], 200)
        self.assertEqual(call("GET", path)[0], 404)

    def test_ledger_and_counters_tell_of_the_service_only(self):
        create()
        call("GET", "/v1/sessions/none")
        done, refused = control("GET", "ledger")
        self.assertEqual((done["method"], done["target"], done["status"]), ("POST", "/v1/sessions", 201))
        self.assertEqual(json.loads(done["body"])["ttlSeconds"], 1800)
        self.assertIn(["X-Api-Key", API_KEY], done["headers"])
        self.assertEqual((done["applied"], refused["applied"], refused["status"]), (True, False, 400))
        counters = control("GET", "counters")
        self.assertEqual((counters["requests"], counters["created"], counters["read"]), (2, 1, 0))

    def test_what_is_no_text_is_in_the_ledger_all_the_same(self):
        request = urllib.request.Request(BASE_URL + "/v1/echo", b"\xff", method="POST")
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, context=TRUST)
        refused.exception.close()
        self.assertEqual(control("GET", "ledger")[0]["body"], "\ufffd")

    def test_the_session_that_a_request_ran_under_is_in_the_ledger(self):
        call("POST", "/v1/echo", {"chain": "sui"})
        effective = control("GET", "ledger")[0]["effective_defaults"]
        self.assertEqual((effective["chain"], effective["privacyLevel"]), ("sui", "standard"))

    def test_time_stands_still_until_it_is_moved(self):
        path = "/v1/sessions/" + json.loads(create()[2])["data"]["sessionId"]
        before = control("GET", "clock")["now"]
        self.assertEqual(control("POST", "clock", {"milliseconds": 1799999})["now"], before + 1799999)
        self.assertEqual(call("GET", path)[0], 200)
        control("POST", "clock", {"milliseconds": 1})
        self.assertEqual(call("GET", path)[0], 404)

    def test_reset_leaves_nothing(self):
        path = "/v1/sessions/" + json.loads(create()[2])["data"]["sessionId"]
        control("POST", "faults", {"fault": "silence"})
        self.assertEqual(control("POST", "reset")["requests"], 0)
        self.assertEqual((control("GET", "ledger"), control("GET", "faults")["waiting"]), ([], 0))
        self.assertEqual(call("GET", path)[0], 404)

    def test_a_request_under_way_survives_a_reset(self):
        control("POST", "faults", {"fault": "delay", "milliseconds": 300})
        with concurrent.futures.ThreadPoolExecutor() as threads:
            result = threads.submit(create)
            while control("GET", "counters")["requests"] == 0:
                pass
            control("POST", "reset")
            self.assertEqual(result.result()[0], 201)
        self.assertEqual(control("GET", "ledger"), [])

    def test_faults_wait_for_as_many_requests_as_told(self):
        self.assertEqual(control("POST", "faults", {"fault": "respond", "status": 503, "count": 2})["waiting"], 2)
        self.assertEqual([create()[0] for _ in range(3)], [503, 503, 201])
        control("POST", "faults", {"fault": "silence", "count": 3})
        self.assertEqual(control("DELETE", "faults")["waiting"], 0)
        self.assertEqual(create()[0], 201)

    def test_mistakes_are_told(self):
        faults = "/sandbox/faults"
        self.refused("POST", faults, {}, 400, "`fault` is missing")
        self.refused("POST", faults, [], 400, "the body is not a JSON object")
        self.refused("POST", faults, {"fault": "rain"}, 400, "there is no fault `rain`")
        self.refused("POST", faults, {"fault": "respond"}, 400, "`status` is missing")
        self.refused("POST", faults, {"fault": "respond", "status": 99}, 400, "`status` must have three digits")
        self.refused("POST", faults, {"fault": "silence", "act": True}, 400, "`act` is not known")
        self.refused("POST", faults, {"fault": "delay", "milliseconds": "1"}, 400,
                     "`milliseconds` is of the wrong type or too large")
        self.refused("POST", "/sandbox/clock", {"milliseconds": -1}, 400,
                     "`milliseconds` is of the wrong type or too large")
        self.refused("PUT", "/sandbox/clock", {}, 404, "there is no PUT /sandbox/clock")
        self.assertEqual(control("GET", "faults")["waiting"], 0)


class FaultTest(unittest.TestCase):
    """Each fault has a method; the table in the documentation and the sandbox name the same ones."""

    def setUp(self):
        control("POST", "reset")

    def add(self, fault, /, **parameters):
        control("POST", "faults", {"fault": fault, **parameters})

    def applied(self):
        return control("GET", "ledger")[0]["applied"]

    def test_each_is_tested_and_documented(self):
        known = control("GET", "faults")["known"]
        page = TESTING_PAGE.read_text(encoding="utf-8")
        self.assertEqual([name for name in known if not hasattr(self, "test_" + name)], [])
        self.assertEqual([name for name in known if f"\n| `{name}` |" not in page], [])

    def test_delay(self):
        self.add("delay", milliseconds=1)
        self.assertEqual(create()[0], 201)

    def test_respond(self):
        self.add("respond", status=429, body="{}", headers=[["Retry-After", "7"]])
        status, headers, body = create()
        self.assertEqual((status, headers["Retry-After"], body, self.applied()), (429, "7", "{}", False))

    def test_cut_response(self):
        self.add("cut_response", bytes=0)
        self.assertRaises(http.client.RemoteDisconnected, create)
        self.assertTrue(self.applied())

    def test_drop_request(self):
        self.add("drop_request", reset=True)
        self.assertRaises(OSError, create)
        self.assertFalse(self.applied())

    def test_raw_response(self):
        self.add("raw_response", bytes="HTTP/1.1 299 Odd\r\nContent-Length: 2\r\n\r\nok")
        status, _, body = create()
        self.assertEqual((status, body, self.applied()), (299, "ok", True))

    def test_silence(self):
        self.add("silence")
        # While it connects, urllib says so in its own words.
        with self.assertRaises((TimeoutError, urllib.error.URLError)):
            call("GET", "/v1/health", timeout=1)

    def test_with_header(self):
        self.add("with_header", name="ETag", value="odd")
        self.assertEqual(create()[1]["ETag"], "odd")

    def test_act_but_respond(self):
        self.add("act_but_respond", status=500)
        self.assertEqual((create()[0], self.applied()), (500, True))

    def test_foreign_page(self):
        self.add("foreign_page", status=404, content_type="text/plain", body="default backend - 404")
        status, headers, body = create()
        self.assertEqual((status, headers["Content-Type"], body), (404, "text/plain", "default backend - 404"))

    def test_captive_portal(self):
        self.add("captive_portal", act=True)
        status, headers, _ = create()
        self.assertEqual((status, headers["Content-Type"], self.applied()), (200, "text/html", True))

    def test_edge_error(self):
        self.add("edge_error", status=522)
        status, headers, _ = create()
        self.assertEqual((status, headers["Server"], self.applied()), (522, "cloudflare", False))

    def test_challenge(self):
        self.add("challenge")
        status, headers, _ = create()
        self.assertEqual((status, headers["cf-mitigated"]), (403, "challenge"))


if __name__ == "__main__":
    unittest.main()
