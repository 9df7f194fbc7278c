import { NomadError } from "@nomad/base";
import type { QueuePair } from "../queue-pair.ts";
import { encodeMessage, type Message, type MessageOf } from "./message.ts";
import type { Patience, Retransmission } from "./retransmission.ts";

/** How a connection talks to its manager. */
export interface ConnectionHost {
  send(lid: number, mad: Uint8Array): void;
  retransmit(patience: Patience, send: () => void, giveUp: () => void): Retransmission;
  /** No message concerns the connection any more. */
  forget(connection: Connection): void;
}

/** A connection that is established: both ends may send. */
export class Connection implements AsyncDisposable {
  readonly qp: QueuePair;
  readonly lid: number;
  /** What the other end said as it asked or accepted, padded with zeros as rdma_cm does. */
  readonly privateData: Uint8Array;
  readonly localId: number;
  readonly remoteId: number;
  /** Resolves when the connection has ended, by either end: RDMA_CM_EVENT_DISCONNECTED. */
  readonly disconnected: Promise<void>;
  readonly #host: ConnectionHost;
  readonly #patience: Patience;
  readonly #remoteQpn: number;
  #ended: () => void = () => {};
  #over = false;
  #ending: Retransmission | null = null;

  constructor(
    host: ConnectionHost,
    qp: QueuePair,
    lid: number,
    localId: number,
    peer: MessageOf<"REQ"> | MessageOf<"REP">,
    patience: Patience,
  ) {
    this.#host = host;
    this.#patience = patience;
    this.#remoteQpn = peer.qpn;
    this.qp = qp;
    this.lid = lid;
    this.localId = localId;
    this.remoteId = peer.localId;
    this.privateData = peer.privateData;
    this.disconnected = new Promise((resolve) => {
      this.#ended = resolve;
    });
  }

  /** Ends the connection at both ends; what is posted is flushed. Resolves when the other end agrees, or does not answer. */
  disconnect(): Promise<void> {
    if (this.#over || this.#ending !== null) return this.disconnected;
    const { localId, remoteId } = this;
    const dreq = encodeMessage("DREQ", { localId, remoteId, remoteQpn: this.#remoteQpn });
    this.#toError();
    this.#ending = this.#host.retransmit(
      this.#patience,
      () => this.#host.send(this.lid, dreq),
      () => this.#end(),
    );
    return this.disconnected;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.disconnect();
  }

  /** What the other end says about it. @internal */
  handle(message: Message): void {
    const { localId, remoteId } = this;
    // It has not heard that we are ready.
    if (message.kind === "REP") this.#host.send(this.lid, encodeMessage("RTU", { localId, remoteId }));
    if (message.kind === "DREQ") {
      this.#host.send(this.lid, encodeMessage("DREP", { localId, remoteId }));
      this.#toError();
      this.#end();
    }
    if (message.kind === "DREP" || message.kind === "REJ") this.#end();
  }

  /** Its context is closed. @internal */
  abandon(): void {
    this.#ending?.stop();
    this.#over = true;
    this.#ended();
  }

  #end(): void {
    if (this.#over) return;
    this.abandon();
    this.#toError();
    this.#host.forget(this);
  }

  #toError(): void {
    if (this.qp.alive && this.qp.query().state !== "ERR") this.qp.modify({ state: "ERR" });
  }
}

/** The other end refused: what it said, padded with zeros as rdma_cm does. RDMA_CM_EVENT_REJECTED. */
export class ConnectionRejected extends NomadError {
  /** See `rejectReasons`. */
  readonly reason: number;
  readonly privateData: Uint8Array;

  constructor(lid: number, rej: MessageOf<"REJ">) {
    super("E_REJECTED", `LID ${lid} rejected the connection for reason ${rej.reason}`);
    this.reason = rej.reason;
    this.privateData = rej.privateData;
  }
}
