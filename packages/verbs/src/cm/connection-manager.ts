import { type Clock, type Lid, NomadError, type Random } from "@nomad/base";
import { ackTimeoutOf, ipv4Of, mtuBytes, type PathRecord } from "@nomad/iba";
import { type ConnectOptions, connectQp } from "../connect.ts";
import type { QueuePair } from "../queue-pair.ts";
import type { Subnet } from "../subnet.ts";
import { Answers } from "./answers.ts";
import { Connection, type ConnectionHost, ConnectionRejected } from "./connection.ts";
import { rejectReasons } from "./layout.ts";
import { type AcceptOptions, ConnectRequest, Listener, type RequestHost } from "./listener.ts";
import { decodeMessage, encodeMessage, type Message, type MessageOf } from "./message.ts";
import { type Patience, Retransmission, usualPatience } from "./retransmission.ts";

export interface ConnectionManagerOptions {
  readonly lid: number;
  readonly clock: Clock;
  /** Of communication IDs and starting PSNs. */
  readonly random: Random;
  /** Sends a MAD to the manager at a port; it may be lost. */
  readonly send: (lid: number, mad: Uint8Array) => void;
  /** Where a port is, and in which partition. */
  readonly subnet: Subnet;
  /** Where a partition stands in the own port's table. */
  readonly pkeyIndex: (pkey: number) => number;
  readonly patience?: Patience;
}

/** Who to connect to: a port of the subnet by its LID or a global identifier, and who listens there. */
export type Destination = ({ readonly lid: number } | { readonly gid: Uint8Array }) & { readonly port: number };

/** Attributes of the connection, and what to tell the other end: at most 56 bytes. */
export interface ConnectToOptions extends ConnectOptions {
  readonly privateData?: Uint8Array;
}

/** One that is not established yet. */
interface Attempt {
  readonly lid: number;
  handle(message: Message): void;
  abandon(): void;
}

/** How an attempt ends. */
type Outcome = () => Connection | NomadError;

/** rdma_cm's port space TCP, as a service ID. */
const SERVICE_TCP = 0x1060000;
/** The MTU is the upper half of its byte, the ACK timeout the upper five bits. */
const MTU_SHIFT = 4;
const ACK_TIMEOUT_SHIFT = 3;

/**
 * Connects queue pairs of two ports, in the manner of rdma_cm: listen, connect, accept, reject, disconnect, by the messages
 * of InfiniBand's own connection manager. It does no IO: datagrams go out by `send` and come in by `receive`, and each may
 * be lost or doubled.
 */
export class ConnectionManager implements ConnectionHost, RequestHost {
  readonly #o: ConnectionManagerOptions;
  readonly #patience: Patience;
  readonly #listeners = new Map<number, Listener>();
  /** By local communication ID. */
  readonly #ends = new Map<number, Connection | Attempt>();
  readonly #answers: Answers;
  #nextId: number;
  #closed = false;

  constructor(options: ConnectionManagerOptions) {
    this.#o = options;
    this.#patience = options.patience ?? usualPatience;
    const { timeoutMs, retries } = this.#patience;
    this.#answers = new Answers(options.clock, timeoutMs * (retries + 1));
    this.#nextId = options.random.uint32();
  }

  /** @throws NomadError E_BUSY when somebody listens to this port. */
  listen(port: number): Listener {
    if (this.#listeners.has(port)) throw new NomadError("E_BUSY", `somebody listens to port ${port}`);
    const listener = new Listener(port, () => this.#listeners.delete(port));
    this.#listeners.set(port, listener);
    return listener;
  }

  /**
   * Connects a queue pair in RESET, by the path that the subnet has. Rejects with `ConnectionRejected` (E_REJECTED) when
   * the other end refuses or nobody listens, with E_UNREACHABLE when no path leads there or nobody answers.
   */
  async connect(to: Destination, qp: QueuePair, options: ConnectToOptions = {}): Promise<Connection> {
    const { privateData, ...attributes } = options;
    const localId = this.#takeId();
    const psn = this.#psn();
    const path = await this.#o.subnet.queryPath("lid" in to ? { dlid: to.lid } : { dgid: to.gid });
    if (this.#closed) throw closed();
    const { dlid } = path;
    const req = encodeMessage("REQ", this.#request(path, to.port, qp, localId, psn), privateData);
    const unreachable = () => new NomadError("E_UNREACHABLE", `no connection manager answers at LID ${dlid}`);
    const along = { ...this.#attributesOf(path), timeout: ackTimeoutOf(path), ...attributes };
    return this.#attempt(localId, dlid, req, unreachable, (message) => {
      if (message.kind === "REJ") return () => new ConnectionRejected(dlid, message);
      if (message.kind === "REP") return () => this.#ready(qp, dlid, localId, message, psn, along);
      return null;
    });
  }

  /** A datagram has come from the manager at port `slid`. What is no message of ours is ignored. */
  receive(slid: number, mad: Uint8Array): void {
    const message = decodeMessage(mad);
    if (message === null) return;
    if (message.kind === "REQ") return this.#requested(slid, message);
    const end = this.#ends.get(message.remoteId);
    if (end !== undefined) {
      // Nobody else has a say in it.
      if (end.lid === slid) end.handle(message);
      return;
    }
    // The other end has not heard that this one has gone.
    const { localId: remoteId, remoteId: localId } = message;
    if (message.kind === "DREQ") this.#o.send(slid, encodeMessage("DREP", { localId, remoteId }));
    if (message.kind === "REP") this.#refuse(slid, localId, remoteId, rejectReasons.timeout, 1);
  }

  /** Whoever waits is told that the context is closed. */
  close(): void {
    this.#closed = true;
    for (const listener of [...this.#listeners.values()]) listener.close();
    for (const end of [...this.#ends.values()]) end.abandon();
    this.#ends.clear();
  }

  /** What a path says about the queue pairs at its ends. */
  #attributesOf({ pkey, mtu }: Pick<PathRecord, "pkey" | "mtu">): ConnectOptions {
    const pathMtu = mtuBytes(mtu);
    return { pkeyIndex: this.#o.pkeyIndex(pkey), ...(pathMtu !== null && { pathMtu }) };
  }

  #request(path: PathRecord, port: number, qp: QueuePair, localId: number, psn: number): Partial<MessageOf<"REQ">> {
    return {
      localId,
      serviceId: SERVICE_TCP + port,
      qpn: qp.number,
      psn,
      pkey: path.pkey,
      responderResources: 16,
      initiatorDepth: 16,
      mtu: path.mtu << MTU_SHIFT,
      ackTimeout: ackTimeoutOf(path) << ACK_TIMEOUT_SHIFT,
      localLid: path.slid,
      remoteLid: path.dlid,
      ipVersion: 4 << 4,
      sourceIp: ipNumber(path.slid),
      destinationIp: ipNumber(path.dlid),
    };
  }

  #ready(
    qp: QueuePair,
    lid: number,
    localId: number,
    rep: MessageOf<"REP">,
    psn: number,
    attributes: ConnectOptions,
  ): Connection {
    connectQp(qp, { lid, qpn: rep.qpn, psn: rep.psn }, psn, attributes);
    const connection = this.#established(qp, lid, localId, rep);
    this.#o.send(lid, encodeMessage("RTU", { localId, remoteId: rep.localId }));
    return connection;
  }

  #requested(lid: number, req: MessageOf<"REQ">): void {
    const before = this.#answers.find(lid, req.localId);
    if (before !== null) return this.#o.send(lid, before);
    const listener = this.#listeners.get(req.serviceId - SERVICE_TCP);
    if (listener === undefined) return this.#refuse(lid, 0, req.localId, rejectReasons.invalidServiceId, 0);
    if (!this.#answers.open(lid, req.localId)) return;
    listener.push(new ConnectRequest(this, lid, req));
  }

  /** @internal */
  accept(request: ConnectRequest, qp: QueuePair, options: AcceptOptions): Promise<Connection> {
    const { lid, req } = request;
    const { privateData, ...attributes } = options;
    const localId = this.#takeId();
    const psn = this.#psn();
    const rep = encodeMessage(
      "REP",
      { localId, remoteId: req.localId, qpn: qp.number, psn, responderResources: 16, initiatorDepth: 16 },
      privateData,
    );
    this.#answer(request, rep);
    const along = this.#attributesOf({ pkey: req.pkey, mtu: req.mtu >>> MTU_SHIFT });
    const timeout = req.ackTimeout >>> ACK_TIMEOUT_SHIFT;
    connectQp(qp, { lid, qpn: req.qpn, psn: req.psn }, psn, { ...along, timeout, ...attributes });
    const established = () => this.#established(qp, lid, localId, req);
    const failed = (error: NomadError) => {
      this.#answers.finish(lid, req.localId);
      if (qp.alive) qp.modify({ state: "ERR" });
      return error;
    };
    const silent = () =>
      failed(new NomadError("E_TIMEOUT", `LID ${lid} asked for a connection, and does not say that it is ready`));
    return this.#attempt(localId, lid, rep, silent, (message) => {
      if (message.kind === "RTU") return established;
      if (message.kind === "REJ") return () => failed(new ConnectionRejected(lid, message));
      if (message.kind !== "DREQ") return null;
      // Its RTU was lost, and it has ended the connection already.
      return () => {
        const connection = established();
        connection.handle(message);
        return connection;
      };
    });
  }

  /**
   * Sends a message until one comes that `judge` has an outcome for; or until nobody is expected to answer any more, which
   * has the outcome `silent`.
   */
  #attempt(
    localId: number,
    lid: number,
    mad: Uint8Array,
    silent: () => NomadError,
    judge: (message: Message) => Outcome | null,
  ): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const end = (outcome: Outcome) => {
        sending.stop();
        this.#ends.delete(localId);
        try {
          const result = outcome();
          if (result instanceof NomadError) reject(result);
          else resolve(result);
        } catch (error) {
          reject(error);
        }
      };
      const handle = (message: Message) => {
        const outcome = judge(message);
        if (outcome !== null) end(outcome);
      };
      this.#ends.set(localId, { lid, handle, abandon: () => end(closed) });
      const sending: Retransmission = this.retransmit(
        this.#patience,
        () => this.#o.send(lid, mad),
        () => end(silent),
      );
    });
  }

  /** @internal */
  reject(request: ConnectRequest, privateData: Uint8Array): void {
    const { lid, req } = request;
    const rej = encodeMessage("REJ", { remoteId: req.localId, reason: rejectReasons.consumer }, privateData);
    this.#answer(request, rej);
    this.#answers.finish(lid, req.localId);
    this.#o.send(lid, rej);
  }

  /** @internal */
  send(lid: number, mad: Uint8Array): void {
    this.#o.send(lid, mad);
  }

  /** @internal */
  retransmit(patience: Patience, send: () => void, giveUp: () => void): Retransmission {
    return new Retransmission(this.#o.clock, patience, send, giveUp);
  }

  /** @internal */
  forget(connection: Connection): void {
    this.#ends.delete(connection.localId);
    this.#answers.finish(connection.lid, connection.remoteId);
  }

  #answer({ lid, req }: ConnectRequest, mad: Uint8Array): void {
    if (!this.#answers.give(lid, req.localId, mad)) throw new NomadError("E_STATE", "the request was answered before");
  }

  #established(qp: QueuePair, lid: number, localId: number, peer: MessageOf<"REQ"> | MessageOf<"REP">): Connection {
    const connection = new Connection(this, qp, lid, localId, peer, this.#patience);
    this.#ends.set(localId, connection);
    return connection;
  }

  #refuse(lid: number, localId: number, remoteId: number, reason: number, rejected: number): void {
    this.#o.send(lid, encodeMessage("REJ", { localId, remoteId, reason, rejected: rejected << 6 }));
  }

  #takeId(): number {
    this.#nextId = (this.#nextId + 1) >>> 0;
    return this.#nextId;
  }

  #psn(): number {
    return this.#o.random.uint32() & 0xffffff;
  }
}

function ipNumber(lid: number): number {
  return Buffer.from(ipv4Of(lid as Lid)).readUInt32BE();
}

function closed(): NomadError {
  return new NomadError("E_STATE", "the context is closed");
}
