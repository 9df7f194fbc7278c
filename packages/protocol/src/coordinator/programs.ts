import { type Device, enrolQp, type ProgramQp, type Qp, type RemoteName, withdrawQp } from "@nomad/backend";
import { assert, NomadError, type Qpn, type VLid } from "@nomad/base";
import type { DeviceMemory, QpAttributes } from "@nomad/hca";
import type { AnswerOf } from "../message.ts";
import type { HostContext } from "./context.ts";
import type { Names } from "./names.ts";

export interface ProgramOptions {
  /** Where its queues and buffers are. */
  readonly memory: DeviceMemory;
  /** Nothing stands between it and the adapter, so that nobody may hold its queue pairs: guests connected to it are pinned. */
  readonly raw: boolean;
}

type Done<T> = (result: T | NomadError) => void;

/**
 * The program that uses this host's adapter beside guests, or in place of them. To guests it is one more guest, which does
 * not move: its vLID is the LID of the port, its keys are the adapter's, and a queue pair has the number that it was made with.
 */
export class Programs {
  readonly #host: HostContext;
  readonly #names: Names;
  #device: Device | null = null;

  constructor(host: HostContext, names: Names) {
    this.#host = host;
    this.#names = names;
  }

  open({ memory, raw }: ProgramOptions): void {
    const { backend, lid } = this.#host;
    this.#device = backend.createProgram(lid as number as VLid, memory, raw ? "raw" : "program");
  }

  get #own(): Device {
    assert(this.#device, "a program has opened this port");
    return this.#device;
  }

  /** Guests may connect to the queue pair. Answers where its number stands, which changes when they move. */
  enrol(qpn: Qpn, record: ProgramQp): Qp {
    return enrolQp(this.#host.backend, this.#own, qpn, record);
  }

  withdraw(qp: Qp): void {
    withdrawQp(this.#host.backend, this.#own, qp);
  }

  /**
   * Takes a queue pair to RTR, towards a guest's, with `attributes` for the rest. From then on it takes part in the guest's moves.
   * E_UNREACHABLE, E_STATE when there is no such queue pair, E_TIMEOUT; what the adapter refuses is E_VERB or E_STATE.
   */
  connect(qp: Qp, remote: RemoteName, attributes: QpAttributes, done: Done<void>): void {
    const { timings, backend } = this.#host;
    const question = { ...remote, from: this.#own.vlid };
    this.#names.askAddress(question, timings.controlRequestMs, (found) => {
      if (found instanceof NomadError) return done(found);
      const { dlid, qpn: destQpn, epoch: remoteEpoch } = found;
      try {
        backend.hca.modifyQp(qp.qpn, { ...attributes, dlid, destQpn, remoteEpoch }, this.#host.now);
      } catch (error) {
        if (error instanceof NomadError) return done(error);
        throw error;
      }
      qp.remote = remote;
      qp.remoteEpoch = remoteEpoch;
      done();
    });
  }

  publish(key: string, value: string, done: Done<void>): void {
    const o = { timeoutMs: this.#host.timings.controlRequestMs, onAnswer: () => done(), onFail: done };
    this.#host.ask("central", { kind: "PUBLISH", key, value }, o);
  }

  /** What has been published under the key, or null. */
  lookup(key: string, done: Done<string | null>): void {
    const onAnswer = ({ value }: AnswerOf<"FOUND">) => done(value);
    const o = { timeoutMs: this.#host.timings.controlRequestMs, onAnswer, onFail: done };
    this.#host.ask<AnswerOf<"FOUND">>("central", { kind: "LOOKUP", key }, o);
  }
}
