import fc from "fast-check";
import { expect, test } from "vitest";
import { type Kind, layouts, MAD_BYTES } from "./layout.ts";
import { decodeMessage, encodeMessage, privateBytesMax } from "./message.ts";

const kinds = Object.keys(layouts) as Kind[];

test.each(kinds)("every field of a %s is read back as it was written, and nothing overlaps", (kind) => {
  const { fields } = layouts[kind];
  const arbitrary = fc.record(
    Object.fromEntries(
      Object.entries(fields).map(([name, [, bytes]]) => [
        name,
        fc.integer({ min: 0, max: 2 ** (8 * Math.min(bytes, 6)) - 1 }),
      ]),
    ),
  );
  fc.assert(
    fc.property(arbitrary, fc.uint8Array({ maxLength: privateBytesMax(kind) }), (values, privateData) => {
      const message = decodeMessage(encodeMessage(kind, values, privateData));
      expect(message).toMatchObject({ kind, ...values });
      expect([...(message?.privateData ?? []).slice(0, privateData.length)]).toEqual([...privateData]);
    }),
  );
});

test("fields lie where the IBA puts them", () => {
  const mad = Buffer.from(encodeMessage("REQ", { localId: 0x01020304, qpn: 0xabcdef, serviceId: 0x1061234 }));
  expect(mad).toHaveLength(MAD_BYTES);
  expect(mad.toString("hex", 0, 4)).toBe("01070203");
  expect(mad.readUInt16BE(16)).toBe(0x10);
  expect(mad.readUInt32BE(24)).toBe(0x01020304);
  expect(mad.toString("hex", 32, 40)).toBe("0000000001061234");
  expect(mad.toString("hex", 56, 59)).toBe("abcdef");
});

test("private data is as long as rdma_cm's", () => {
  expect([privateBytesMax("REQ"), privateBytesMax("REP"), privateBytesMax("REJ")]).toEqual([56, 196, 148]);
  for (const kind of kinds) {
    const [at, bytes] = layouts[kind].privateData;
    expect(at + bytes).toBe(232);
  }
});
