import { NomadError } from "@nomad/base";
import fc from "fast-check";
import { Packr } from "msgpackr";
import { describe, expect, test } from "vitest";
import { type HandshakeStep, handshakeBytesMax, Initiator, nonceBytes, Responder } from "./handshake.ts";
import type { Hello } from "./hello.ts";
import { testHello, testSecret, testWireHello } from "./testing/hello.ts";

const packr = new Packr({ useRecords: false });
const nonce = (fill: number) => new Uint8Array(nonceBytes).fill(fill);
const hostB = testHello({ name: "host-b" });

function initiator(hello: Partial<Hello> = {}, secret = testSecret, fill = 1): Initiator {
  return new Initiator({ hello: testHello(hello), secret, nonce: nonce(fill) });
}

function responder(hello: Partial<Hello> = {}, secret = testSecret, fill = 2): Responder {
  return new Responder({ hello: { ...hostB, ...hello }, secret, nonce: nonce(fill) });
}

const codeOf = (step: HandshakeStep) => (step.outcome instanceof NomadError ? step.outcome.code : step.outcome);
const reply = (step: HandshakeStep) => step.reply as Uint8Array;

/** Runs a handshake to its end: each side's outcome, or its error's code. */
function shake(one: Initiator, two: Responder) {
  const second = one.receive(reply(two.receive(one.open())));
  return { initiator: codeOf(second), responder: second.reply ? codeOf(two.receive(second.reply)) : null };
}

test("both sides learn each other's hello and the newest version that both speak", () => {
  const outcome = shake(
    initiator({ kind: "peer", protocol: 5, parameters: { port: 7, fast: true, zone: "z" } }),
    responder({ protocol: 3 }),
  );
  expect(outcome.initiator).toEqual({ peer: { ...hostB, kind: "peer", protocol: 3 }, protocol: 3 });
  expect(outcome.responder).toMatchObject({ protocol: 3, peer: { parameters: { port: 7, fast: true, zone: "z" } } });
});

test("a responder with another secret is refused before anything is proven to it", () => {
  const step = initiator().receive(reply(responder({}, Buffer.from("other")).receive(initiator().open())));
  expect(codeOf(step)).toBe("E_AUTH");
  expect(step.reply).toBeNull();
});

test("an initiator with another secret is refused", () => {
  const impostor = initiator({}, Buffer.from("other"));
  const honest = responder();
  honest.receive(impostor.open());
  const proof = packr.pack({ proof: new Uint8Array(32) });
  expect(codeOf(honest.receive(proof))).toBe("E_AUTH");
});

test("a proof that is reflected to its maker is refused", () => {
  const honest = responder();
  const answered = packr.unpack(reply(honest.receive(initiator().open()))) as { proof: Uint8Array };
  expect(codeOf(honest.receive(packr.pack({ proof: answered.proof })))).toBe("E_AUTH");
});

test("a proof fetched from the initiator itself, as a responder, is refused", () => {
  // Someone without the secret connects back to the caller's own server and relays what it says.
  const victim = initiator();
  const relayed = responder({}, testSecret, 3);
  const throughSelf = reply(relayed.receive(initiator({}, testSecret, 9).open()));
  expect(codeOf(victim.receive(throughSelf))).toBe("E_AUTH");
});

test("a recorded handshake cannot be played again", () => {
  const one = initiator();
  const opening = one.open();
  const recorded = reply(one.receive(reply(responder().receive(opening))));
  const later = responder({}, testSecret, 4);
  later.receive(opening);
  expect(codeOf(later.receive(recorded))).toBe("E_AUTH");
});

test("an opening altered under way is refused by both", () => {
  const one = initiator({ parameters: { icrc: true } });
  const altered = packr.unpack(one.open()) as { hello: Hello };
  altered.hello.parameters.icrc = false;
  const two = responder();
  expect(codeOf(one.receive(reply(two.receive(packr.pack(altered)))))).toBe("E_AUTH");
});

describe("versions", () => {
  test.each<[string, Partial<Hello>, Partial<Hello>, string]>([
    ["no common protocol version", { protocol: 4, protocolMin: 3 }, { protocol: 2, protocolMin: 1 }, "E_VERSION"],
    ["an initiator that is too old", { protocol: 2, protocolMin: 1 }, { protocol: 4, protocolMin: 3 }, "E_VERSION"],
    ["another ABI", { abi: 2 }, { abi: 1 }, "E_VERSION"],
  ])("%s: both sides say so", (_, one, two, code) => {
    expect(shake(initiator(one), responder(two))).toEqual({ initiator: code, responder: code });
  });
});

describe("a wire", () => {
  const wire = (name: string, icrc: boolean) => ({
    secret: testSecret,
    nonce: nonce(1),
    hello: testWireHello(name, icrc),
  });

  test("connects when both ends agree about the ICRC", () => {
    const outcome = shake(new Initiator(wire("host-a", false)), new Responder(wire("host-b", false)));
    expect(outcome.responder).toMatchObject({ peer: { name: "host-a" } });
  });

  test("is refused by both when they do not", () => {
    const outcome = shake(new Initiator(wire("host-a", true)), new Responder(wire("host-b", false)));
    expect(outcome).toEqual({ initiator: "E_CONFIG", responder: "E_CONFIG" });
  });

  test("is refused when an end does not say its lid", () => {
    const silent = { ...wire("host-a", true), hello: { ...testWireHello("host-a"), parameters: { icrc: true } } };
    const outcome = shake(new Initiator(silent), new Responder(wire("host-b", true)));
    expect(outcome).toEqual({ initiator: "E_MESSAGE", responder: "E_MESSAGE" });
  });
});

describe("garbage", () => {
  const honestAnswer = reply(responder().receive(initiator().open()));
  const honestProof = reply(initiator().receive(honestAnswer));
  const mangled = (message: Uint8Array) =>
    fc
      .tuple(fc.nat(message.length - 1), fc.integer({ min: 1, max: 255 }))
      .map(([at, flip]) => message.map((byte, i) => (i === at ? byte ^ flip : byte)));
  const garbage = (message: Uint8Array) =>
    fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.anything().map((value) => packr.pack(value)),
      mangled(message),
      fc.nat(message.length - 1).map((length) => message.subarray(0, length)),
    );

  test("as an opening is refused or answered, and never throws", () => {
    fc.assert(
      fc.property(garbage(initiator().open()), (message) => {
        const step = responder().receive(message);
        expect([null, "E_MESSAGE"]).toContain(codeOf(step));
        expect(step.outcome === null).toBe(step.reply !== null);
      }),
    );
  });

  test("as an answer is refused", () => {
    fc.assert(
      fc.property(garbage(honestAnswer), (message) => {
        const step = initiator().receive(message);
        expect(["E_MESSAGE", "E_AUTH"]).toContain(codeOf(step));
        expect(step.reply).toBeNull();
      }),
    );
  });

  test("as a proof is refused", () => {
    fc.assert(
      fc.property(garbage(honestProof), (message) => {
        const honest = responder();
        honest.receive(initiator().open());
        expect(["E_MESSAGE", "E_AUTH"]).toContain(codeOf(honest.receive(message)));
      }),
    );
  });

  test.each<[string, Partial<Record<keyof Hello, unknown>>]>([
    ["a kind that does not exist", { kind: "queen" }],
    ["an empty name", { name: "" }],
    ["a name that is too long", { name: "x".repeat(64) }],
    ["a version that is no integer", { protocol: 1.5 }],
    ["parameters of another shape", { parameters: { list: [1] } }],
  ])("%s in a hello is refused", (_, fields) => {
    const opening = packr.unpack(initiator().open()) as object;
    const message = packr.pack({ ...opening, hello: { ...testHello(), ...fields } });
    expect(codeOf(responder().receive(message))).toBe("E_MESSAGE");
  });

  test("above the limit is refused unread", () => {
    expect(codeOf(responder().receive(new Uint8Array(handshakeBytesMax + 1)))).toBe("E_MESSAGE");
  });
});
