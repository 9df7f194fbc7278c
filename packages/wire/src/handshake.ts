import { createHmac, timingSafeEqual } from "node:crypto";
import { NomadError } from "@nomad/base";
import { Packr } from "msgpackr";
import { z } from "zod";
import { agree, type Hello, helloSchema, type Introduction } from "./hello.ts";

// Mutual challenge and response over a shared secret, in three messages:
//   initiator -> responder   opening = { magic, nonce, hello }
//   responder -> initiator   { answer = { nonce, hello }, proof }
//   initiator -> responder   { proof }
// A proof is an HMAC over the prover's role and the exact bytes of opening and answer: it binds both nonces (no replay),
// both hellos (no parameter can be altered) and the direction (a proof cannot be reflected).

/** Bytes of the random number that each side contributes. */
export const nonceBytes = 32;
/** The largest handshake message, bytes. */
export const handshakeBytesMax = 8192;

const magic = "nomad handshake 1";
const proofBytes = 32;
const packr = new Packr({ useRecords: false });

const bytes = (length: number) =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === length, `expected ${length} bytes`);
const openingSchema = z.object({ magic: z.literal(magic), nonce: bytes(nonceBytes), hello: helloSchema });
const answerSchema = z.object({ nonce: bytes(nonceBytes), hello: helloSchema });
const answeredSchema = z.object({ answer: z.instanceof(Uint8Array), proof: bytes(proofBytes) });
const provenSchema = z.object({ proof: bytes(proofBytes) });

export interface HandshakeOptions<H extends Introduction> {
  readonly hello: H;
  readonly secret: Uint8Array;
  /** `nonceBytes` fresh random bytes. */
  readonly nonce: Uint8Array;
}

/** What a received message leads to. `reply` is sent before the outcome takes effect. */
export interface HandshakeStep {
  readonly reply: Uint8Array | null;
  /** null: one more message is expected. A failure is E_AUTH, E_VERSION, E_MESSAGE or E_CONFIG. */
  readonly outcome: Agreement | NomadError | null;
}

export interface Agreement {
  readonly peer: Hello;
  /** The protocol version to speak. */
  readonly protocol: number;
}

/** One side of a handshake. Each message received goes to `receive`, until there is an outcome. */
export interface HandshakeSide {
  /** What to send first, or null. */
  open(): Uint8Array | null;
  receive(message: Uint8Array): HandshakeStep;
}

/** The side that connects. */
export class Initiator implements HandshakeSide {
  readonly #options: HandshakeOptions<Hello>;
  readonly #opening: Uint8Array;

  constructor(options: HandshakeOptions<Hello>) {
    this.#options = options;
    this.#opening = packr.pack({ magic, nonce: options.nonce, hello: options.hello });
  }

  open(): Uint8Array {
    return this.#opening;
  }

  receive(message: Uint8Array): HandshakeStep {
    const { hello, secret } = this.#options;
    const answered = decode(answeredSchema, message);
    if (answered instanceof NomadError) return failed(answered);
    if (!proves(answered.proof, secret, "responder", this.#opening, answered.answer)) return failed(wrongSecret());
    const answer = decode(answerSchema, answered.answer);
    if (answer instanceof NomadError) return failed(answer);
    // The proof goes out even when the versions differ: so the other side learns it too, from someone it can trust.
    const reply = packr.pack({ proof: prove(secret, "initiator", this.#opening, answered.answer) });
    return { reply, outcome: agreement(hello, answer.hello) };
  }
}

interface Exchange {
  readonly opening: Uint8Array;
  readonly answer: Uint8Array;
  readonly own: Hello;
  readonly peer: Hello;
}

/** The side that is connected to. */
export class Responder implements HandshakeSide {
  readonly #options: HandshakeOptions<Introduction>;
  #exchange: Exchange | null = null;

  constructor(options: HandshakeOptions<Introduction>) {
    this.#options = options;
  }

  open(): null {
    return null;
  }

  receive(message: Uint8Array): HandshakeStep {
    return this.#exchange === null ? this.#answer(message) : this.#check(message, this.#exchange);
  }

  #answer(message: Uint8Array): HandshakeStep {
    const { hello, secret, nonce } = this.#options;
    const decoded = decode(openingSchema, message);
    if (decoded instanceof NomadError) return failed(decoded);
    const own: Hello = { ...hello, kind: decoded.hello.kind };
    const answer = packr.pack({ nonce, hello: own });
    const opening = Uint8Array.from(message);
    this.#exchange = { opening, answer, own, peer: decoded.hello };
    return { reply: packr.pack({ answer, proof: prove(secret, "responder", opening, answer) }), outcome: null };
  }

  #check(message: Uint8Array, { opening, answer, own, peer }: Exchange): HandshakeStep {
    const proven = decode(provenSchema, message);
    if (proven instanceof NomadError) return failed(proven);
    if (!proves(proven.proof, this.#options.secret, "initiator", opening, answer)) return failed(wrongSecret());
    return { reply: null, outcome: agreement(own, peer) };
  }
}

function agreement(own: Hello, peer: Hello): Agreement | NomadError {
  const protocol = agree(own, peer);
  return protocol instanceof NomadError ? protocol : { peer, protocol };
}

function prove(secret: Uint8Array, prover: string, opening: Uint8Array, answer: Uint8Array): Uint8Array {
  const hmac = createHmac("sha256", secret);
  for (const part of [Buffer.from(`${magic} ${prover}`), opening, answer]) {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(part.length);
    hmac.update(length).update(part);
  }
  return hmac.digest();
}

function proves(proof: Uint8Array, ...what: Parameters<typeof prove>): boolean {
  return timingSafeEqual(proof, prove(...what));
}

function decode<T>(schema: z.ZodType<T>, message: Uint8Array): T | NomadError {
  if (message.length > handshakeBytesMax) return malformed(`${message.length} bytes`);
  let value: unknown;
  try {
    value = packr.unpack(message);
  } catch (cause) {
    return malformed("not MessagePack", cause);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  return malformed(issue ? `${issue.path.join(".")}: ${issue.message}` : "unexpected fields");
}

const failed = (error: NomadError): HandshakeStep => ({ reply: null, outcome: error });
const wrongSecret = () => new NomadError("E_AUTH", "the other side does not know the secret");
const malformed = (what: string, cause?: unknown) =>
  new NomadError("E_MESSAGE", `malformed handshake message: ${what}`, { cause });
