import { randomInt, randomUUID } from "node:crypto";
import { NomadError, Random } from "@nomad/base";
import { joinLab, noMachines, realClock } from "@nomad/daemon/shell";
import type { HcaEvents } from "@nomad/hca";
import type { TlsIdentity } from "@nomad/wire";
import { type Logger, pino } from "pino";
import { labPort } from "../lab-port.ts";
import type { ListenAddress } from "./cables.ts";
import { Device } from "./device.ts";

export interface LabDeviceOptions {
  /** Central's URL. */
  readonly lab: string;
  /** The lab's. */
  readonly secret: Uint8Array;
  /** As the lab's hosts have, in a lab with TLS. */
  readonly tls?: TlsIdentity;
  /** Unique in the lab; chosen when absent. `status` shows the port under it. */
  readonly name?: string;
  /** Where the lab's hosts reach this port. Default 127.0.0.1, any free port. */
  readonly listen?: ListenAddress;
  /** As the lab's. Default true. */
  readonly icrc?: boolean;
  /** As a program with nothing between it and the adapter: a guest connected to it cannot move, unless forced. Default false. */
  readonly raw?: boolean;
  readonly heapBytes?: number;
  /** Of the adapter's random numbers; chosen when absent. */
  readonly seed?: number;
  readonly log?: Logger;
}

type ToProgram = Pick<HcaEvents, "completionEvent" | "asyncEvent">;

const nobody: ToProgram = { completionEvent: () => {}, asyncEvent: () => {} };

/**
 * One more port of a running lab: central gives it a LID, and links lead to and from every host. It is a host that refuses
 * guests. Rejects with E_AUTH, E_CONFIG or E_VERSION; a central that is not there is waited for.
 */
export async function openLabDevice(options: LabDeviceOptions): Promise<Device> {
  const { lab, secret, listen = { host: "127.0.0.1", port: 0 }, icrc = true, raw = false, heapBytes } = options;
  const name = options.name ?? `verbs-${randomUUID().slice(0, 8)}`;
  const log = options.log ?? pino({ level: "silent" });
  const seed = options.seed ?? randomInt(2 ** 32);
  let program = nobody;
  const joined = await joinLab({
    name,
    central: lab,
    ...listen,
    secret,
    tls: options.tls,
    seed,
    icrc,
    log,
    startMachines: async () => noMachines(name),
    program: {
      completionEvent: (cqn) => program.completionEvent(cqn),
      asyncEvent: (event) => program.asyncEvent(event),
    },
  });
  return Device.open({
    name,
    random: new Random(seed ^ 1),
    ...(heapBytes !== undefined && { heapBytes }),
    makePort: (events) => {
      program = events;
      return labPort(joined.host, realClock, raw);
    },
    sockets: () => ({
      url: joined.url,
      open: async () => {},
      dial: async () => {
        throw new NomadError("E_STATE", `${name} is in a lab, whose ports are all linked`);
      },
      close: () => joined.close(),
    }),
  });
}
