// A thread that writes to memory all the time, as a guest does, until its stop word is set.
import { parentPort, workerData } from "node:worker_threads";
import { Random } from "@nomad/base";

const { memory, stop } = workerData as { memory: WebAssembly.Memory; stop: SharedArrayBuffer };
const words = new Int32Array(memory.buffer);
const stopWord = new Int32Array(stop);
const random = new Random(5);

// The first 64 KiB are the VMM's: they change too, and are nobody else's business.
let written = 0;
while (Atomics.load(stopWord, 0) === 0) {
  words[random.between(0, words.length - 1)] = random.uint32();
  if (++written === 1000) parentPort?.postMessage("writing");
}
