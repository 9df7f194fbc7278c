import { expect, test } from "vitest";
import { Logins, linkMs, sessionMs } from "./logins.ts";

function numbered(): Logins {
  let next = 0;
  return new Logins(() => `code-${next++}`);
}

test("a link begins one session, once", () => {
  const logins = numbered();
  const code = logins.offer(0);
  const session = logins.redeem(code, 1);
  expect(session).not.toBeNull();
  expect(logins.knows(session ?? "", 2)).toBe(true);
  expect(logins.redeem(code, 3)).toBeNull();
});

test("links and sessions end by themselves", () => {
  const logins = numbered();
  expect(logins.redeem(logins.offer(0), linkMs)).toBeNull();
  const session = logins.redeem(logins.offer(0), 1) ?? "";
  expect(logins.knows(session, sessionMs)).toBe(true);
  expect(logins.knows(session, sessionMs + 1)).toBe(false);
});

test("a code that was never given, and a link's code as a session, are good for nothing", () => {
  const logins = numbered();
  const code = logins.offer(0);
  expect(logins.redeem("code-7", 0)).toBeNull();
  expect(logins.knows(code, 0)).toBe(false);
  expect(logins.knows("", 0)).toBe(false);
});

test("many links asked for and not used take no more room than a few", () => {
  const logins = numbered();
  const first = logins.offer(0);
  const others = Array.from({ length: 1000 }, () => logins.offer(0));
  expect(logins.redeem(first, 0)).toBeNull();
  expect(logins.redeem(others.at(-1) ?? "", 0)).not.toBeNull();
});
