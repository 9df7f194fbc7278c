import { deviceMemory } from "@nomad/backend";
import { assert, limits, NomadError, unreachable, type VLid } from "@nomad/base";
import type { Created, VmmAction } from "@nomad/protocol";
import { GuestVm } from "../../vmm/shell/guest-vm.ts";
import { Bell } from "./bells.ts";
import type { ImageStore } from "./image-store.ts";

interface Running {
  readonly vm: GuestVm;
  readonly bell: Bell;
}

export interface VmmEvents {
  readonly onBell: (vlid: VLid) => void;
  readonly onExit: (vlid: VLid, exitCode: number | null, error: NomadError | null) => void;
}

/** The guests' virtual machines of a host, as its coordinator asks for them. */
export class VmmHost {
  readonly #images: ImageStore;
  readonly #events: VmmEvents;
  readonly #guests = new Map<VLid, Running>();

  constructor(images: ImageStore, events: VmmEvents) {
    this.#images = images;
    this.#events = events;
  }

  /** Resolves to what the action answers (see `VmmAction`); rejects with a NomadError. */
  async perform(vlid: VLid, action: VmmAction): Promise<unknown> {
    switch (action.do) {
      case "create":
        return this.#create(vlid, action);
      case "boot":
        return this.#vm(vlid).boot({ arguments: action.arguments });
      case "stop":
        return this.#vm(vlid).stop(action.budgetMs);
      case "resume":
        return this.#vm(vlid).resume();
      case "restore":
        return this.#vm(vlid).prepareRestore(action.state);
      case "run":
        return this.#vm(vlid).run();
      case "throttle":
        return this.#vm(vlid).throttle(action.share);
      case "shutdown":
        return this.#vm(vlid).shutdown();
      case "destroy":
        return this.#destroy(vlid);
      default:
        return unreachable(action);
    }
  }

  memory(vlid: VLid): WebAssembly.Memory {
    return this.#vm(vlid).wasmMemory;
  }

  async #create(vlid: VLid, o: Extract<VmmAction, { do: "create" }>): Promise<Created> {
    assert(!this.#guests.has(vlid), `guest ${vlid} has one virtual machine at a host`);
    const image = await this.#images.get(o.image, o.imageHash);
    const vm = await GuestVm.create({ name: o.name, image });
    assert(vm.memory.byteLength <= limits.guestMemoryBytesMax, "an image's memory was checked");
    const memory = deviceMemory(vm.memory);
    vm.onExit = (exitCode) => this.#events.onExit(vlid, exitCode, null);
    vm.onTrap = (error) => this.#events.onExit(vlid, null, error);
    this.#guests.set(vlid, { vm, bell: new Bell(memory, () => this.#events.onBell(vlid)) });
    return { memory, imageHash: image.manifest.sha256 };
  }

  #vm(vlid: VLid): GuestVm {
    const guest = this.#guests.get(vlid);
    if (!guest) throw new NomadError("E_NO_GUEST", `no virtual machine of guest ${vlid} is here`);
    return guest.vm;
  }

  async #destroy(vlid: VLid): Promise<void> {
    const guest = this.#guests.get(vlid);
    this.#guests.delete(vlid);
    guest?.bell.close();
    await guest?.vm.destroy();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#guests.keys()].map((vlid) => this.#destroy(vlid)));
  }
}
