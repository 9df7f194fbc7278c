import { expect, test } from "vitest";
import { readableLogLine } from "./log-line.ts";

test("a line of the log is its level, its message and its fields", () => {
  const line = JSON.stringify({ level: 40, time: 1, name: "host-a", msg: "link down", peer: "host-b", retries: 3 });
  expect(readableLogLine(line)).toBe("warn link down peer=host-b retries=3");
});

test.each(["Segmentation fault", "{", "[1]", ""])("%j is left as it is", (line) => {
  expect(readableLogLine(line)).toBe(line);
});
