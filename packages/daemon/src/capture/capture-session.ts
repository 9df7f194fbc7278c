import { defaults, NomadError } from "@nomad/base";
import { interfaceDescription, interfaceStatistics, sectionHeader } from "@nomad/iba";
import type { Answer, CaptureFilter, Central, Message, Notice, Request, Unnumbered } from "@nomad/protocol";
import type { CaptureRequest, LabEvent } from "@nomad/protocol/http";

/** Bytes of one host's packets that may be between it and the reader. */
const creditBytes = 2 * 1024 * 1024;
const endMs = 1000;

/** What a capture needs of central. */
export interface CaptureLab {
  readonly directory: Central["directory"];
  readonly version: string;
  /** Where a guest is going to, and coming from, in moves under way. */
  readonly placesOf: (guest: string) => readonly string[];
  readonly ask: (
    to: string,
    message: Unnumbered<Request>,
    o: {
      readonly timeoutMs: number;
      readonly onAnswer: (answer: Answer) => void;
      readonly onFail: (error: NomadError) => void;
    },
  ) => { cancel(): void };
  readonly tell: (to: string, notice: Notice) => void;
  /** Since 1970. */
  readonly timeNs: () => bigint;
}

export interface CaptureEvents {
  /** Every host concerned captures. */
  readonly onStarted: () => void;
  /** More of the file; `from`: the host to tell of it once it is read (`CaptureSession.read`). */
  readonly onBlocks: (blocks: Uint8Array, from: string | null) => void;
  /** The file is complete. */
  readonly onEnd: (error: NomadError | null) => void;
}

interface Interface {
  readonly number: number;
  received: number;
  accepted: number;
  dropped: number;
}

/**
 * One capture as central sees it: tells the hosts concerned to capture, more or fewer of them as the lab changes, and
 * makes one file of what they send. No IO; give it every event of the lab.
 */
export class CaptureSession {
  readonly id: string;
  readonly #request: CaptureRequest;
  readonly #filter: CaptureFilter;
  readonly #lab: CaptureLab;
  readonly #events: CaptureEvents;
  readonly #interfaces = new Map<string, Interface>();
  /** Hosts that capture, or have been asked to. */
  readonly #asked = new Set<string>();
  readonly #unanswered = new Map<string, { cancel(): void }>();
  #state: "starting" | "running" | "ending" | "ended" = "starting";

  /** Throws E_NO_HOST, E_NO_GUEST, E_STATE or E_USAGE when there is nothing to capture. */
  constructor(id: string, request: CaptureRequest, lab: CaptureLab, events: CaptureEvents) {
    this.id = id;
    this.#request = request;
    this.#lab = lab;
    this.#events = events;
    this.#filter = filterOf(request, lab);
  }

  begin(): void {
    const { host, guest, qp, peer } = this.#request;
    const words = Object.entries({ host, guest, qp, peer }).flatMap(([key, value]) =>
      value === undefined ? [] : [`${key} ${value}`],
    );
    const comment = words.length === 0 ? "all hosts" : words.join(", ");
    this.#events.onBlocks(sectionHeader({ application: `nomad-rdma ${this.#lab.version}`, comment }), null);
    const places = host === undefined ? this.#lab.directory.hosts.keys() : [host];
    for (const name of places) this.#interfaceOf(name);
    this.#reconcile();
    this.#answered();
  }

  /** Something in the lab has changed. */
  onEvent(event: LabEvent): void {
    if (this.#state !== "starting" && this.#state !== "running") return;
    if (event.type === "host") this.#hostChanged(event.host);
    else if (event.type === "guest" && event.guest.name === this.#request.guest && hasEnded.has(event.guest.state))
      this.end();
    else if (event.type === "guest" || event.type === "move") this.#reconcile();
  }

  #hostChanged({ name, state }: { readonly name: string; readonly state: string }): void {
    // It may have forgotten the capture: a repeated request does no harm.
    if (state === "up" && this.#asked.has(name) && !this.#unanswered.has(name)) this.#ask(name);
    if (state === "lost") {
      this.#asked.delete(name);
      if (name === this.#request.host) return this.end(new NomadError("E_HOST_LOST", `host ${name} is lost`));
    }
    this.#reconcile();
  }

  /** Where a guest was before, hosts know that have seen its packets. */
  get #recent(): boolean {
    return this.#request.recent === "true";
  }

  /** Hosts that may see packets of the capture now: a moving guest's both places. */
  #concerned(): string[] {
    const { host, guest } = this.#request;
    const { directory } = this.#lab;
    const all = host
      ? [host]
      : guest && !this.#recent
        ? [directory.guest(guest).host, ...this.#lab.placesOf(guest)]
        : directory.hosts.keys();
    return [...new Set(all)].filter((name) => directory.hosts.get(name)?.state === "up");
  }

  #reconcile(): void {
    const concerned = this.#concerned();
    for (const name of concerned) if (!this.#asked.has(name)) this.#ask(name);
    for (const name of [...this.#asked]) {
      if (concerned.includes(name) || this.#lab.directory.hosts.get(name)?.state !== "up") continue;
      this.#asked.delete(name);
      this.#askEnd(name, () => {});
    }
  }

  #ask(name: string): void {
    this.#asked.add(name);
    const answered = () => {
      this.#unanswered.delete(name);
      this.#answered();
    };
    const message = {
      kind: "CAPTURE" as const,
      capture: this.id,
      interface: this.#interfaceOf(name).number,
      filter: this.#filter,
      credit: creditBytes,
      recent: this.#recent,
    };
    const onFail = (error: NomadError) => {
      answered();
      // A host that is gone has nothing to show; its return is an event.
      if (this.#lab.directory.hosts.get(name)?.state === "up") this.end(error);
    };
    const o = { timeoutMs: defaults.controlRequestMs, onAnswer: answered, onFail };
    this.#unanswered.set(name, this.#lab.ask(name, message, o));
  }

  #answered(): void {
    if (this.#state !== "starting" || this.#unanswered.size > 0) return;
    this.#state = "running";
    this.#events.onStarted();
  }

  #interfaceOf(host: string): Interface {
    const known = this.#interfaces.get(host);
    if (known) return known;
    const made = { number: this.#interfaces.size, received: 0, accepted: 0, dropped: 0 };
    this.#interfaces.set(host, made);
    const lid = this.#lab.directory.hosts.get(host)?.lid;
    this.#events.onBlocks(interfaceDescription({ name: host, description: `LID ${lid}` }), null);
    return made;
  }

  /** Packets of a host have come. */
  take(from: string, m: Extract<Message, { kind: "CAPTURED" }>): void {
    const counted = this.#interfaces.get(from);
    if (!counted || this.#state === "ended") return;
    counted.received += m.seen;
    counted.accepted += m.accepted;
    counted.dropped += m.dropped;
    if (m.blocks.length > 0) this.#events.onBlocks(m.blocks, from);
  }

  /** The reader has taken so many bytes of a host's. */
  read(from: string, bytes: number): void {
    if (this.#asked.has(from)) this.#lab.tell(from, { kind: "CAPTURE_CREDIT", capture: this.id, bytes });
  }

  /** Ends it at every host; what they still have comes first. */
  end(error: NomadError | null = null): void {
    if (this.#state === "ending" || this.#state === "ended") return;
    this.#state = "ending";
    const open = new Set(this.#asked);
    const ended = (name: string) => {
      if (open.delete(name) && open.size === 0) this.#finish(error);
    };
    if (open.size === 0) return this.#finish(error);
    for (const name of [...open]) this.#askEnd(name, () => ended(name));
  }

  #askEnd(name: string, ended: () => void): void {
    // A request to capture that is repeated after the end would begin it anew.
    this.#unanswered.get(name)?.cancel();
    this.#unanswered.delete(name);
    const message = { kind: "CAPTURE_END" as const, capture: this.id };
    this.#lab.ask(name, message, { timeoutMs: endMs, onAnswer: ended, onFail: ended });
  }

  #finish(error: NomadError | null): void {
    this.#state = "ended";
    const timeNs = this.#lab.timeNs();
    for (const { number, ...counts } of this.#interfaces.values()) {
      this.#events.onBlocks(interfaceStatistics({ interface: number, timeNs, ...counts }), null);
    }
    this.#events.onEnd(error);
  }
}

const hasEnded: ReadonlySet<string> = new Set(["exited", "failed", "lost"]);

function filterOf({ host, guest, qp, peer }: CaptureRequest, { directory }: CaptureLab): CaptureFilter {
  if (host !== undefined && guest !== undefined) throw new NomadError("E_USAGE", "capture a host or a guest, not both");
  const { state } = host === undefined ? { state: "up" } : directory.host(host);
  if (state !== "up") throw new NomadError("E_STATE", `host ${host} is ${state}`);
  const owner = guest === undefined ? null : directory.guest(guest);
  if (owner && hasEnded.has(owner.state)) throw new NomadError("E_STATE", `guest ${guest} is ${owner.state}`);
  const number = qp ?? null;
  return {
    vlid: owner?.vlid ?? null,
    vqpn: (owner ? number : null) as CaptureFilter["vqpn"],
    qpn: (owner ? null : number) as CaptureFilter["qpn"],
    peer: peer === undefined ? null : directory.host(peer).lid,
  };
}
