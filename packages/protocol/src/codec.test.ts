import { limits } from "@nomad/base";
import fc from "fast-check";
import { pack } from "msgpackr";
import { expect, test } from "vitest";
import { decodeMessage, encodeMessage } from "./codec.ts";
import type { Message } from "./message.ts";

const suspend: Message = {
  kind: "SUSPEND",
  id: 7,
  move: "1-1",
  vlid: 0x1000 as never,
  generation: 3,
  budgetMs: 2000,
  strict: false,
};

test("a message comes back as it was sent", () => {
  expect(decodeMessage(encodeMessage(suspend))).toEqual(suspend);
});

test("a guest's state keeps its 64-bit values", () => {
  const vm = {
    globals: [
      { name: "counter", type: "i64" as const, value: -(2n ** 63n) },
      { name: "ratio", type: "f64" as const, value: Number.NaN },
    ],
    clockNs: 12_345_678_901_234n,
    shutdown: false,
    running: true,
  };
  const device = {
    vlid: 1,
    pds: [],
    cqs: [],
    regions: [],
    qps: [],
    srqs: [],
    windows: [],
    asyncEvents: [],
    ahs: [],
    inbound: [],
    next: { pd: 1, cq: 1, region: 1, qp: 1, ah: 1, srq: 1 },
    last: null,
  };
  const state = {
    kind: "STATE",
    id: 1,
    move: "1-1",
    vlid: 1,
    generation: 1,
    device,
    gone: [3],
    vm,
  } as unknown as Message;
  expect(decodeMessage(encodeMessage(state))).toEqual(state);
});

test("bytes that are no message are refused with E_MESSAGE, whatever they are", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 256 }), (bytes) => {
      expect(() => decodeMessage(bytes)).toThrow(expect.objectContaining({ code: "E_MESSAGE" }));
    }),
  );
});

test("a message with any one field gone or of another type is refused with E_MESSAGE", () => {
  const wrongs: unknown[] = [undefined, null, -1, 1.5, "", "x".repeat(100), [], {}, 2 ** 53];
  for (const field of Object.keys(suspend)) {
    for (const wrong of wrongs) {
      const bytes = pack({ ...suspend, [field]: wrong });
      expect(() => decodeMessage(bytes), `${field}: ${String(wrong)}`).toThrow(
        expect.objectContaining({ code: "E_MESSAGE" }),
      );
    }
  }
});

test("a message that is cut off anywhere is refused", () => {
  const bytes = encodeMessage(suspend);
  for (let length = 0; length < bytes.length; length++) {
    expect(() => decodeMessage(bytes.subarray(0, length))).toThrow(expect.objectContaining({ code: "E_MESSAGE" }));
  }
});

test("a message above the limit is refused with E_TOO_LARGE before it is looked at", () => {
  const bytes = new Uint8Array(limits.controlBytesMax + 1);
  expect(() => decodeMessage(bytes)).toThrow(expect.objectContaining({ code: "E_TOO_LARGE" }));
});
