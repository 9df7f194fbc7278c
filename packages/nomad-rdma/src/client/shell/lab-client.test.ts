import { sampleGuest, sampleMove, sampleReport } from "@nomad/protocol/http/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { collect } from "../../testing/collect.ts";
import { answer, FakeCentral, fail, stream } from "../../testing/shell/fake-central.ts";
import { LabClient } from "./lab-client.ts";

const secret = Buffer.from("a secret of sixteen and more");
let central: FakeCentral;
let client: LabClient;

beforeEach(async () => {
  central = await FakeCentral.start(secret);
  client = new LabClient({ url: central.url, secret });
});
afterEach(() => central[Symbol.asyncDispose]());

const withCode = (code: string, text = "") => expect.objectContaining({ code, message: expect.stringContaining(text) });

test("a guest is run with the arguments given", async () => {
  central.handlers.set("POST /v1/guests", (_seen, response) => answer(response, { guest: sampleGuest("alice") }, 201));
  const guest = await client.runGuest({ name: "alice", image: "pair", arguments: { role: "a" } });
  expect(guest.state).toBe("running");
  expect(central.seen[0]?.body).toEqual({ name: "alice", image: "pair", arguments: { role: "a" } });
});

test("an error that central answers keeps its code", async () => {
  central.handlers.set("GET /v1/guests/carol/report", (_seen, response) =>
    fail(response, 404, "E_NO_GUEST", "no carol"),
  );
  await expect(client.report("carol")).rejects.toThrow(withCode("E_NO_GUEST", "no carol"));
});

test("a code of a newer version is still told", async () => {
  central.handlers.set("GET /v1/status", (_seen, response) => fail(response, 409, "E_WEATHER", "rain"));
  await expect(client.status()).rejects.toThrow(withCode("E_INTERNAL", "E_WEATHER: rain"));
});

test("another secret is refused", async () => {
  const stranger = new LabClient({ url: central.url, secret: Buffer.from("some other secret here") });
  await expect(stranger.status()).rejects.toThrow(withCode("E_AUTH"));
});

test("where nothing listens there is no lab", async () => {
  await central[Symbol.asyncDispose]();
  await expect(client.status()).rejects.toThrow(withCode("E_NO_LAB", central.url));
});

test("a server that never answers is given up after the time-out", async () => {
  central.handlers.set("GET /v1/status", () => {});
  const hasty = new LabClient({ url: central.url, secret, timeoutMs: 50 });
  await expect(hasty.status()).rejects.toThrow(withCode("E_TIMEOUT", "50 ms"));
});

test.each([
  ["what is not JSON", "<html>", "not JSON"],
  ["an answer without its fields", "{}", "cannot read"],
])("%s is refused", async (_what, text, message) => {
  central.handlers.set("GET /v1/status", (_seen, response) => void response.end(text));
  await expect(client.status()).rejects.toThrow(withCode("E_MESSAGE", message));
});

test("a server that is no lab is told apart by its status", async () => {
  central.handlers.set("GET /v1/status", (_seen, response) => void response.writeHead(500).end("oops"));
  await expect(client.status()).rejects.toThrow(withCode("E_MESSAGE", "500"));
});

test("a move is waited for when asked", async () => {
  central.handlers.set("POST /v1/moves", (_seen, response) => answer(response, { move: sampleMove() }, 202));
  expect((await client.move({ guest: "alice", to: "host-b" }, { wait: true })).outcome).toBe("released");
  expect(central.seen[0]?.path).toBe("/v1/moves?wait=true");
});

test("events arrive as they happen, until the reader has enough", async () => {
  central.handlers.set("GET /v1/events", (_seen, response) => {
    stream(response, [{ type: "guest", guest: sampleGuest("alice") }]);
    response.write(`\n${JSON.stringify({ type: "report", guest: "alice", report: sampleReport("alice", "bob") })}\n`);
  });
  const types: string[] = [];
  for await (const event of client.events()) if (types.push(event.type) === 2) break;
  expect(types).toEqual(["guest", "report"]);
});

test("a stream that breaks off says so", async () => {
  central.handlers.set("GET /v1/events", (_seen, response) => {
    stream(response, [{ type: "guest", guest: sampleGuest("alice") }]);
    response.write("{", () => response.destroy());
  });
  await expect(collect(client.events())).rejects.toThrow(withCode("E_UNREACHABLE", central.url));
});

test("a stream that is called off ends without an error", async () => {
  const abort = new AbortController();
  central.handlers.set("GET /v1/guests/alice/logs", (_seen, response) => {
    response.writeHead(200);
    response.write(`${JSON.stringify({ time: 0, guest: "alice", host: "host-a", line: "hello" })}\n`);
  });
  const lines: string[] = [];
  for await (const { line } of client.logs("alice", { follow: true, signal: abort.signal })) {
    lines.push(line);
    abort.abort();
  }
  expect(lines).toEqual(["hello"]);
});
