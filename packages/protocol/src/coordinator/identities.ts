import type { BackendEvents } from "@nomad/backend";
import type { AnswerOf, RequestOf } from "../message.ts";
import type { HostContext } from "./context.ts";
import type { Reply } from "./reply.ts";

type Sender = Parameters<BackendEvents["identify"]>[0];

/** Whose queue pair datagrams come from: their port's host knows. */
export class Identities {
  readonly #host: HostContext;

  constructor(host: HostContext) {
    this.#host = host;
  }

  identify({ slid, qpn }: Sender): void {
    const { backend, hosts, timings } = this.#host;
    const host = [...hosts.values()].find(({ lid, lost }) => lid === slid && !lost);
    if (!host) return backend.identified(slid, qpn, null);
    this.#host.ask<AnswerOf<"IDENTITY">>(
      host.name,
      { kind: "WHO_IS", qpn },
      {
        timeoutMs: timings.nameLookupMs,
        onAnswer: ({ name }) => backend.identified(slid, qpn, name),
        onFail: () => backend.identified(slid, qpn, null),
      },
    );
  }

  onWhoIs({ qpn }: RequestOf<"WHO_IS">, reply: Reply): void {
    reply.answer({ kind: "IDENTITY", name: this.#host.backend.nameOf(qpn) ?? null });
  }
}
