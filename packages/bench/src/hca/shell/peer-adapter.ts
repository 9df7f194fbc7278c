import { type QueuePair, WorkCompletion } from "@nomad/verbs";
import { messageBytes, window } from "../amounts.ts";
import type { Rig } from "../rig.ts";

const recvsPosted = 4 * window;

function completions(count: number): WorkCompletion[] {
  return Array.from({ length: count }, () => new WorkCompletion());
}

/** Sends each message back, until its adapter is closed. */
export async function echoMessages({ echo, echoCq, mr }: Rig): Promise<void> {
  const sgList = [mr.sge(0, messageBytes)];
  for (let i = 0; i < 4; i++) echo.postRecv({ sgList });
  const wcs = completions(8);
  for (;;) {
    const count = echoCq.pollInto(wcs);
    for (let i = 0; i < count; i++) if (received(wcs[i])) answer(echo, sgList);
    if (count === 0) await echoCq.wait();
  }
}

function answer(qp: QueuePair, sgList: Parameters<QueuePair["postRecv"]>[0]["sgList"] & object): void {
  qp.postRecv({ sgList });
  qp.postSend({ opcode: "WR_SEND", sgList });
}

/** Takes messages, and posts a receive again for each, until its adapter is closed. */
export async function receiveStream({ stream, streamCq, mr }: Rig): Promise<void> {
  const wr = { sgList: [mr.sge(0, messageBytes)] };
  for (let i = 0; i < recvsPosted; i++) stream.postRecv(wr);
  const wcs = completions(window);
  for (;;) {
    const count = streamCq.pollInto(wcs);
    for (let i = 0; i < count; i++) if (received(wcs[i])) stream.postRecv(wr);
    if (count === 0) await streamCq.wait();
  }
}

function received(wc: WorkCompletion | undefined): boolean {
  if (wc === undefined || wc.status !== "WC_SUCCESS") throw new Error(`a work request ended with ${wc?.status}`);
  return wc.opcode === "WC_RECV";
}
