import { NomadError, type VLid } from "@nomad/base";
import { PcapngReader, packetBlock } from "@nomad/iba";
import { type Answer, Central, type Message } from "@nomad/protocol";
import type { CaptureRequest, LabEvent } from "@nomad/protocol/http";
import { expect, test } from "vitest";
import { CaptureSession } from "./capture-session.ts";

interface Asked {
  readonly to: string;
  readonly kind: string;
  readonly answer: () => void;
  readonly fail: (error: NomadError) => void;
  cancelled: boolean;
}

/** A lab of three hosts where alice runs on host-a; hosts answer when the test says so. */
class FakeLab {
  readonly core = new Central({ generation: 1, version: "1" });
  readonly asked: Asked[] = [];
  readonly told: [string, Message][] = [];
  readonly blocks: { blocks: Uint8Array; from: string | null }[] = [];
  places: string[] = [];
  started = false;
  ended: NomadError | null | undefined;

  constructor() {
    for (const name of ["host-a", "host-b", "host-c"]) this.hello(name);
    this.core.directory.add({
      ...{ name: "alice", vlid: 0x1000 as VLid, image: "pair", arguments: {}, host: "host-a", epoch: 1 },
      ...{ state: "running", imageHash: "", memoryBytes: 0, exitCode: null, error: null, report: null, log: [] },
    });
  }

  hello(name: string): void {
    const message = { kind: "HELLO" as const, id: 0, name, incarnation: "1", url: "", pid: 1 };
    this.core.handle({ kind: "message", from: name, incarnation: "1", message }, 0);
  }

  session(request: CaptureRequest): CaptureSession {
    const lab = {
      directory: this.core.directory,
      version: "1",
      placesOf: () => this.places,
      ask: (
        to: string,
        { kind }: { kind: string },
        o: { onAnswer: (a: Answer) => void; onFail: (e: NomadError) => void },
      ) => {
        const asked: Asked = {
          to,
          kind,
          answer: () => o.onAnswer({ kind: "CAPTURING", re: 0 }),
          fail: o.onFail,
          cancelled: false,
        };
        this.asked.push(asked);
        return {
          cancel: () => {
            asked.cancelled = true;
          },
        };
      },
      tell: (to: string, notice: Message) => this.told.push([to, notice]),
      timeNs: () => 9n,
    };
    const session = new CaptureSession("c", request, lab, {
      onStarted: () => {
        this.started = true;
      },
      onBlocks: (blocks, from) => this.blocks.push({ blocks, from }),
      onEnd: (error) => {
        this.ended = error;
      },
    });
    session.begin();
    return session;
  }

  /** What has been asked since the last call. */
  takeAsked(): string[] {
    const now = this.asked.slice(this.#seen);
    this.#seen = this.asked.length;
    return now.map(({ kind, to }) => `${kind} ${to}`);
  }
  #seen = 0;

  answerAll(): void {
    for (const asked of this.asked) asked.answer();
  }

  setHost(name: string, state: "up" | "down" | "lost"): LabEvent {
    const host = this.core.directory.host(name);
    host.state = state;
    const refused = { connections: 0, messages: 0, frames: 0, packets: 0 };
    const port = { state: "ACTIVE" as const, gids: [], pkeys: [] };
    return {
      type: "host",
      host: { name, state, lid: host.lid, port, protocol: 2, url: "", pid: 1, guests: 0, refused },
    };
  }

  guestEvent(change: Partial<{ host: string; state: "running" | "exited" }>): LabEvent {
    const guest = Object.assign(this.core.directory.guest("alice"), change);
    const { name, host, epoch, state, vlid, image, memoryBytes, exitCode, error } = guest;
    return { type: "guest", guest: { name, host, epoch, state, vlid, image, memoryBytes, exitCode, error } };
  }

  read() {
    const reader = new PcapngReader();
    const frames = this.blocks.flatMap(({ blocks }) => reader.push(blocks));
    reader.end();
    return { frames, dropped: reader.dropped };
  }
}

const captured = (over: Partial<Extract<Message, { kind: "CAPTURED" }>> = {}) => ({
  ...{ kind: "CAPTURED" as const, capture: "c", blocks: new Uint8Array(), seen: 0, accepted: 0, dropped: 0 },
  ...over,
});

test("a capture has started when every host has answered", () => {
  const lab = new FakeLab();
  lab.session({});
  expect(lab.takeAsked()).toEqual(["CAPTURE host-a", "CAPTURE host-b", "CAPTURE host-c"]);
  lab.asked[0]?.answer();
  lab.asked[1]?.answer();
  expect(lab.started).toBe(false);
  lab.asked[2]?.answer();
  expect(lab.started).toBe(true);
});

test("a guest's capture is where the guest is, and at both places while it moves", () => {
  const lab = new FakeLab();
  const session = lab.session({ guest: "alice" });
  lab.answerAll();
  expect(lab.takeAsked()).toEqual(["CAPTURE host-a"]);
  lab.places = ["host-a", "host-c"];
  session.onEvent(lab.guestEvent({}));
  expect(lab.takeAsked()).toEqual(["CAPTURE host-c"]);
  session.onEvent(lab.guestEvent({ host: "host-c" }));
  expect(lab.takeAsked()).toEqual([]);
  lab.places = [];
  session.onEvent(lab.guestEvent({}));
  expect(lab.takeAsked()).toEqual(["CAPTURE_END host-a"]);
});

test("the file has an interface for each host, its packets, and at its end what was dropped", () => {
  const lab = new FakeLab();
  const session = lab.session({});
  lab.answerAll();
  const head = { interface: 1, timeNs: 5n, direction: "in" as const, comment: new Uint8Array() };
  session.take("host-b", captured({ blocks: packetBlock(head, new Uint8Array(60)), seen: 3, accepted: 2, dropped: 1 }));
  session.take("host-c", captured({ dropped: 4 }));
  session.end();
  expect(lab.ended).toBe(undefined);
  session.take("host-b", captured({ dropped: 2 }));
  lab.answerAll();
  expect(lab.ended).toBe(null);
  expect(lab.read()).toMatchObject({ frames: [{ interface: "host-b", timeNs: 5n }], dropped: 7 });
});

test("a host hears of what was read of its packets, as long as it captures", () => {
  const lab = new FakeLab();
  const session = lab.session({ host: "host-b" });
  session.read("host-b", 100);
  session.read("host-a", 100);
  expect(lab.told).toEqual([["host-b", { kind: "CAPTURE_CREDIT", capture: "c", bytes: 100 }]]);
});

test("a host that comes back is asked again, a new one is asked too", () => {
  const lab = new FakeLab();
  const session = lab.session({});
  lab.answerAll();
  lab.takeAsked();
  session.onEvent(lab.setHost("host-b", "down"));
  expect(lab.takeAsked()).toEqual([]);
  session.onEvent(lab.setHost("host-b", "up"));
  expect(lab.takeAsked()).toEqual(["CAPTURE host-b"]);
  lab.hello("host-d");
  session.onEvent(lab.setHost("host-d", "up"));
  expect(lab.takeAsked()).toEqual(["CAPTURE host-d"]);
  expect(lab.read().frames).toEqual([]);
});

test("a request under way is withdrawn before the end is asked for, or its repeat would begin the capture anew", () => {
  const lab = new FakeLab();
  lab.session({ host: "host-a" }).end();
  expect(lab.asked).toMatchObject([
    { kind: "CAPTURE", cancelled: true },
    { kind: "CAPTURE_END", cancelled: false },
  ]);
});

test("the loss of a host ends its own capture, and is bad luck for others", () => {
  const lab = new FakeLab();
  const [all, one] = [lab.session({}), lab.session({ host: "host-b" })];
  lab.answerAll();
  const lost = lab.setHost("host-b", "lost");
  all.onEvent(lost);
  expect(lab.ended).toBe(undefined);
  one.onEvent(lost);
  expect(lab.ended).toMatchObject({ code: "E_HOST_LOST" });
});

test("a guest that ends, ends its capture", () => {
  const lab = new FakeLab();
  const session = lab.session({ guest: "alice" });
  lab.answerAll();
  session.onEvent(lab.guestEvent({ state: "exited" }));
  lab.answerAll();
  expect(lab.ended).toBe(null);
});

test("a host that refuses ends the capture with its reason", () => {
  const lab = new FakeLab();
  lab.session({ host: "host-a" });
  lab.asked[0]?.fail(new NomadError("E_BUSY", "too many"));
  lab.answerAll();
  expect(lab.ended).toMatchObject({ code: "E_BUSY" });
});

test.each<[string, CaptureRequest, string]>([
  ["a host and a guest at once", { host: "host-a", guest: "alice" }, "E_USAGE"],
  ["an unknown host", { host: "host-z" }, "E_NO_HOST"],
  ["an unknown guest", { guest: "carol" }, "E_NO_GUEST"],
  ["an unknown peer", { peer: "host-z" }, "E_NO_HOST"],
  ["a host that is down", { host: "host-b" }, "E_STATE"],
])("%s cannot be captured", (_what, request, code) => {
  const lab = new FakeLab();
  lab.setHost("host-b", "down");
  expect(() => lab.session(request)).toThrow(expect.objectContaining({ code }));
});
