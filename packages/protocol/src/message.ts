import { errorCodes, limits } from "@nomad/base";
import { z } from "zod";
import { copyProgress, injection, onDivergence, pinnedQp, refusals } from "./http/schema.ts";
import {
  captureFilter,
  deviceSnapshot,
  faultHits,
  hostEntry,
  lid,
  name,
  pathQuery,
  pathRecord,
  peerCut,
  peerName,
  portSettings,
  portState,
  qpn,
  remoteName,
  standingFault,
  vkey,
  vlid,
  vmState,
  vqpn,
} from "./schema.ts";

const uint = z.int().nonnegative();
const epoch = uint;
const token = z.string().max(64);
const milliseconds = z.number().nonnegative();
const capture = z.string().min(1).max(64);
const move = z.string().min(1).max(64);
const active = z.array(vqpn).max(limits.qpsPerGuestMax);
/** A code that a newer version has brought is read as one that says as little: the message beside it tells. */
const errorCode = z.enum(Object.keys(errorCodes) as [keyof typeof errorCodes]).catch("E_STATE");

/** Of a move: which one, of which guest, decided by which central. An older generation is refused. */
const ofMove = { move, vlid, generation: uint };
const request = <K extends string, S extends z.ZodRawShape>(kind: K, shape: S) =>
  z.object({ kind: z.literal(kind), id: uint, ...shape });
const answer = <K extends string, S extends z.ZodRawShape>(kind: K, shape: S) =>
  z.object({ kind: z.literal(kind), re: uint, ...shape });
const notice = <K extends string, S extends z.ZodRawShape>(kind: K, shape: S) =>
  z.object({ kind: z.literal(kind), ...shape });

/** Repeated until answered. A receiver that has answered before answers the same. */
const requests = [
  // host -> central
  // `lid`: the one that its port has already
  request("HELLO", {
    name,
    incarnation: z.string().max(64),
    url: z.string().max(255),
    pid: uint,
    lid: lid.exactOptional(),
  }),
  request("GUEST_ENDED", {
    vlid,
    epoch,
    exitCode: z.int().nullable(),
    error: z.object({ code: errorCode, message: z.string() }).nullable(),
  }),
  request("REPORT", { vlid, json: z.string() }),
  request("PUBLISH", { key: z.string().max(255), value: z.string().max(16_384) }),
  request("LOOKUP", { key: z.string().max(255) }),
  request("LOCATE", { vlid }),
  // to subnet administration
  request("QUERY_PATH", { query: pathQuery }),
  request("PEERS_RESUMED", ofMove),
  // central -> host, guests
  request("BOOT", { vlid, epoch, name, image: name, arguments: z.record(z.string(), z.string()) }),
  request("END", { vlid, force: z.boolean() }),
  // central -> source
  request("PRECOPY", {
    ...ofMove,
    to: name,
    bulkUrl: z.string().max(255),
    roundsMax: uint,
    budgetMs: uint,
    bytesPerSecondMax: uint.nullable(),
    presetup: z.boolean(),
    onDivergence,
    inject: injection.nullable(),
  }),
  request("SUSPEND", { ...ofMove, budgetMs: uint, strict: z.boolean() }),
  request("STOP", { ...ofMove, to: name, budgetMs: uint }),
  request("RELEASE", { ...ofMove, to: name }),
  // central -> destination
  request("PREPARE", { ...ofMove, from: name, name, image: name, imageHash: z.string().length(64) }),
  request("BIND", { ...ofMove, epoch, cuts: z.array(peerCut) }),
  request("RUN", { ...ofMove, epoch, peerHosts: z.array(name), token }),
  // central -> both
  request("ABORT", { ...ofMove, role: z.enum(["source", "destination"]), epoch, peerHosts: z.array(name), token }),
  // central -> each peer's host
  // `active`: the guest's queue pairs that are not idle; without it, all are
  request("SUSPEND_PEER", {
    ...ofMove,
    budgetMs: uint,
    strict: z.boolean(),
    force: z.boolean().default(false),
    token,
    from: name,
    to: name,
    active: active.exactOptional(),
  }),
  // central -> every host
  request("FENCE", { ...ofMove, host: name }),
  // a peer's host that has been held for long -> central, source, destination
  request("INQUIRE", { move, vlid, from: name, to: name }),
  // source or destination, by the token, or central -> each peer's host
  // `foretold`: what FORETELL has said holds, but for what is in `names`
  request("RESUME_PEER", {
    ...ofMove,
    token,
    epoch,
    dlid: lid,
    host: name,
    names: z.array(peerName),
    foretold: z.literal(true).exactOptional(),
  }),
  // central -> host. `interface` numbers its packets in the file; `credit`: bytes that may be under way
  request("CAPTURE", { capture, interface: uint, filter: captureFilter, credit: uint, recent: z.boolean() }),
  request("CAPTURE_END", { capture }),
  // central -> host: a guest's traffic in this time, ms since 1970
  request("TRAFFIC", { vlid, fromMs: milliseconds, untilMs: milliseconds }),
  // central -> host: these faults stand, and no others. `version` counts the lists of one central
  request("FAULTS", { generation: uint, version: uint, faults: z.array(standingFault).max(limits.faultsMax) }),
  // host -> host
  request("CONNECT", { vlid, vqpn, from: vlid }),
  request("RESOLVE", { vlid, vkey }),
  request("WHO_IS", { qpn }),
  // what the guest has while it is copied; `device` has some of its queue pairs, and the others follow
  request("PRESETUP", { ...ofMove, device: deviceSnapshot }),
  request("PRESETUP_QPS", { ...ofMove, qps: deviceSnapshot.shape.qps }),
  // destination -> each peer's host, while the guest is copied: the numbers its queue pairs will have; null: they will not
  request("FORETELL", {
    ...ofMove,
    names: z
      .array(z.tuple([vqpn, qpn]))
      .max(limits.qpsPerGuestMax)
      .nullable(),
  }),
  // `gone`: the device is what was told by PRESETUP without these queue pairs, but for what is in `device`; null: it is `device`
  request("STATE", { ...ofMove, device: deviceSnapshot, gone: z.array(vqpn).nullable(), vm: vmState }),
] as const;

const answers = [
  answer("WELCOME", { lid, port: portSettings, generation: uint, hosts: z.array(hostEntry) }),
  answer("NOTED", {}),
  answer("PUBLISHED", {}),
  answer("FOUND", { value: z.string().nullable() }),
  answer("PATH", { path: pathRecord }),
  answer("LOCATION", { host: name.nullable() }),
  answer("BOOTED", { memoryBytes: uint, imageHash: z.string().length(64) }),
  answer("ENDED", {}),
  answer("CONVERGED", { converged: z.boolean(), peers: z.array(vlid) }),
  // `leftMs` of the budget; `active`: queue pairs that are not idle, without it all
  answer("SUSPENDED", { peers: z.array(vlid), leftMs: uint, active: active.exactOptional() }),
  answer("STOPPED", { digest: z.string(), held: uint, cut: uint }),
  answer("RELEASED", {}),
  answer("PREPARED", { bulkUrl: z.string().max(255), memoryBytes: uint }),
  answer("BOUND", { digest: z.string() }),
  answer("RUNNING", {}),
  answer("ABORTED", {}),
  // `forsaken`: queue pairs that nobody may hold, and that are told nothing
  answer("PEER_SUSPENDED", {
    cuts: z.array(peerCut),
    held: uint,
    cut: uint,
    forsaken: z.array(pinnedQp).default([]),
  }),
  // for these queue pairs, and without force
  answer("PEER_CANNOT_SUSPEND", { pinned: z.array(pinnedQp).min(1) }),
  answer("PEER_RESUMED", { peers: z.array(vlid) }),
  answer("CONNECTED", { dlid: lid, qpn, epoch }),
  answer("NAME", { rkey: uint, epoch }),
  answer("IDENTITY", { name: remoteName.nullable() }),
  answer("MOVED", { host: name }),
  answer("PRESET", {}),
  answer("FORETOLD", {}),
  answer("STATE_TAKEN", {}),
  answer("FENCED", { seen: z.boolean(), holds: z.boolean() }),
  answer("OUTCOME", { resume: z.object({ epoch, dlid: lid, host: name, names: z.array(peerName) }).nullable() }),
  answer("CAPTURING", {}),
  answer("CAPTURE_ENDED", {}),
  // by bins of `binMs`, of which the first begins at `fromMs`; the longest round trip of each, 0 where there was none
  answer("TRAFFIC_SEEN", {
    fromMs: milliseconds,
    binMs: milliseconds,
    bytes: z.array(z.number().nonnegative()).max(65_536),
    roundTripMs: z.array(milliseconds).max(65_536),
  }),
  answer("FAULTS_SET", { hits: z.array(faultHits) }),
  answer("FAILED", { code: errorCode, message: z.string().max(4096) }),
] as const;

/** Neither answered nor repeated: lost with the connection. */
const notices = [
  notice("HEARTBEAT", { refused: refusals, port: portState }),
  notice("HOSTS", { hosts: z.array(hostEntry) }),
  notice("COPYING", { ...ofMove, progress: copyProgress }),
  notice("PROGRESS", { ...ofMove, round: uint, pages: uint, bytes: uint, final: z.boolean() }),
  // host -> central: pcapng blocks, and what was counted since the last
  notice("CAPTURED", { capture, blocks: z.instanceof(Uint8Array), seen: uint, accepted: uint, dropped: uint }),
  // central -> host: so many bytes have been read
  notice("CAPTURE_CREDIT", { capture, bytes: uint }),
  notice("LOG", { vlid, line: z.string() }),
] as const;

const requestSchema = z.discriminatedUnion("kind", requests);
const answerSchema = z.discriminatedUnion("kind", answers);
const noticeSchema = z.discriminatedUnion("kind", notices);
const messageSchema = z.union([requestSchema, answerSchema, noticeSchema]);
/** What a message of each kind must look like. */
export const schemaOf: ReadonlyMap<string, z.ZodType<Message>> = new Map(
  [...requests, ...answers, ...notices].map((s) => [s.shape.kind.value, s as unknown as z.ZodType<Message>]),
);

export type Request = z.infer<typeof requestSchema>;
export type Answer = z.infer<typeof answerSchema>;
export type Notice = z.infer<typeof noticeSchema>;
export type Message = z.infer<typeof messageSchema>;
export type RequestOf<K extends Request["kind"]> = Extract<Request, { kind: K }>;
export type AnswerOf<K extends Answer["kind"]> = Extract<Answer, { kind: K }>;
/** A request or answer before it is numbered. */
export type Unnumbered<M> = M extends unknown ? Omit<M, "id" | "re"> : never;

export const isRequest = (message: Message): message is Request => "id" in message;
export const isAnswer = (message: Message): message is Answer => "re" in message;
