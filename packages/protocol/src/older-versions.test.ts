import { expect, test } from "vitest";
import { decodeMessage, encodeMessage } from "./codec.ts";
import { type Message, schemaOf } from "./message.ts";
import { hasKind, toVersion } from "./older-versions.ts";
import { outline } from "./testing/outline.ts";
import { version1 } from "./testing/version-1.ts";

const preset: Message = { kind: "PRESET", re: 4 };
const fenced: Message = { kind: "FENCED", re: 5, seen: false, holds: false };

test("whatever changes in a message, version 1 is written as it was: a new field or message has a row in the table", () => {
  const written = [...schemaOf]
    .filter(([kind]) => hasKind(1, kind as Message["kind"]))
    .map(([kind, schema]) => {
      const { kind: _, ...fields } = toVersion(1, { ...outline(schema), kind } as unknown as Message);
      return [kind, fields];
    });
  expect(Object.fromEntries(written)).toEqual(version1);
});

test("a field that version 1 does not have is not sent to it, and is taken as meant when it does not say it", () => {
  expect(toVersion(1, fenced)).toEqual({ kind: "FENCED", re: 5, seen: false });
  expect(decodeMessage(encodeMessage(fenced, 1), 1)).toEqual({ ...fenced, holds: true });
});

test("a message that version 1 does not have is refused from one that speaks it", () => {
  expect(decodeMessage(encodeMessage(preset))).toEqual(preset);
  expect(() => decodeMessage(encodeMessage(preset), 1)).toThrow(expect.objectContaining({ code: "E_MESSAGE" }));
});

test("the code of an error that is not known here yet ends no connection: its message is read all the same", () => {
  const failed = { kind: "FAILED", re: 6, code: "E_OF_TOMORROW", message: "the moon is full" };
  expect(decodeMessage(encodeMessage(failed as Message))).toEqual({ ...failed, code: "E_STATE" });
});
