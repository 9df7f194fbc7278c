import { createHash } from "node:crypto";
import { ASYNCIFY_STACK_END, VMM_PAGE_BYTES } from "@nomad/abi";
import type { Image } from "@nomad/guest";
import type { GuestState } from "../guest-state.ts";
import { GuestVm } from "../shell/guest-vm.ts";
import { FakeBackEnd } from "./fake-back-end.ts";

/** A guest with a back-end that answers it, and promises of its end. */
export interface TestGuest extends AsyncDisposable {
  readonly vm: GuestVm;
  readonly backEnd: FakeBackEnd;
  /** The exit code; rejects when the guest traps. */
  readonly exited: Promise<number>;
}

export async function createGuest(image: Image, lastSequence = 0): Promise<TestGuest> {
  const vm = await GuestVm.create({ name: "alice", image });
  const backEnd = new FakeBackEnd(vm.memory, lastSequence);
  const { promise: exited, resolve, reject } = Promise.withResolvers<number>();
  exited.catch(() => {});
  vm.onExit = resolve;
  vm.onTrap = reject;
  const dispose = async () => {
    backEnd.close();
    await vm.destroy();
  };
  return { vm, backEnd, exited, [Symbol.asyncDispose]: dispose };
}

/** Copies what a move copies: all memory but the VMM's page. */
export function copyMemory(from: SharedArrayBuffer | Uint8Array, to: SharedArrayBuffer): void {
  const source = from instanceof Uint8Array ? from : new Uint8Array(from);
  new Uint8Array(to).set(source.subarray(VMM_PAGE_BYTES), VMM_PAGE_BYTES);
}

/** A guest in a fresh place that goes on from another's memory and state. */
export async function restoreGuest(
  image: Image,
  memory: SharedArrayBuffer | Uint8Array,
  state: GuestState,
  lastSequence = 0,
): Promise<TestGuest> {
  const guest = await createGuest(image, lastSequence);
  copyMemory(memory, guest.vm.memory);
  await guest.vm.prepareRestore(state);
  return guest;
}

/** Hash of a guest's own memory: without the VMM's page, and what Asyncify leaves behind. */
export function memoryHash(memory: SharedArrayBuffer): string {
  return createHash("sha256").update(new Uint8Array(memory).subarray(ASYNCIFY_STACK_END)).digest("hex");
}
