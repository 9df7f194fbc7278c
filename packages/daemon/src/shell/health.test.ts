import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { healthPath, notFound, withHealth } from "./health.ts";

let healthy = false;
const server = createServer(withHealth(() => healthy, notFound));
let url: string;

beforeEach(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

test("health is told without a secret, and follows what holds now", async () => {
  expect((await fetch(url + healthPath)).status).toBe(503);
  healthy = true;
  const answer = await fetch(url + healthPath);
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({ ok: true });
});

test("nothing else is told", async () => {
  expect((await fetch(`${url}/v1/status`)).status).toBe(404);
});
