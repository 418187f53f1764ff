"""A test of somebody who writes Python: `sipher-sandbox -- python3 sandbox_test.py`."""

import json
import os
import ssl
import unittest
import urllib.error
import urllib.request

TRUST = ssl.create_default_context(cafile=os.environ["SIPHER_CA_FILE"])
HEADERS = {"X-API-Key": os.environ["SIPHER_API_KEY"], "Content-Type": "application/json"}


def call(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(os.environ["SIPHER_BASE_URL"] + path, data, HEADERS, method=method)
    with urllib.request.urlopen(request, context=TRUST) as response:
        return json.load(response)["data"]


class Sessions(unittest.TestCase):
    def test_a_session_lives_until_it_is_deleted(self):
        path = "/v1/sessions/" + call("POST", "/v1/sessions", {"defaults": {"chain": "near"}})["sessionId"]
        self.assertEqual(call("GET", path)["defaults"], {"chain": "near"})
        call("DELETE", path)
        with self.assertRaises(urllib.error.HTTPError) as gone:
            call("GET", path)
        gone.exception.close()
        self.assertEqual(gone.exception.code, 404)


if __name__ == "__main__":
    unittest.main()
