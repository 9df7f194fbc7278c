import { expect } from "vitest";
import { makePair } from "./kit/ends.ts";
import { deliver } from "./kit/operations.ts";
import { openLab, test } from "./kit/test.ts";
import { fill } from "./kit/work.ts";

// Memory of the adapter's has no pages; what buffers of many huge pages are for is sending messages as long as they are.

const bufferBytes = 16 * 1024 * 1024;

for (const [title, elements] of [
  ["HugePageTest.SendLargeChunk: a message of eight huge pages arrives whole", 1],
  ["HugePageTest.SendMultipleSge: a message of eight huge pages in four elements arrives in one", 4],
] as const) {
  test(title, async () => {
    await using lab = await openLab({ heapBytes: bufferBytes + 1024 * 1024 });
    const { a, b } = makePair(lab, { bufferBytes });
    fill(a.buffer.bytes, elements);
    const part = bufferBytes / elements;
    const sgList = Array.from({ length: elements }, (_, i) => a.mr.sge(i * part, part));
    const received = await deliver(
      lab,
      a,
      b,
      { wrId: 2, opcode: "WR_SEND", sgList },
      { wrId: 1, sgList: [b.mr.sge()] },
    );
    expect(received).toMatchObject({ wrId: 1, status: "WC_SUCCESS", opcode: "WC_RECV", byteLen: bufferBytes });
    expect(await lab.completion(a.sendCq)).toMatchObject({ wrId: 2, status: "WC_SUCCESS", opcode: "WC_SEND" });
    expect(b.buffer.bytes.equals(a.buffer.bytes)).toBe(true);
  });
}
