import { request as rawRequest } from "node:http";
import { bearerToken, loginPath, routes } from "@nomad/protocol/http";
import { pino } from "pino";
import { expect, test } from "vitest";
import { secret } from "../../../testing/small-lab.ts";
import { type RunningCentral, startCentral } from "../start-central.ts";

const authorization = `Bearer ${bearerToken(secret)}`;
const log = pino({ level: "silent" });

async function centralOn(host: string): Promise<RunningCentral & AsyncDisposable & { readonly at: string }> {
  const central = await startCentral({ host, port: 0, secret, journal: ":memory:", version: "test", log });
  return { ...central, at: `http://127.0.0.1:${central.port}`, [Symbol.asyncDispose]: () => central.close() };
}

/** fetch sets the Host header itself. */
function statusWithHost(url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = rawRequest(url, { headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on("error", reject).end();
  });
}

const guestBody = { method: "POST", body: JSON.stringify({ name: "x", image: "nothing" }) };

test("on loopback reading takes no token, but changing does", async () => {
  await using central = await centralOn("127.0.0.1");
  expect((await fetch(`${central.at}/v1/status`)).status).toBe(200);
  expect((await fetch(`${central.at}/v1/guests`, guestBody)).status).toBe(401);
  const answer = await fetch(`${central.at}/v1/guests`, { ...guestBody, headers: { authorization } });
  expect(answer.status).toBe(404);
});

test("beyond loopback reading takes the token, too", async () => {
  await using central = await centralOn("0.0.0.0");
  expect((await fetch(`${central.at}/v1/status`)).status).toBe(401);
  expect((await fetch(`${central.at}/v1/status`, { headers: { authorization } })).status).toBe(200);
});

test("a name that was made to lead to loopback is refused", async () => {
  await using central = await centralOn("127.0.0.1");
  expect(await statusWithHost(`${central.at}/v1/status`, "example.org:80")).toBe(403);
  expect(await statusWithHost(`${central.at}/v1/status`, `localhost:${central.port}`)).toBe(200);
});

test("a login link begins a session that may change things from its own pages only, and works once", async () => {
  await using central = await centralOn("0.0.0.0");
  const offered = await fetch(`${central.at}${routes.login.path}`, { method: "POST", headers: { authorization } });
  const { path } = (await offered.json()) as { path: string };
  expect(path.startsWith(`${loginPath}?`)).toBe(true);
  const entered = await fetch(`${central.at}${path}`, { redirect: "manual" });
  expect(entered.status).toBe(303);
  const cookie = entered.headers.getSetCookie()[0]?.split(";")[0] ?? "";
  const own = { cookie, origin: central.at };
  expect((await fetch(`${central.at}/v1/guests`, { ...guestBody, headers: own })).status).toBe(404);
  const foreign = { cookie, origin: "http://example.org" };
  expect((await fetch(`${central.at}/v1/guests`, { ...guestBody, headers: foreign })).status).toBe(403);
  expect((await fetch(`${central.at}${path}`, { redirect: "manual" })).status).toBe(401);
});
