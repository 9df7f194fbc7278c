import { expect, test } from "vitest";
import { lines } from "./ndjson.ts";

async function split(...chunks: (string | Uint8Array)[]): Promise<string[]> {
  async function* feed() {
    for (const chunk of chunks) yield typeof chunk === "string" ? Buffer.from(chunk) : chunk;
  }
  const all: string[] = [];
  for await (const line of lines(feed())) all.push(line);
  return all;
}

test("lines may arrive in pieces, and several in one piece", async () => {
  expect(await split('{"a"', ":1}\n{}\n[", "]\n")).toEqual(['{"a":1}', "{}", "[]"]);
});

test("blank lines, which keep a stream alive, are no lines", async () => {
  expect(await split("\n", "{}\n\n\n")).toEqual(["{}"]);
});

test("a last line needs no newline", async () => {
  expect(await split("{}")).toEqual(["{}"]);
});

test("a character cut in two by the network stays whole", async () => {
  const bytes = Buffer.from('"ü"\n');
  expect(await split(bytes.subarray(0, 2), bytes.subarray(2))).toEqual(['"ü"']);
});
