import { limits, type NomadError, type VLid } from "@nomad/base";
import { encodeMessage, protocolVersion } from "@nomad/protocol";
import type { AuthenticatedSocket } from "@nomad/wire";
import { pino } from "pino";
import { expect, test } from "vitest";
import { Channel } from "./channel.ts";

/** A socket that keeps what it was closed with. */
function fakeSocket() {
  const closedWith: NomadError[] = [];
  const socket = {
    peer: { name: "mallory" },
    protocol: protocolVersion.current,
    onMessage: (_bytes: Uint8Array): void => {},
    close: (error: NomadError) => closedWith.push(error),
  };
  return { socket, closedWith };
}

test("so many messages are taken at once, and as many again in each second; one more ends the connection", () => {
  const { socket, closedWith } = fakeSocket();
  let now = 0;
  let taken = 0;
  const count = () => taken++;
  new Channel(socket as unknown as AuthenticatedSocket, pino({ level: "silent" }), count, () => now);
  const locate = encodeMessage({ kind: "LOCATE", id: 1, vlid: 1 as VLid });
  const max = limits.controlMessagesPerSecondMax;
  for (const second of [0, 1]) {
    now = 1000 * second;
    for (let i = 0; i < max; i++) socket.onMessage(locate);
  }
  expect(taken).toBe(2 * max);
  expect(closedWith).toEqual([]);
  socket.onMessage(locate);
  expect(taken).toBe(2 * max);
  expect(closedWith).toMatchObject([{ code: "E_BUSY" }]);
});
