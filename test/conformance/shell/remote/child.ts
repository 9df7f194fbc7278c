import { constants, openSync, writeSync } from "node:fs";
import { open } from "node:fs/promises";
import { openStandalone, type StandaloneOptions } from "@nomad/verbs/device";
import { type Asked, framed, type Settled, unframed } from "./message.ts";
import { Server } from "./server.ts";

// A process with one port at a time, whose verbs another process calls. Its arguments: the pipes of requests and of answers.

const [requests = "", answers = ""] = process.argv.slice(2);
// Not by `exit`, which would wait for the read that is under way.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));

const root = { open: (options: StandaloneOptions) => openStandalone(options) };
const send = (settled: Settled) => process.send?.(settled);
const server = new Server(root, send);

// Opened for both, so that it waits for nobody.
const input = await open(requests, constants.O_RDWR);
const output = openSync(answers, constants.O_RDWR);
process.send?.("ready");

for (;;) {
  const head = await read(4);
  const body = await read(head.readUInt32LE());
  const answer = framed(server.serve(unframed(body) as Asked));
  for (let done = 0; done < answer.length; ) done += writeSync(output, answer, done);
}

async function read(length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length; ) done += (await input.read(bytes, done, length - done)).bytesRead;
  return bytes;
}
