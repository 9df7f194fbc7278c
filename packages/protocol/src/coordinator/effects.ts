import type { NomadError, VLid } from "@nomad/base";
import type { DeviceMemory } from "@nomad/hca";
import type { Injection } from "../http/index.ts";
import type { Message } from "../message.ts";
import type { PortSettings, VmState } from "../schema.ts";

/** What a coordinator asks of the host it runs in. */
export type HostEffect =
  | { readonly kind: "send"; readonly to: string; readonly message: Message }
  | { readonly kind: "hosts"; readonly changed: true }
  | { readonly kind: "vmm"; readonly ticket: number; readonly vlid: VLid; readonly action: VmmAction }
  | { readonly kind: "bulk"; readonly ticket: number; readonly move: string; readonly action: BulkAction }
  /** Be called back when the effects before it are carried out, and whatever else waits has had its turn. */
  | { readonly kind: "later"; readonly ticket: number };

/** Each is answered by a `done` event with its ticket; the value's type stands behind it. */
export type VmmAction =
  /** A worker and memory for an image, not running. `Created` */
  | { readonly do: "create"; readonly name: string; readonly image: string; readonly imageHash: string | null }
  /** Start the program. */
  | { readonly do: "boot"; readonly arguments: Readonly<Record<string, string>> }
  /** Unwind. `VmState` */
  | { readonly do: "stop"; readonly budgetMs: number }
  /** Go on after `stop`, in the same place. */
  | { readonly do: "resume" }
  /** Take the state of a guest whose memory is here; everything but running. */
  | { readonly do: "restore"; readonly state: VmState }
  | { readonly do: "run" }
  /** Keep it from running this share of the time, 0 to below 1. */
  | { readonly do: "throttle"; readonly share: number }
  | { readonly do: "shutdown" }
  | { readonly do: "destroy" };

export interface Created {
  readonly memory: DeviceMemory;
  readonly imageHash: string;
}

export type BulkAction =
  /** Destination: pages of this move may come. The URL to send them to (string). */
  | { readonly do: "expect"; readonly vlid: VLid }
  | { readonly do: "open"; readonly vlid: VLid; readonly url: string }
  /** Source: send what is dirty. `Round` */
  | {
      readonly do: "round";
      readonly round: number;
      readonly final: boolean;
      readonly inject: Injection | null;
      readonly bytesPerSecondMax: number | null;
    }
  /** Destination: digest of its memory (string). */
  | { readonly do: "digest" }
  | { readonly do: "forget" };

export interface Round {
  readonly pages: number;
  readonly bytes: number;
  /** Of this side's memory, in a final round. */
  readonly digest: string | null;
}

/** How far a round is. */
export interface Copied {
  /** Of the guest's memory, looked through and in it. */
  readonly scannedPages: number;
  readonly totalPages: number;
  readonly bytes: number;
  /** Since the round began. */
  readonly ms: number;
}

/** What happens to a coordinator. */
export type HostEvent =
  /** `incarnation` tells one run of the sender from the next. */
  | { readonly kind: "message"; readonly from: string; readonly incarnation: string; readonly message: Message }
  | { readonly kind: "channel-up"; readonly to: string }
  /** The subnet manager, central of this generation, has said what the port is to be. */
  | { readonly kind: "port-set"; readonly settings: PortSettings; readonly generation: number }
  /** Central has declared this host lost. */
  | { readonly kind: "fenced" }
  | { readonly kind: "done"; readonly ticket: number; readonly value: unknown }
  | { readonly kind: "failed"; readonly ticket: number; readonly error: NomadError }
  /** Told now and then while a round is under way. */
  | { readonly kind: "copying"; readonly move: string; readonly copied: Copied }
  | {
      readonly kind: "guest-exit";
      readonly vlid: VLid;
      readonly exitCode: number | null;
      readonly error: NomadError | null;
    };
