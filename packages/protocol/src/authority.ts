import type { Notice, Request } from "./message.ts";

/** Who speaks: central, or a host. */
export type Role = "central" | "host";

/** Central's name on every connection; no host may have it. */
export const centralName = "central";

export const roleOf = (name: string): Role => (name === centralName ? "central" : "host");

const fromHosts = { central: ["host"], host: [] } as const;
const fromCentral = { central: [], host: ["central"] } as const;
const amongHosts = { central: [], host: ["host"] } as const;

/**
 * Who may say what to whom: by kind of message, for each receiver the roles of those it takes it from. Knowing the lab's
 * secret lets somebody in; it does not make a host central. What more a message needs (a move's token, to be the source)
 * is checked where it is carried out.
 */
export const authority: Readonly<Record<(Request | Notice)["kind"], Readonly<Record<Role, readonly Role[]>>>> = {
  HELLO: fromHosts,
  GUEST_ENDED: fromHosts,
  REPORT: fromHosts,
  PUBLISH: fromHosts,
  LOOKUP: fromHosts,
  LOCATE: fromHosts,
  PEERS_RESUMED: fromHosts,
  HEARTBEAT: fromHosts,
  PROGRESS: fromHosts,
  COPYING: fromHosts,
  QUERY_PATH: fromHosts,
  CAPTURED: fromHosts,
  LOG: fromHosts,
  BOOT: fromCentral,
  END: fromCentral,
  PRECOPY: fromCentral,
  SUSPEND: fromCentral,
  STOP: fromCentral,
  RELEASE: fromCentral,
  PREPARE: fromCentral,
  BIND: fromCentral,
  RUN: fromCentral,
  ABORT: fromCentral,
  SUSPEND_PEER: fromCentral,
  FENCE: fromCentral,
  CAPTURE: fromCentral,
  TRAFFIC: fromCentral,
  CAPTURE_END: fromCentral,
  CAPTURE_CREDIT: fromCentral,
  FAULTS: fromCentral,
  HOSTS: fromCentral,
  INQUIRE: { central: ["host"], host: ["host"] },
  RESUME_PEER: { central: [], host: ["central", "host"] },
  CONNECT: amongHosts,
  RESOLVE: amongHosts,
  WHO_IS: amongHosts,
  FORETELL: amongHosts,
  PRESETUP: amongHosts,
  PRESETUP_QPS: amongHosts,
  STATE: amongHosts,
};

/** May this sender say this to this receiver? */
export function mayTell(kind: (Request | Notice)["kind"], from: Role, to: Role): boolean {
  return authority[kind][to].includes(from);
}
