import { NomadError } from "@nomad/base";
import { type Introduction, schemeOf, type TlsIdentity } from "@nomad/wire";
import { BulkThread } from "../../bulk/shell/bulk-thread.ts";
import type { FaultyHost } from "../../faults/host-faults.ts";
import type { Host, HostIo, Settle } from "../host.ts";
import { BulkHost } from "./bulk-host.ts";
import { ImageStore } from "./image-store.ts";
import { VmmHost } from "./vmm-host.ts";

/** What carries out what a host's coordinator asks of virtual machines. */
export interface Machines extends Pick<HostIo, "vmm" | "bulk"> {
  /** See `FaultyHost.bulk`. */
  readonly faults: FaultyHost["bulk"];
  close(): Promise<void>;
}

export interface MachinesOptions {
  /** Address to listen on, and the one under which others reach it. */
  readonly host: string;
  readonly address: string;
  readonly secret: Uint8Array;
  readonly tls: TlsIdentity | undefined;
  readonly hello: Introduction;
  /** Asked when a guest rings or ends, which it cannot before there is a host. */
  readonly joined: () => Host;
}

/** Guests in worker threads, from the images in a directory; their pages move over a thread of their own. */
export async function guestMachines(images: string, o: MachinesOptions): Promise<Machines> {
  const { host, secret, tls, hello } = o;
  const thread = await BulkThread.start({ host, secret, tls, hello });
  const vmm = new VmmHost(new ImageStore(images), {
    onBell: (vlid) => o.joined().bell(vlid),
    onExit: (vlid, exitCode, error) => o.joined().handle({ kind: "guest-exit", vlid, exitCode, error }),
  });
  const bulk = new BulkHost(
    thread,
    `${schemeOf(tls)}://${o.address}:${thread.port}`,
    (vlid) => vmm.memory(vlid),
    (move, copied) => o.joined().handle({ kind: "copying", move, copied }),
  );
  return {
    vmm: (vlid, action, done) => settle(vmm.perform(vlid, action), done),
    bulk: (move, action, done) => settle(bulk.perform(move, action), done),
    faults: (standing) => thread.faults(standing),
    close: async () => {
      await vmm.close();
      await thread.close();
    },
  };
}

/** A program's port: guests are refused with E_STATE, and moves to it abort. */
export function noMachines(name: string): Machines {
  const refusal = async () => {
    throw new NomadError("E_STATE", `${name} is a program's port, which runs no guests`);
  };
  return {
    vmm: (_vlid, _action, done) => settle(refusal(), done),
    bulk: (_move, _action, done) => settle(refusal(), done),
    faults: async () => [],
    close: async () => {},
  };
}

function settle(work: Promise<unknown>, done: Settle): void {
  work.then(
    (value) => done({ value }),
    (cause: unknown) => done({ error: cause instanceof NomadError ? cause : internal(cause) }),
  );
}

function internal(cause: unknown): NomadError {
  return new NomadError("E_INTERNAL", String(cause), { cause });
}
