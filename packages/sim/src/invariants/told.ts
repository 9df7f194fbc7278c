import { isDeepStrictEqual } from "node:util";
import type { VQpn } from "@nomad/base";
import type { Message } from "@nomad/protocol";
import type { HostProcess } from "../host-process.ts";
import type { Observer } from "../observer.ts";
import { must } from "../violation.ts";

type State = Extract<Message, { kind: "STATE" }>;
type QpTold = State["device"]["qps"][number];

/** Invariant 5: a queue pair of which a stopped guest's source says nothing is what the destination was told while it ran. */
export class Told implements Observer {
  readonly #hosts: () => readonly HostProcess[];
  /** By move, until it is known what has changed. */
  readonly #told = new Map<string, Map<number, QpTold>>();

  constructor(hosts: () => readonly HostProcess[]) {
    this.#hosts = hosts;
  }

  control(from: string, _to: string, message: Message): void {
    if (message.kind === "PRESETUP") this.#learn(message.move, message.device.qps);
    if (message.kind === "PRESETUP_QPS") this.#learn(message.move, message.qps);
    if (message.kind !== "STATE") return;
    // Later it is the same message again, whatever has become of the guest.
    const told = this.#told.get(message.move);
    this.#told.delete(message.move);
    if (told && message.gone) this.#check(from, message, told);
  }

  #learn(move: string, qps: readonly QpTold[]): void {
    const told = this.#told.get(move) ?? new Map<number, QpTold>();
    for (const qp of qps) told.set(qp.vqpn, qp);
    this.#told.set(move, told);
  }

  #check(from: string, { vlid, device, gone }: State, told: ReadonlyMap<number, QpTold>): void {
    const backend = this.#hosts().find(({ name }) => name === from)?.core.coordinator.backend;
    const qps = backend?.devices.get(vlid)?.qps;
    const toldAnew = new Set([...device.qps.map(({ vqpn }) => vqpn), ...(gone ?? [])]);
    for (const [vqpn, { snapshot, remote, remoteEpoch, groups }] of told) {
      if (!backend || !qps || toldAnew.has(vqpn as VQpn)) continue;
      const now = qps.get(vqpn as VQpn);
      const then = [snapshot, remote, remoteEpoch, groups];
      const isSame =
        now && isDeepStrictEqual([backend.hca.snapshot(now.qpn), now.remote, now.remoteEpoch, now.groups], then);
      must(5, isSame === true, () => `queue pair ${vqpn} of guest ${vlid} is not what ${from} has told of it`);
    }
  }
}
