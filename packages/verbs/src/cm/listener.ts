import type { ConnectOptions } from "../connect.ts";
import { EventQueue } from "../event-queue.ts";
import type { QueuePair } from "../queue-pair.ts";
import type { Connection } from "./connection.ts";
import type { MessageOf } from "./message.ts";

/** Attributes of the connection, and what to tell the other end: at most 196 bytes. */
export interface AcceptOptions extends ConnectOptions {
  readonly privateData?: Uint8Array;
}

/** What becomes of a request. */
export interface RequestHost {
  accept(request: ConnectRequest, qp: QueuePair, options: AcceptOptions): Promise<Connection>;
  reject(request: ConnectRequest, privateData: Uint8Array): void;
}

/** Another end asks for a connection: RDMA_CM_EVENT_CONNECT_REQUEST. Accept or reject it. */
export class ConnectRequest {
  readonly lid: number;
  /** Padded with zeros to 56 bytes, as rdma_cm does. */
  readonly privateData: Uint8Array;
  /** @internal */
  readonly req: MessageOf<"REQ">;
  readonly #host: RequestHost;

  constructor(host: RequestHost, lid: number, req: MessageOf<"REQ">) {
    this.#host = host;
    this.lid = lid;
    this.req = req;
    this.privateData = req.privateData;
  }

  /**
   * Connects a queue pair in RESET; resolves when the other end is ready too. Post receives first: its first message may
   * come at once. Rejects with E_TIMEOUT when it is not heard of any more, with E_STATE when it was answered before.
   */
  accept(qp: QueuePair, options: AcceptOptions = {}): Promise<Connection> {
    return this.#host.accept(this, qp, options);
  }

  /** At most 148 bytes of private data. */
  reject(privateData: Uint8Array = new Uint8Array()): void {
    this.#host.reject(this, privateData);
  }
}

/** Requests to one port, as they come: `for await (const request of listener)`. */
export class Listener extends EventQueue<ConnectRequest> implements Disposable {
  readonly port: number;
  readonly #onClose: () => void;

  constructor(port: number, onClose: () => void) {
    super();
    this.port = port;
    this.#onClose = onClose;
  }

  override close(): void {
    super.close();
    this.#onClose();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
