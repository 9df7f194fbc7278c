import { expect, test } from "vitest";
import { bearerToken, guestReport, guestRequest, labEvent, moveRequest, name, routePath, routes } from "./index.ts";

test.each(["a", "host-a", "0", "a".repeat(63)])("%j is a name", (text) => {
  expect(name.safeParse(text).success).toBe(true);
});

test.each(["", "-a", "a-", "A", "a b", "../a", "a".repeat(64)])("%j is not a name", (text) => {
  expect(name.safeParse(text).success).toBe(false);
});

test("a request with a field nobody knows is refused, so that a typing error is not lost", () => {
  expect(moveRequest.safeParse({ guest: "alice", to: "host-b", injct: "flip-page" }).success).toBe(false);
});

test("a guest needs no arguments and no host", () => {
  expect(guestRequest.parse({ name: "alice", image: "pair" })).toEqual({ name: "alice", image: "pair", arguments: {} });
});

test("a report of progress may leave out what is not known yet and add what only its program knows", () => {
  const report = guestReport.parse({ guest: "alice", messages: 7 });
  expect(report).toEqual({
    guest: "alice",
    messages: 7,
    connections: [],
    atomics: { expected: 0, actual: 0 },
    verified: false,
  });
});

test("an event of an unknown type is refused", () => {
  expect(labEvent.safeParse({ type: "weather", sun: true }).success).toBe(false);
});

test("a parameter cannot leave its segment of the path", () => {
  expect(routePath(routes.report.path, "../moves")).toBe("/v1/guests/..%2Fmoves/report");
});

test("the token depends on the secret and does not contain it", () => {
  const secret = Buffer.from("0123456789abcdef");
  expect(bearerToken(secret)).toMatch(/^[0-9a-f]{64}$/);
  expect(bearerToken(secret)).not.toBe(bearerToken(Buffer.from("another secret..")));
});
