import { type ChildProcess, execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Answered, type Asked, framed, type Settled, unframed } from "./message.ts";

const program = fileURLToPath(new URL("./child.ts", import.meta.url));

/**
 * A child process that is asked without anything else going on meanwhile: by two named pipes. What settles later it tells
 * by the channel of Node's own.
 */
export class Pipes {
  readonly #child: ChildProcess;
  readonly #requests: number;
  readonly #answers: number;

  static async open(onSettled: (settled: Settled) => void): Promise<Pipes> {
    const folder = mkdtempSync(join(tmpdir(), "conformance-port-"));
    try {
      const [requests, answers] = [join(folder, "requests"), join(folder, "answers")] as const;
      execFileSync("mkfifo", [requests, answers]);
      const child = fork(program, [requests, answers], { serialization: "advanced", execArgv: [] });
      const [ready] = await once(child, "message");
      if (ready !== "ready") throw new Error(`the process of a port begins with ${ready}`);
      child.on("message", (settled) => onSettled(settled as unknown as Settled));
      child.unref();
      child.channel?.unref();
      return new Pipes(child, openSync(requests, "w"), openSync(answers, "r"));
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  private constructor(child: ChildProcess, requests: number, answers: number) {
    this.#child = child;
    this.#requests = requests;
    this.#answers = answers;
  }

  ask(asked: Asked): Answered {
    const request = framed(asked);
    for (let done = 0; done < request.length; ) done += writeSync(this.#requests, request, done);
    return unframed(this.#read(this.#read(4).readUInt32LE())) as Answered;
  }

  #read(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (let done = 0; done < length; ) {
      const read = readSync(this.#answers, bytes, done, length - done, null);
      if (read === 0) throw new Error(`the process ${this.#child.pid} of a port has died`);
      done += read;
    }
    return bytes;
  }

  /** This process goes on while something is awaited, and ends when nothing is. */
  await(something: boolean): void {
    if (something) this.#child.channel?.ref();
    else this.#child.channel?.unref();
  }
}
