// A test of somebody who writes JavaScript: `sipher-sandbox -- node sandbox_test.mjs`.

import assert from "node:assert";
import fs from "node:fs";
import https from "node:https";

const agent = new https.Agent({ ca: fs.readFileSync(process.env.SIPHER_CA_FILE) });
const headers = { "X-API-Key": process.env.SIPHER_API_KEY, "Content-Type": "application/json" };

function call(method, path, body) {
    return new Promise((resolve, reject) => {
        const request = https.request(process.env.SIPHER_BASE_URL + path, { method, headers, agent }, (response) => {
            let text = "";
            response.on("data", (part) => (text += part));
            response.on("end", () => resolve({ status: response.statusCode, data: JSON.parse(text).data }));
        });
        request.on("error", reject);
        request.end(body && JSON.stringify(body));
    });
}

const created = await call("POST", "/v1/sessions", { defaults: { chain: "near" } });
const path = `/v1/sessions/${created.data.sessionId}`;
assert.deepStrictEqual((await call("GET", path)).data.defaults, { chain: "near" });
assert.strictEqual((await call("DELETE", path)).status, 200);
assert.strictEqual((await call("GET", path)).status, 404);
