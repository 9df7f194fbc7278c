import { defaults, NomadError, planted, type Timings } from "@nomad/base";
import type { PeerSuspension } from "../../../http/index.ts";
import type { AnswerOf } from "../../../message.ts";
import type { Phase } from "../../../phase.ts";
import type { Directory } from "../../directory.ts";
import type { Move } from "../../move.ts";
import type { Step } from "../protocol.ts";

const nothing = (): void => {};
const ofMove = (move: Move, generation: number) => ({ move: move.record.id, vlid: move.vlid, generation });

/** What is copied slowly on purpose has the time that it takes to copy it twice. */
function precopyBudgetMs({ precopyMs }: Timings, { record: { memoryPages, bytesPerSecondMax } }: Move): number {
  const bytes = memoryPages * defaults.pageBytes;
  return precopyMs + (bytesPerSecondMax === null ? 0 : Math.ceil((2 * bytes * 1000) / bytesPerSecondMax));
}

/** Hosts where the peers of a moving guest run now. */
function hostsOfPeers(move: Move, directory: Directory): string[] {
  const hosts = move.peers.map((vlid) => directory.hostOf(vlid));
  return [...new Set(hosts.filter((host) => host !== undefined && directory.host(host).state !== "lost"))] as string[];
}

/** A guest that has just moved has still a copy at its source, which reports cuts as well: those of its owner count. */
function ofOwners({ cuts }: Move, directory: Directory): Move["cuts"] {
  return cuts.filter(({ vlid, dlid }) => {
    const host = directory.hostOf(vlid);
    return host !== undefined && directory.host(host).lid === dlid;
  });
}

const askedPeer = (host: string, askedMs: number): PeerSuspension => ({
  host,
  askedMs,
  suspendedMs: null,
  held: 0,
  cut: 0,
});

function checkDigests({ record, inject }: Move): void {
  if (inject === "zero-page" || planted("digests-not-compared")) return;
  if (record.digestSource !== "" && record.digestSource === record.digestDestination) return;
  throw new NomadError(
    "E_DIGEST",
    `memory of ${record.guest} is not the same at ${record.from} and at ${record.to}: ` +
      `${record.digestSource.slice(0, 16)} and ${record.digestDestination.slice(0, 16)}`,
  );
}

function pinned({ record }: Move, answer: AnswerOf<"PEER_CANNOT_SUSPEND">): NomadError {
  const which = answer.pinned.map(({ host, vqpn }) => `${vqpn} at ${host}`).join(", ");
  return new NomadError(
    "E_PINNED",
    `${record.guest} is connected to a raw context, which cannot wait: queue pair ${which}`,
  );
}

/** From each phase to the next: the protocol, as a table. COMMITTED is on disk before anything is asked in it. */
export const steps: Partial<Record<Phase, Step>> = {
  planned: {
    ask: (move, { directory, generation }) => {
      const { name, image, imageHash } = directory.guest(move.record.guest);
      return [
        {
          to: move.record.to,
          message: { kind: "PREPARE", ...ofMove(move, generation), from: move.record.from, name, image, imageHash },
        },
      ];
    },
    take: (move, answer) => {
      const { bulkUrl, memoryBytes } = answer as AnswerOf<"PREPARED">;
      move.bulkUrl = bulkUrl;
      move.record.memoryPages = memoryBytes / defaults.pageBytes;
    },
    next: "prepared",
    timeoutMs: (t) => 2 * t.controlRequestMs,
  },
  prepared: {
    ask: (move, { generation, timings }) => {
      const how = {
        to: move.record.to,
        bulkUrl: move.bulkUrl,
        roundsMax: defaults.precopyRoundsMax,
        budgetMs: precopyBudgetMs(timings, move),
        bytesPerSecondMax: move.record.bytesPerSecondMax,
        onDivergence: move.record.onDivergence,
        presetup: move.record.presetup,
      };
      const message = {
        kind: "PRECOPY" as const,
        ...ofMove(move, generation),
        ...how,
        inject: move.inject,
      };
      return [{ to: move.record.from, message }];
    },
    take: (move, answer) => {
      const { peers, converged } = answer as AnswerOf<"CONVERGED">;
      move.peers = peers;
      move.record.converged = converged;
    },
    next: "precopy",
    timeoutMs: (t, move) => precopyBudgetMs(t, move) + 2 * t.controlRequestMs,
  },
  precopy: {
    ask: (move, { generation, timings }) => {
      return [
        {
          to: move.record.from,
          message: {
            kind: "SUSPEND",
            ...ofMove(move, generation),
            budgetMs: timings.drainBudgetMs,
            strict: move.record.strict,
          },
        },
      ];
    },
    take: (move, answer) => {
      const { peers, leftMs, active } = answer as AnswerOf<"SUSPENDED">;
      move.peers = peers;
      move.drainLeftMs = leftMs;
      move.active = active;
    },
    next: "suspended",
    timeoutMs: (t) => t.drainBudgetMs + t.controlRequestMs,
  },
  suspended: {
    ask: (move, { directory, generation, now }) => {
      move.peerHosts = hostsOfPeers(move, directory);
      move.record.peers = move.peerHosts.map((host) => askedPeer(host, now - move.startedAt));
      const message = {
        kind: "SUSPEND_PEER" as const,
        ...ofMove(move, generation),
        budgetMs: move.drainLeftMs,
        strict: move.record.strict,
        force: move.record.force,
        token: move.token,
        from: move.record.from,
        to: move.record.to,
        ...(move.active && { active: [...move.active] }),
      };
      return move.peerHosts.map((to) => ({ to, message }));
    },
    take: (move, answer, { by, now }) => {
      if (answer.kind === "PEER_CANNOT_SUSPEND") throw pinned(move, answer);
      const { cuts, held, cut, forsaken } = answer as AnswerOf<"PEER_SUSPENDED">;
      const peer = move.record.peers.find(({ host }) => host === by);
      if (peer) Object.assign(peer, { suspendedMs: now - move.startedAt, held, cut });
      move.cuts.push(...cuts);
      move.record.held += held;
      move.record.cut += cut;
      move.record.forsaken.push(...forsaken);
    },
    next: "peers-suspended",
    tells: true,
    timeoutMs: (t) => t.drainBudgetMs + t.controlRequestMs,
  },
  "peers-suspended": {
    ask: (move, { generation, timings }) => {
      const message = {
        kind: "STOP" as const,
        ...ofMove(move, generation),
        to: move.record.to,
        budgetMs: timings.stopBudgetMs,
      };
      return [{ to: move.record.from, message }];
    },
    take: (move, answer) => {
      const { digest, held, cut } = answer as AnswerOf<"STOPPED">;
      move.record.digestSource = digest;
      move.record.held += held;
      move.record.cut += cut;
    },
    next: "stopped",
    pauses: true,
    timeoutMs: (t) => t.stopBudgetMs + 2 * t.controlRequestMs,
  },
  stopped: {
    ask: (move, { directory, generation }) => {
      return [
        {
          to: move.record.to,
          message: { kind: "BIND", ...ofMove(move, generation), epoch: move.epoch, cuts: ofOwners(move, directory) },
        },
      ];
    },
    take: (move, answer) => {
      move.record.digestDestination = (answer as AnswerOf<"BOUND">).digest;
      checkDigests(move);
    },
    next: "bound",
    timeoutMs: (t) => 2 * t.controlRequestMs,
  },
  COMMITTED: {
    ask: (move, { generation }) => {
      const { epoch, peerHosts, token } = move;
      return [
        {
          to: move.record.to,
          message: { kind: "RUN", ...ofMove(move, generation), epoch, peerHosts: [...peerHosts], token },
        },
      ];
    },
    take: nothing,
    next: "running",
    timeoutMs: () => Number.POSITIVE_INFINITY,
  },
  "peers-resumed": {
    ask: (move, { generation }) => [
      { to: move.record.from, message: { kind: "RELEASE", ...ofMove(move, generation), to: move.record.to } },
    ],
    take: nothing,
    next: "released",
    timeoutMs: () => Number.POSITIVE_INFINITY,
  },
  aborting: {
    ask: (move, { generation }) => {
      const { token, peerHosts } = move;
      const message = {
        kind: "ABORT" as const,
        ...ofMove(move, generation),
        epoch: move.epoch + 1,
        peerHosts: [...peerHosts],
        token,
      };
      return [
        { to: move.record.from, message: { ...message, role: "source" } },
        { to: move.record.to, message: { ...message, role: "destination" } },
      ];
    },
    take: nothing,
    next: "aborted",
    timeoutMs: () => Number.POSITIVE_INFINITY,
  },
};
