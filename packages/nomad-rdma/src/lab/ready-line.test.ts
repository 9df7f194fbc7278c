import { expect, test } from "vitest";
import { parseReadyLine } from "./ready-line.ts";

const ready = { ready: true, role: "host", name: "host-a", url: "ws://127.0.0.1:1", pid: 7 };

test("a daemon that is ready says where", () => {
  expect(parseReadyLine(JSON.stringify(ready), "host-a")).toEqual(ready);
});

test("a daemon that cannot start says why, with its code", () => {
  const line = JSON.stringify({ ok: false, error: { code: "E_AUTH", message: "another secret", nextStep: "" } });
  expect(() => parseReadyLine(line, "host-a")).toThrow(
    expect.objectContaining({ code: "E_AUTH", message: "host-a did not start: another secret" }),
  );
});

test.each(["", "Segmentation fault", "{}"])("%j is no such line", (line) => {
  expect(() => parseReadyLine(line, "host-a")).toThrow(expect.objectContaining({ code: "E_INTERNAL" }));
});
